"""Fault: moto has no CloudFront functions.

Evidence: CreateFunction answers 404, so aws_cloudfront_function cannot be
created, and a distribution has nothing that rewrites its requests.

The remedy stores functions with both of their stages and gives them back; it
runs nothing and checks no code. Names, ETags and use by a distribution are
guarded as AWS does.

It can go when moto has CreateFunction, PublishFunction and the others.
"""

import copy

from moto.cloudfront import urls
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

PATHS = ("function", "function/(?P<function_name>[^/]+)")
VERBS = ("describe", "publish")


class Stage:
    """One stage of a function: DEVELOPMENT or LIVE."""

    def __init__(self, name, config, code, created):
        self.name = name
        self.config = config
        self.code = code
        self.created = created
        self.modified = utcnow()
        self.etag = "ETV" + random_id()


class Function:
    def __init__(self, name, arn, config, code):
        self.name = name
        self.arn = arn
        self.stages = {"DEVELOPMENT": Stage("DEVELOPMENT", config, code, utcnow())}

    def update(self, config, code):
        created = self.stages["DEVELOPMENT"].created
        self.stages["DEVELOPMENT"] = Stage("DEVELOPMENT", config, code, created)

    def publish(self):
        of = self.stages["DEVELOPMENT"]
        config = copy.deepcopy(of.config)
        self.stages["LIVE"] = Stage("LIVE", config, of.code, utcnow())


def functions(response):
    return response.backend.__dict__.setdefault("functions", {})


def associated(response, arn):
    for distribution in response.backend.distributions.values():
        config = distribution.distribution_config
        behaviours = [config.DefaultCacheBehavior]
        behaviours += config.CacheBehaviors.get("Items") or []
        for behaviour in behaviours:
            for item in behaviour.function_associations.get("Items") or []:
                if item["FunctionARN"] == arn:
                    return True
    return False


def found(response):
    name = response._get_param("Name")
    if name not in functions(response):
        raise CloudFrontException(
            "NoSuchFunctionExists", f"The specified function does not exist: {name}"
        )
    return functions(response)[name]


def stage_of(response):
    function = found(response)
    stage = function.stages.get(response._get_param("Stage") or "DEVELOPMENT")
    if stage is None:
        raise CloudFrontException(
            "NoSuchFunctionExists", "The function has not been published."
        )
    return function, stage


def current(response):
    """The function, if the request speaks of its present version."""
    function = found(response)
    given = response._get_param("IfMatch")
    if not given:
        raise CloudFrontException("InvalidIfMatchVersion", "If-Match is missing.")
    if given != function.stages["DEVELOPMENT"].etag:
        raise CloudFrontException("PreconditionFailed", "The function has changed.")
    return function


def summary(response, function, stage):
    if "LIVE" not in function.stages:
        status = "UNPUBLISHED"
    elif associated(response, function.arn):
        status = "DEPLOYED"
    else:
        status = "UNASSOCIATED"
    return {
        "Name": function.name,
        "Status": status,
        "FunctionConfig": stage.config,
        "FunctionMetadata": {
            "FunctionARN": function.arn,
            "Stage": stage.name,
            "CreatedTime": stage.created,
            "LastModifiedTime": stage.modified,
        },
    }


def create_function(self):
    name = self._get_param("Name")
    if name in functions(self):
        raise CloudFrontException(
            "FunctionAlreadyExists", f"A function with the name {name} exists."
        )
    arn = f"arn:{self.partition}:cloudfront::{self.current_account}:function/{name}"
    function = Function(
        name, arn, self._get_param("FunctionConfig"), self._get_param("FunctionCode")
    )
    functions(self)[name] = function
    stage = function.stages["DEVELOPMENT"]
    return ActionResult(
        {
            "FunctionSummary": summary(self, function, stage),
            "Location": f"https://cloudfront.amazonaws.com/2020-05-31/function/{name}",
            "ETag": stage.etag,
        }
    )


def describe_function(self):
    function, stage = stage_of(self)
    return ActionResult(
        {"FunctionSummary": summary(self, function, stage), "ETag": stage.etag}
    )


def get_function(self):
    _, stage = stage_of(self)
    return ActionResult({"FunctionCode": stage.code, "ETag": stage.etag})


def update_function(self):
    function = current(self)
    function.update(self._get_param("FunctionConfig"), self._get_param("FunctionCode"))
    stage = function.stages["DEVELOPMENT"]
    return ActionResult(
        {"FunctionSummary": summary(self, function, stage), "ETag": stage.etag}
    )


def publish_function(self):
    function = current(self)
    function.publish()
    return ActionResult(
        {"FunctionSummary": summary(self, function, function.stages["LIVE"])}
    )


def delete_function(self):
    function = current(self)
    if associated(self, function.arn):
        raise CloudFrontException(
            "FunctionInUse", "The function is associated with a distribution."
        )
    del functions(self)[function.name]
    return EmptyResult()


def list_functions(self):
    wanted = self._get_param("Stage")
    items = [
        summary(self, function, stage)
        for function in functions(self).values()
        for stage in function.stages.values()
        if wanted in (None, stage.name)
    ]
    return ActionResult(
        {"FunctionList": {"MaxItems": 100, "Quantity": len(items), "Items": items}}
    )


def apply():
    for operation in (
        create_function,
        delete_function,
        describe_function,
        get_function,
        list_functions,
        publish_function,
        update_function,
    ):
        setattr(CloudFrontResponse, operation.__name__, operation)
    paths = [*PATHS, *(f"{PATHS[1]}/{verb}" for verb in VERBS)]
    for path in paths:
        urls.url_paths[f"{{0}}/2020-05-31/{path}$"] = CloudFrontResponse.dispatch
