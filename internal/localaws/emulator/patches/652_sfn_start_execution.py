"""Fault: a state machine starts one execution properly, and no more.

Evidence: the second StartExecution of a state machine answers 500 (cannot
pickle '_thread.RLock' object), for its first execution is copied with it. One
without a name gets an ARN that ends in None, a name that AWS refuses is taken,
and of two requests of one name at the same time both start.

It can go when all four are as AWS does them.
"""

import copy
import threading
import uuid

from moto.stepfunctions.models import StateMachineInstance
from moto.stepfunctions.parser.models import StepFunctionsParserBackend


def apply():
    start = StepFunctionsParserBackend.start_execution
    lock = threading.Lock()

    def __deepcopy__(self, memo):
        # An execution keeps the definition that it began with.
        kept = copy.copy(self)
        kept.executions = []
        return kept

    def start_execution(
        self, state_machine_arn, name=None, execution_input=None, trace_header=None
    ):
        name = name or str(uuid.uuid4())
        self._validate_name(name)
        with lock:
            return start(self, state_machine_arn, name, execution_input, trace_header)

    StateMachineInstance.__deepcopy__ = __deepcopy__
    StepFunctionsParserBackend.start_execution = start_execution
