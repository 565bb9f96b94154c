"""Fault: GetExecutionHistory gives everything, whatever is asked for.

Evidence: maxResults, nextToken and reverseOrder change nothing, and with
includeExecutionData false inputs and outputs are there.

It can go when all four do what they are for.
"""

import copy

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import AWSError
from moto.stepfunctions.responses import StepFunctionResponse

DEFAULT_PAGE = 100
MOST = 1000
DATA = ("input", "inputDetails", "output", "outputDetails", "parameters")


class InvalidToken(AWSError):
    TYPE = "InvalidToken"


def apply():
    def get_execution_history(self):
        backend = self.stepfunction_backend
        events = backend.get_execution_history(self._get_param("executionArn"))["events"]
        if self._get_param("reverseOrder"):
            events = events[::-1]
        token = self._get_param("nextToken") or "0"
        size = min(self._get_int_param("maxResults", 0) or DEFAULT_PAGE, MOST)
        if not token.isdigit():
            raise InvalidToken("Invalid Token")
        begin = int(token)
        page = events[begin : begin + size]
        if self._get_param("includeExecutionData") is False:
            page = [without_data(event) for event in page]
        answer = {"events": page}
        if begin + size < len(events):
            answer["nextToken"] = str(begin + size)
        return ActionResult(answer)

    StepFunctionResponse.get_execution_history = get_execution_history


def without_data(event):
    event = copy.deepcopy(event)
    for details in event.values():
        if isinstance(details, dict):
            for name in DATA:
                details.pop(name, None)
    return event
