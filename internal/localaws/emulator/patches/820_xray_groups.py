"""Fault: moto's X-Ray knows segments, but no groups, sampling rules and tags.

Evidence: /CreateGroup and /CreateSamplingRule answer 404, so aws_xray_group
and aws_xray_sampling_rule cannot be created.

The remedy only stores them and gives them back; nothing is sampled by them.

It can go when moto has CreateGroup, CreateSamplingRule and what belongs to
them.
"""

import json

from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random
from moto.utilities.tagging_service import TaggingService
from moto.xray import urls
from moto.xray.responses import XRayResponse

INSIGHTS_OFF = {"InsightsEnabled": False, "NotificationsEnabled": False}


class Settings:
    def __init__(self):
        self.groups = {}
        self.rules = {}
        self.tagger = TaggingService()


def settings(response):
    backend = response.xray_backend
    if not hasattr(backend, "settings"):
        backend.settings = Settings()
    return backend.settings


def find(response, stored, kind):
    """The stored object that the request names, by its name or its ARN."""
    name = response._get_param(f"{kind}Name")
    arn = response._get_param(f"{kind}ARN")
    for key, candidate in stored.items():
        if key == name or candidate[f"{kind}ARN"] == arn:
            return candidate
    return None


def arn_of(response, resource):
    return f"arn:{response.partition}:xray:{response.region}:{response.current_account}:{resource}"


def merged_insights(given):
    return {**INSIGHTS_OFF, **(given or {})}


def create_group(self):
    stored = settings(self)
    name = self._get_param("GroupName")
    if name in stored.groups:
        return self._error("InvalidRequestException", "Group already exists")
    identifier = mock_random.get_random_hex(52).upper()
    group = {
        "GroupName": name,
        "GroupARN": arn_of(self, f"group/{name}/{identifier}"),
        "FilterExpression": self._get_param("FilterExpression"),
        "InsightsConfiguration": merged_insights(
            self._get_param("InsightsConfiguration")
        ),
    }
    stored.groups[name] = group
    stored.tagger.tag_resource(group["GroupARN"], self._get_param("Tags") or [])
    return json.dumps({"Group": group})


def get_group(self):
    group = find(self, settings(self).groups, "Group")
    if group is None:
        return self._error("InvalidRequestException", "Group not found")
    return json.dumps({"Group": group})


def groups(self):
    return json.dumps({"Groups": list(settings(self).groups.values())})


def update_group(self):
    group = find(self, settings(self).groups, "Group")
    if group is None:
        return self._error("InvalidRequestException", "Group not found")
    if (expression := self._get_param("FilterExpression")) is not None:
        group["FilterExpression"] = expression
    if insights := self._get_param("InsightsConfiguration"):
        group["InsightsConfiguration"] = merged_insights(insights)
    return json.dumps({"Group": group})


def delete_group(self):
    stored = settings(self)
    group = find(self, stored.groups, "Group")
    if group is None:
        return self._error("InvalidRequestException", "Group not found")
    del stored.groups[group["GroupName"]]
    stored.tagger.delete_all_tags_for_resource(group["GroupARN"])
    return json.dumps({})


def record(rule):
    times = {name: rule[name] for name in ("CreatedAt", "ModifiedAt")}
    plain = {name: value for name, value in rule.items() if name not in times}
    return {"SamplingRule": plain, **times}


def create_sampling_rule(self):
    stored = settings(self)
    rule = dict(self._get_param("SamplingRule"))
    name = rule["RuleName"]
    if name in stored.rules:
        return self._error("InvalidRequestException", "Rule already exists")
    rule.setdefault("Attributes", {})
    rule["RuleARN"] = arn_of(self, f"sampling-rule/{name}")
    rule["CreatedAt"] = rule["ModifiedAt"] = unix_time()
    stored.rules[name] = rule
    stored.tagger.tag_resource(rule["RuleARN"], self._get_param("Tags") or [])
    return json.dumps({"SamplingRuleRecord": record(rule)})


def get_sampling_rules(self):
    rules = settings(self).rules.values()
    return json.dumps({"SamplingRuleRecords": [record(rule) for rule in rules]})


def update_sampling_rule(self):
    change = self._get_param("SamplingRuleUpdate")
    rule = settings(self).rules.get(change.get("RuleName"))
    if rule is None:
        return self._error("InvalidRequestException", "Sampling rule does not exist")
    rule.update(change, ModifiedAt=unix_time())
    return json.dumps({"SamplingRuleRecord": record(rule)})


def delete_sampling_rule(self):
    stored = settings(self)
    rule = find(self, stored.rules, "Rule")
    if rule is None:
        return self._error("InvalidRequestException", "Sampling rule does not exist")
    del stored.rules[rule["RuleName"]]
    stored.tagger.delete_all_tags_for_resource(rule["RuleARN"])
    return json.dumps({"SamplingRuleRecord": record(rule)})


def list_tags_for_resource(self):
    tags = settings(self).tagger.list_tags_for_resource(self._get_param("ResourceARN"))
    return json.dumps(tags)


def tag_resource(self):
    settings(self).tagger.tag_resource(
        self._get_param("ResourceARN"), self._get_param("Tags")
    )
    return json.dumps({})


def untag_resource(self):
    settings(self).tagger.untag_resource_using_names(
        self._get_param("ResourceARN"), self._get_param("TagKeys")
    )
    return json.dumps({})


# By path, which is the operation's name, but for GetGroups: it is at /Groups.
OPERATIONS = {
    "CreateGroup": create_group,
    "CreateSamplingRule": create_sampling_rule,
    "DeleteGroup": delete_group,
    "DeleteSamplingRule": delete_sampling_rule,
    "GetGroup": get_group,
    "GetSamplingRules": get_sampling_rules,
    "Groups": groups,
    "ListTagsForResource": list_tags_for_resource,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "UpdateGroup": update_group,
    "UpdateSamplingRule": update_sampling_rule,
}


def apply():
    for path, operation in OPERATIONS.items():
        setattr(XRayResponse, operation.__name__, operation)
        urls.url_paths[f"{{0}}/{path}$"] = XRayResponse.dispatch
