"""Fault: an execution that is stopped, or takes too long, goes on.

Evidence: StopExecution leaves the status RUNNING until the tasks under way have
ended, loses error and cause, and an execution stopped within a Map ends FAILED.
One that timed out runs its tasks and Catch states to the end, and so does a
task after its own timeout: history has TaskSucceeded after TaskTimedOut, and
events after the execution's last. A TIMED_OUT execution has no stopDate, and
an output that is a string has no quotes.

The remedy is one end for each execution, the first that is told: its event is
the last of the history, its status is there at once, no state or task begins
any more, and what still runs on is not heard. The interpreter's threads find
out when they next begin or tell something.

It can go when all of that is as AWS does it.
"""

import datetime
import threading

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.api import (
    ExecutionAbortedEventDetails,
    ExecutionStatus,
    ExecutionTimedOutEventDetails,
    HistoryEventType,
)
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import (
    ExecutionState,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import (
    EventHistoryContext,
    EventManager,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.responses import StepFunctionResponse

ENDS = {
    HistoryEventType.ExecutionSucceeded: ExecutionStatus.SUCCEEDED,
    HistoryEventType.ExecutionFailed: ExecutionStatus.FAILED,
    HistoryEventType.ExecutionAborted: ExecutionStatus.ABORTED,
    HistoryEventType.ExecutionTimedOut: ExecutionStatus.TIMED_OUT,
}


# Seconds until an execution that was just started has begun.
START = 10


class Over(Exception):
    """The execution, or the task, has ended: whoever meets this does no more."""


def require_life(env):
    if env.event_manager.end or env.event_history_context.closed:
        raise Over("the execution has ended")


def patch_history():
    add = EventManager.add_event
    construct = EventManager.__init__

    def __init__(self, *arguments, **settings):
        construct(self, *arguments, **settings)
        self.end = None  # the type of the last event
        self.ending = threading.Lock()

    def add_event(self, context, event_type, *arguments, **settings):
        with self.ending:
            if self.end or context.closed:
                return 0
            if event_type in ENDS:
                self.end = event_type
            return add(self, context, event_type, *arguments, **settings)

    EventManager.__init__ = __init__
    EventManager.add_event = add_event
    EventHistoryContext.closed = False


def patch_frames():
    close = Environment.close_frame

    def silence(env):
        env.event_history_context.closed = True
        for frame in list(env._frames):
            silence(frame)

    def close_frame(self, frame):
        close(self, frame)
        silence(frame)

    Environment.close_frame = close_frame


def patch_states():
    state = CommonStateField._eval_body
    schedule = StateTaskService._before_eval_execution
    retry = ExecutionState._handle_retry

    def eval_state(self, env):
        require_life(env)
        state(self, env)

    def before_eval_execution(self, env, *arguments, **settings):
        require_life(env)
        schedule(self, env, *arguments, **settings)

    def handle_retry(self, env, failure_event):
        require_life(env)
        outcome = retry(self, env, failure_event)
        require_life(env)
        return outcome

    CommonStateField._eval_body = eval_state
    StateTaskService._before_eval_execution = before_eval_execution
    ExecutionState._handle_retry = handle_retry


def patch_executions():
    def settle(execution, **changes):
        """Sets what the last event says."""
        env = execution.exec_worker.env
        for name, value in changes.items():
            setattr(execution, name, value)
        execution.stop_date = utcnow().replace(tzinfo=datetime.timezone.utc)
        execution.exec_status = ENDS[env.event_manager.end]
        execution.announce()

    def terminated(self):
        execution = self.execution
        env = execution.exec_worker.env
        # Nothing was told where the worker is still at it: it took too long.
        env.event_manager.add_event(
            EventHistoryContext.of_program_start(),
            HistoryEventType.ExecutionTimedOut,
            EventDetails(
                executionTimedOutEventDetails=ExecutionTimedOutEventDetails()
            ),
        )
        end = env.event_manager.end
        if end == HistoryEventType.ExecutionAborted:
            return  # settled by stop
        if end == HistoryEventType.ExecutionSucceeded:
            settle(execution, output=env.states.get_input())
        elif end == HistoryEventType.ExecutionFailed:
            failure = env.event_manager.get_event_history()[-1]
            details = failure.get("executionFailedEventDetails") or {}
            settle(
                execution, error=details.get("error"), cause=details.get("cause")
            )
        else:
            settle(execution)

    def stop(self, stop_date, error, cause):
        self.exec_worker.begun.wait(START)
        env = self.exec_worker.env
        told = env.event_manager.add_event(
            EventHistoryContext.of_program_start(),
            HistoryEventType.ExecutionAborted,
            EventDetails(
                executionAbortedEventDetails=ExecutionAbortedEventDetails(
                    error=error, cause=cause
                )
            ),
        )
        if not told:
            return  # it had ended before
        settle(self, error=error, cause=cause)
        # Wakes up who waits.
        env.set_stop(stop_date=stop_date, error=error, cause=cause)

    construct = ExecutionWorker.__init__
    make = ExecutionWorker._get_evaluation_environment

    def __init__(self, *arguments, **settings):
        construct(self, *arguments, **settings)
        self.begun = threading.Event()

    def get_evaluation_environment(self):
        # The start is told first, before a stop can be.
        self.env = make(self)
        add = self.env.event_manager.add_event

        def add_first(*arguments, **settings):
            del self.env.event_manager.add_event
            try:
                return add(*arguments, **settings)
            finally:
                self.begun.set()

        self.env.event_manager.add_event = add_first
        return self.env

    ExecutionWorker.__init__ = __init__
    ExecutionWorker._get_evaluation_environment = get_evaluation_environment
    BaseExecutionWorkerCommunication.terminated = terminated
    Execution.stop = stop
    Execution.announce = lambda self: None


def patch_answers():
    describe = StepFunctionResponse.describe_execution
    list_all = StepFunctionResponse.list_executions

    def stop_execution(self):
        backend = self.stepfunction_backend
        execution = backend.describe_execution(self._get_param("executionArn"))
        execution.stop(
            utcnow(), self._get_param("error"), self._get_param("cause")
        )
        return ActionResult({"stopDate": execution.stop_date or utcnow()})

    def describe_execution(self):
        answer = describe(self)
        execution = self.stepfunction_backend.describe_execution(
            self._get_param("executionArn")
        )
        if execution.stop_date:
            answer.result["stopDate"] = execution.stop_date
        if execution.status == "SUCCEEDED":
            answer.result["output"] = to_json_str(
                execution.output, separators=(",", ":")
            )
        return answer

    def list_executions(self):
        answer = list_all(self)
        for item in answer.result["executions"]:
            execution = self.stepfunction_backend.describe_execution(
                item["executionArn"]
            )
            if execution.stop_date:
                item["stopDate"] = execution.stop_date
        return answer

    StepFunctionResponse.stop_execution = stop_execution
    StepFunctionResponse.describe_execution = describe_execution
    StepFunctionResponse.list_executions = list_executions


def apply():
    patch_history()
    patch_frames()
    patch_states()
    patch_executions()
    patch_answers()
