"""Fault: moto has no SetRiskConfiguration and no DescribeRiskConfiguration.

Evidence: applying aws_cognito_risk_configuration ends with status 501.

This fill stores what is set for a pool, or for one of its clients, and returns
it; nothing acts on it. As on AWS, setting a configuration without content
takes it away: that is how Terraform destroys it.

It can go when moto has both operations.
"""

import json

from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult

PARTS = (
    "AccountTakeoverRiskConfiguration",
    "CompromisedCredentialsRiskConfiguration",
    "RiskExceptionConfiguration",
)


def place(response):
    """The pool's stored configurations, the caller's key and an empty answer."""
    asked = json.loads(response.body)
    pool = response.backend.describe_user_pool(asked["UserPoolId"])
    key = {name: asked[name] for name in ("UserPoolId", "ClientId") if name in asked}
    stored = pool.__dict__.setdefault("risk_configurations", {})
    return stored, asked.get("ClientId"), asked, key


def set_risk_configuration(self):
    stored, client, asked, answer = place(self)
    content = {part: asked[part] for part in PARTS if part in asked}
    if content:
        stored[client] = content
    else:
        stored.pop(client, None)
    return ActionResult({"RiskConfiguration": {**answer, **content}})


def describe_risk_configuration(self):
    stored, client, _, answer = place(self)
    return ActionResult({"RiskConfiguration": {**answer, **stored.get(client, {})}})


def apply():
    CognitoIdpResponse.set_risk_configuration = set_risk_configuration
    CognitoIdpResponse.describe_risk_configuration = describe_risk_configuration
