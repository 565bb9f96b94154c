"""Fault: moto cannot change the tags of a user pool.

Evidence: TagResource, UntagResource and ListTagsForResource of cognito-idp end
with status 501, so the first deployment whose Release tag differs fails.

This fill changes and returns the tags that DescribeUserPool shows, too.

It can go when moto has the three operations.
"""

import json

from moto.cognitoidp.exceptions import ResourceNotFoundError
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult


def tags_of(response, asked):
    for pool in response.backend.user_pools.values():
        if pool.arn == asked["ResourceArn"]:
            # A dictionary of its own: what was stored may be the request's.
            tags = dict(pool.extended_config.get("UserPoolTags") or {})
            pool.extended_config["UserPoolTags"] = tags
            return tags
    raise ResourceNotFoundError(f"Resource {asked['ResourceArn']} does not exist.")


def tag_resource(self):
    asked = json.loads(self.body)
    tags_of(self, asked).update(asked.get("Tags") or {})
    return EmptyResult()


def untag_resource(self):
    asked = json.loads(self.body)
    tags = tags_of(self, asked)
    for key in asked.get("TagKeys") or []:
        tags.pop(key, None)
    return EmptyResult()


def list_tags_for_resource(self):
    return ActionResult({"Tags": tags_of(self, json.loads(self.body))})


def apply():
    CognitoIdpResponse.tag_resource = tag_resource
    CognitoIdpResponse.untag_resource = untag_resource
    CognitoIdpResponse.list_tags_for_resource = list_tags_for_resource
