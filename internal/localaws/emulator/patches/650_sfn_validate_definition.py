"""Fault: Step Functions has no ValidateStateMachineDefinition.

Evidence: the provider asks it in the plan of each new or changed
aws_sfn_state_machine whose definition is known, else in the apply; both end
with status 501.

The definition goes through the parser of moto's own interpreter, so that one
that no execution could run is refused here, too. Beyond grammar it checks
nothing: a Next that names no state passes.

It can go when moto answers ValidateStateMachineDefinition.
"""

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.responses import StepFunctionResponse


def apply():
    def validate_state_machine_definition(self):
        diagnostics = []
        try:
            AmazonStateLanguageParser.parse(self._get_param("definition"))
        except Exception as fault:
            diagnostics.append(
                {
                    "severity": "ERROR",
                    "code": "SCHEMA_VALIDATION_FAILED",
                    "message": str(fault) or type(fault).__name__,
                }
            )
        return ActionResult(
            {
                "result": "FAIL" if diagnostics else "OK",
                "diagnostics": diagnostics,
                "truncated": False,
            }
        )

    StepFunctionResponse.validate_state_machine_definition = (
        validate_state_machine_definition
    )
