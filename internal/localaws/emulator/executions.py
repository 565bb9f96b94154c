"""How the emulator runs the executions of state machines.

moto does so only when it is told to. Its tasks call AWS at the proxy in front,
which runs the functions. They share one client for each service and region: a
client for each call takes 50 ms, and making several at once, from boto3's one
session, is what boto3 says not to do.

MANDALA_LOCAL_TIME_SCALE divides the waits before retries and Wait states of Step
Functions; 1, as on AWS, by default. Timeouts stay: functions take the time that they
take. What executions tell of themselves, in their history, stays as it is defined.
"""

import collections
import logging
import os
import sys
import threading
import time
import types

# Seconds; a task's own timeout comes first.
CALL_TIMEOUT = 24 * 60 * 60


def apply():
    from moto.core.config import default_user_config

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    share_clients()
    pass_traces()
    scale_time()
    # It writes the whole definition for each error, and inputs with it. Errors
    # are in the execution's history.
    logging.getLogger("moto.stepfunctions.parser.asl.component").setLevel(
        logging.CRITICAL
    )


def share_clients():
    import boto3
    from botocore.config import Config

    import moto.stepfunctions.parser.models  # noqa: F401, loads the interpreter
    from moto.settings import moto_server_port

    # Whatever profile the user has does not matter here, and may not exist.
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)
    lock = threading.Lock()
    clients = {}

    def boto_client_for(region, service, state_credentials=None):
        with lock:
            if (region, service) not in clients:
                clients[region, service] = boto3.client(
                    service,
                    region_name=region,
                    endpoint_url=f"http://127.0.0.1:{moto_server_port()}",
                    aws_access_key_id="ak",
                    aws_secret_access_key="sk",
                    config=Config(
                        connect_timeout=CALL_TIMEOUT,
                        max_pool_connections=256,
                        parameter_validation=False,
                        proxies={},
                        read_timeout=CALL_TIMEOUT,
                        retries={"total_max_attempts": 1},
                    ),
                )
                clients[region, service].meta.events.register(
                    "before-call.lambda.Invoke", add_trace
                )
            return clients[region, service]

    for name, module in list(sys.modules.items()):
        if not name.startswith("moto.stepfunctions.parser."):
            continue
        if hasattr(module, "boto_client_for"):
            module.boto_client_for = boto_client_for
        # A list that would keep every thread that ever was.
        if hasattr(module, "TMP_THREADS"):
            module.TMP_THREADS = collections.deque(maxlen=0)


# The X-Ray header for what this thread does: a start of an execution, or a task.
current = threading.local()


def add_trace(params, **_):
    header = getattr(current, "trace", None)
    if header:
        params["headers"]["X-Amzn-Trace-Id"] = header


def pass_traces():
    """Tasks are in the trace that StartExecution was called in.

    As on AWS the request's header comes before the parameter. An execution
    that nobody traces makes its functions begin a trace each, for the emulator
    has no X-Ray to begin one.
    """
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import (
        lambda_eval_utils,
    )
    from moto.stepfunctions.parser.backend.execution import Execution
    from moto.stepfunctions.responses import StepFunctionResponse

    answer = StepFunctionResponse.start_execution
    create = Execution.__init__
    details = Execution._get_start_aws_execution_details
    invoke = lambda_eval_utils.execute_lambda_function_integration

    def traced(header, work, *args, **kwargs):
        current.trace = header
        try:
            return work(*args, **kwargs)
        finally:
            current.trace = None

    def start_execution(self):
        header = self.headers.get("X-Amzn-Trace-Id") or self._get_param("traceHeader")
        return traced(header, answer, self)

    def __init__(self, *args, **kwargs):
        create(self, *args, **kwargs)
        self.trace_header = self.trace_header or getattr(current, "trace", None)

    def start_details(self):
        # Shared by all environments of the execution, those of a Map included.
        made = details(self)
        made.trace_header = self.trace_header
        return made

    def execute(env, *args, **kwargs):
        header = getattr(env.aws_execution_details, "trace_header", None)
        return traced(header, invoke, env, *args, **kwargs)

    StepFunctionResponse.start_execution = start_execution
    Execution.__init__ = __init__
    Execution._get_start_aws_execution_details = start_details
    lambda_eval_utils.execute_lambda_function_integration = execute


def factor_of_time():
    value = float(os.environ.get("MANDALA_LOCAL_TIME_SCALE") or 1)
    if value <= 0:
        raise SystemExit("MANDALA_LOCAL_TIME_SCALE must be a number above 0")
    return value


def scale_time():
    factor = factor_of_time()
    if factor == 1:
        return
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function import (
        wait_function,
    )

    retrier_decl.time = types.SimpleNamespace(
        sleep=lambda seconds: time.sleep(seconds / factor)
    )
    wait_interval = wait_function.WaitFunction._wait_interval
    wait_function.WaitFunction._wait_interval = (
        lambda self, env, wait_seconds: wait_interval(self, env, wait_seconds / factor)
    )
