"""Fault: Step Functions has no ListStateMachineVersions.

Evidence: the provider asks it each time that it reads an
aws_sfn_state_machine, published versions or not; status 501 ends the refresh.
moto keeps the versions; this lists them, the newest first, on one page.

It can go when moto answers ListStateMachineVersions.
"""

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse


def apply():
    def list_state_machine_versions(self):
        machine = self.stepfunction_backend.describe_state_machine(
            self._get_param("stateMachineArn")
        )
        newest_first = sorted(machine.versions.items(), reverse=True)
        return ActionResult(
            {
                "stateMachineVersions": [
                    {
                        "stateMachineVersionArn": version.arn,
                        "creationDate": version.creation_date,
                    }
                    for _, version in newest_first
                ]
            }
        )

    StepFunctionResponse.list_state_machine_versions = list_state_machine_versions
