"""Fault: a function has one asynchronous configuration, which never changes.

Evidence: PutFunctionEventInvokeConfig for the qualifier live, then for it again
with other values; GetFunctionEventInvokeConfig answers the first values, and the
same ones for every other qualifier (moto appends to a list, reads the first
entry, and does not look at Qualifier). So a changed
aws_lambda_function_event_invoke_config differs in every later plan.

It can go when each qualifier has its own configuration, the last one put.
"""

from urllib.parse import unquote

from moto.awslambda.exceptions import UnknownEventConfig
from moto.awslambda.models import EventInvokeConfig
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import ActionResult


def apply():
    def asked(self):
        """The function's configurations by qualifier, the qualifier, the ARN."""
        function = self.backend.get_function(unquote(self.path.rsplit("/", 2)[1]))
        if not isinstance(function.event_invoke_config, dict):
            function.event_invoke_config = {}
        qualifier = self._get_param("Qualifier") or "$LATEST"
        arn = f"{function.function_arn}:{qualifier}"
        return function, qualifier, arn

    def put(self, changes):
        function, qualifier, arn = asked(self)
        config = EventInvokeConfig(arn, function.last_modified, changes)
        function.event_invoke_config[qualifier] = config
        return ActionResult(config.response())

    def find(self):
        function, qualifier, arn = asked(self)
        if qualifier not in function.event_invoke_config:
            raise UnknownEventConfig(arn)
        return function, qualifier

    def put_function_event_invoke_config(self):
        return put(self, self.json_body)

    def update_function_event_invoke_config(self):
        function, qualifier = find(self)
        before = function.event_invoke_config[qualifier].config
        return put(self, {**before, **self.json_body})

    def get_function_event_invoke_config(self):
        function, qualifier = find(self)
        return ActionResult(function.event_invoke_config[qualifier].response())

    def delete_function_event_invoke_config(self):
        function, qualifier = find(self)
        del function.event_invoke_config[qualifier]
        return 204, {"status": 204}, "{}"

    def list_function_event_invoke_configs(self):
        function = self.backend.get_function(unquote(self.path.rsplit("/", 3)[1]))
        configs = function.event_invoke_config or {}
        return ActionResult(
            {"FunctionEventInvokeConfigs": [c.response() for c in configs.values()]}
        )

    for method in (
        put_function_event_invoke_config,
        update_function_event_invoke_config,
        get_function_event_invoke_config,
        delete_function_event_invoke_config,
        list_function_event_invoke_configs,
    ):
        setattr(LambdaResponse, method.__name__, method)
