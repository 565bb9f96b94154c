"""Fault: moto has no cache, origin request and response headers policies.

Evidence: CreateCachePolicy and its like answer 404, so that
aws_cloudfront_cache_policy, aws_cloudfront_origin_request_policy and
aws_cloudfront_response_headers_policy cannot be created: no cache times and no
security headers.

The remedy stores policies and gives them back, beside the few of AWS's own that
are in use here; nothing is cached by them. Names, ETags and use by a distribution
are guarded as AWS does.

It can go when moto has CreateCachePolicy, CreateOriginRequestPolicy and
CreateResponseHeadersPolicy.
"""

import uuid

from moto.cloudfront import urls
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

NOTHING = {
    "CookiesConfig": {"CookieBehavior": "none"},
    "HeadersConfig": {"HeaderBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}


def cache_policy(name, minimum, default, maximum, compressed):
    return {
        "Name": f"Managed-{name}",
        "MinTTL": minimum,
        "DefaultTTL": default,
        "MaxTTL": maximum,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingBrotli": compressed,
            "EnableAcceptEncodingGzip": compressed,
            **NOTHING,
        },
    }


def origin_request_policy(name, headers):
    return {
        "Name": f"Managed-{name}",
        "CookiesConfig": {"CookieBehavior": "all"},
        "HeadersConfig": headers,
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }


# AWS's own, by the ids that they have in every account.
MANAGED = {
    "CachePolicy": {
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": cache_policy(
            "CachingDisabled", 0, 0, 0, False
        ),
        "658327ea-f89d-4fab-a63d-7e88639e58f6": cache_policy(
            "CachingOptimized", 1, 86400, 31536000, True
        ),
    },
    "OriginRequestPolicy": {
        "216adef6-5c7f-47e4-b989-5492eafa07d3": origin_request_policy(
            "AllViewer", {"HeaderBehavior": "allViewer"}
        ),
        "b689b0a8-53d0-40ab-baf2-68738e2966ac": origin_request_policy(
            "AllViewerExceptHostHeader",
            {
                "HeaderBehavior": "allExcept",
                "Headers": {"Quantity": 1, "Items": ["host"]},
            },
        ),
    },
    "ResponseHeadersPolicy": {},
}

# Path of each kind, and the attribute of a behaviour that names one.
KINDS = {
    "CachePolicy": ("cache-policy", "cache_policy_id"),
    "OriginRequestPolicy": ("origin-request-policy", "origin_request_policy_id"),
    "ResponseHeadersPolicy": ("response-headers-policy", "response_headers_policy_id"),
}


class Policy:
    def __init__(self, kind, identifier, config):
        self.kind = kind
        self.identifier = identifier
        self.update(config)

    def update(self, config):
        self.config = config
        self.modified = utcnow()
        self.etag = random_id()

    def answer(self):
        return {
            "Id": self.identifier,
            "LastModifiedTime": self.modified,
            f"{self.kind}Config": self.config,
        }


class Policies:
    """The operations on one kind of policy, each called with a response."""

    def __init__(self, kind, path, attribute):
        self.kind = kind
        self.path = path
        self.attribute = attribute
        self.managed = {
            identifier: Policy(kind, identifier, config)
            for identifier, config in MANAGED[kind].items()
        }

    def custom(self, response):
        stores = response.backend.__dict__.setdefault("policies", {})
        return stores.setdefault(self.kind, {})

    def found(self, response):
        identifier = response._get_param("Id")
        policy = self.custom(response).get(identifier) or self.managed.get(identifier)
        if policy is None:
            raise CloudFrontException(
                f"NoSuch{self.kind}", f"The {self.kind} does not exist."
            )
        return policy

    def current(self, response):
        """A custom policy, if the request speaks of its present version."""
        policy = self.found(response)
        if policy.identifier in self.managed:
            raise CloudFrontException("IllegalUpdate", "The policy is AWS's own.")
        given = response._get_param("IfMatch")
        if not given:
            raise CloudFrontException("InvalidIfMatchVersion", "If-Match is missing.")
        if given != policy.etag:
            raise CloudFrontException("PreconditionFailed", "The policy has changed.")
        return policy

    def check_name(self, response, config, identifier=None):
        for other in self.custom(response).values():
            if (
                other.config["Name"] == config["Name"]
                and other.identifier != identifier
            ):
                raise CloudFrontException(
                    f"{self.kind}AlreadyExists",
                    f"A policy with the name {config['Name']} exists.",
                )

    def in_use(self, response, identifier):
        for distribution in response.backend.distributions.values():
            config = distribution.distribution_config
            behaviours = [config.DefaultCacheBehavior]
            behaviours += config.CacheBehaviors.get("Items") or []
            if any(getattr(b, self.attribute) == identifier for b in behaviours):
                return True
        return False

    def create(self, response):
        config = response._get_param(f"{self.kind}Config")
        self.check_name(response, config)
        policy = Policy(self.kind, str(uuid.uuid4()), config)
        self.custom(response)[policy.identifier] = policy
        location = f"https://cloudfront.amazonaws.com/2020-05-31/{self.path}/{policy.identifier}"
        return ActionResult(
            {self.kind: policy.answer(), "Location": location, "ETag": policy.etag}
        )

    def get(self, response):
        policy = self.found(response)
        return ActionResult({self.kind: policy.answer(), "ETag": policy.etag})

    def get_config(self, response):
        policy = self.found(response)
        return ActionResult({f"{self.kind}Config": policy.config, "ETag": policy.etag})

    def update(self, response):
        policy = self.current(response)
        config = response._get_param(f"{self.kind}Config")
        self.check_name(response, config, policy.identifier)
        policy.update(config)
        return ActionResult({self.kind: policy.answer(), "ETag": policy.etag})

    def delete(self, response):
        policy = self.current(response)
        if self.in_use(response, policy.identifier):
            raise CloudFrontException(
                f"{self.kind}InUse", "A distribution uses the policy."
            )
        del self.custom(response)[policy.identifier]
        return EmptyResult()

    def list(self, response):
        wanted = response._get_param("Type")
        items = [
            {"Type": origin, self.kind: policy.answer()}
            for origin, policies in (
                ("managed", self.managed),
                ("custom", self.custom(response)),
            )
            for policy in policies.values()
            if wanted in (None, origin)
        ]
        answer = {"MaxItems": 100, "Quantity": len(items), "Items": items}
        return ActionResult({f"{self.kind}List": answer})

    def publish(self):
        word = self.path.replace("-", "_")
        plural = word.removesuffix("y") + "ies"
        operations = {
            f"create_{word}": self.create,
            f"delete_{word}": self.delete,
            f"get_{word}": self.get,
            f"get_{word}_config": self.get_config,
            f"list_{plural}": self.list,
            f"update_{word}": self.update,
        }
        for name, operation in operations.items():
            # A function, so that the class binds the response to it.
            setattr(
                CloudFrontResponse,
                name,
                lambda response, operation=operation: operation(response),
            )
        for path in ("", "/(?P<policy_id>[^/]+)", "/(?P<policy_id>[^/]+)/config"):
            url = f"{{0}}/2020-05-31/{self.path}{path}$"
            urls.url_paths[url] = CloudFrontResponse.dispatch


def apply():
    for kind, (path, attribute) in KINDS.items():
        Policies(kind, path, attribute).publish()
