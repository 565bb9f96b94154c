"""Fault: nobody hears when an execution of Step Functions begins or ends.

Evidence: a rule for source aws.states and detail-type "Step Functions Execution
Status Change" never meets an event; AWS sends one when an execution begins and
one when it ends.

It can go when moto sends them.
"""

import datetime
import logging
import time
import uuid

from moto.events.models import events_backends
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import Execution


def milliseconds(moment):
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp() * 1000)


def change(execution):
    status = execution.status
    succeeded = status == "SUCCEEDED"
    output = to_json_str(execution.output, separators=(",", ":")) if succeeded else None
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": status,
        "startDate": milliseconds(execution.start_date),
        "stopDate": milliseconds(execution.stop_date),
        "input": execution.execution_input,
        "output": output,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True} if succeeded else None,
        "error": execution.error,
        "cause": execution.cause,
    }


def apply():
    start = Execution.start

    def announce(self):
        now = time.time()
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states",
            "account": self.account_id,
            "time": now,
            "region": self.region_name,
            "resources": [self.exec_arn],
            "detail": change(self),
            "ingestion-time": now,
        }
        backend = events_backends[self.account_id][self.region_name]
        for rule in list(backend.describe_event_bus("default").rules.values()):
            try:
                rule.send_to_targets(dict(event))
            except Exception:
                # A rule's fault is no execution's.
                logging.getLogger(__name__).exception("rule %s", rule.name)

    def begin(self):
        # Before it runs: its end must not be heard of first.
        self.exec_status = ExecutionStatus.RUNNING
        self.announce()
        start(self)

    Execution.announce = announce
    Execution.start = begin
