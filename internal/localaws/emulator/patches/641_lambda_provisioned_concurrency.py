"""Fault: provisioned concurrency is missing.

Evidence: PutProvisionedConcurrencyConfig, GetProvisionedConcurrencyConfig and
DeleteProvisionedConcurrencyConfig answer 404 without a body (moto has no such
path), so aws_lambda_provisioned_concurrency_config cannot be made.

This only stores and returns: what is asked for is ready at once.

It can go when moto has the three operations.
"""

import datetime
import json
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.responses import LambdaResponse

PATH = (
    r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)"
    r"/provisioned-concurrency/?$"
)


class NotFound(LambdaClientError):
    code = 404

    def __init__(self, arn):
        super().__init__(
            "ProvisionedConcurrencyConfigNotFoundException",
            f"No Provisioned Concurrency Config found for function: {arn}",
        )


def apply():
    def asked(self):
        """The function's settings by qualifier, the qualifier, the ARN."""
        name = unquote(self.path.rstrip("/").rsplit("/", 2)[1])
        qualifier = self._get_param("Qualifier")
        # An unknown qualifier has to reach ResourceNotFoundException.
        self.backend.get_function(name, qualifier)
        function = self.backend.get_function(name)
        if not hasattr(function, "provisioned_concurrency"):
            function.provisioned_concurrency = {}
        arn = f"{function.function_arn}:{qualifier}"
        return function.provisioned_concurrency, qualifier, arn

    def answer(setting):
        executions, modified = setting
        return {
            "AllocatedProvisionedConcurrentExecutions": executions,
            "AvailableProvisionedConcurrentExecutions": executions,
            "LastModified": modified,
            "RequestedProvisionedConcurrentExecutions": executions,
            "Status": "READY",
        }

    def put_provisioned_concurrency_config(self):
        settings, qualifier, _ = asked(self)
        modified = datetime.datetime.now(datetime.timezone.utc).strftime(
            "%Y-%m-%dT%H:%M:%S+0000"
        )
        settings[qualifier] = (
            self.json_body["ProvisionedConcurrentExecutions"],
            modified,
        )
        return 202, {"status": 202}, json.dumps(answer(settings[qualifier]))

    def get_provisioned_concurrency_config(self):
        settings, qualifier, arn = asked(self)
        if qualifier not in settings:
            raise NotFound(arn)
        return json.dumps(answer(settings[qualifier]))

    def delete_provisioned_concurrency_config(self):
        settings, qualifier, _ = asked(self)
        settings.pop(qualifier, None)
        return 204, {"status": 204}, ""

    for method in (
        put_provisioned_concurrency_config,
        get_provisioned_concurrency_config,
        delete_provisioned_concurrency_config,
    ):
        setattr(LambdaResponse, method.__name__, method)
    urls.url_paths[PATH] = LambdaResponse.dispatch
