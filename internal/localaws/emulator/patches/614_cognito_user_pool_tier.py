"""Fault: a user pool that was created without a tier tells of none.

Evidence: DescribeUserPool has no UserPoolTier, where AWS answers ESSENTIALS,
its default; the plan of aws_cognito_user_pool with that tier is never empty.

It can go when moto answers the default.
"""

from moto.cognitoidp.models import CognitoIdpUserPool


def apply():
    to_json = CognitoIdpUserPool.to_json

    def to_json_with_tier(self, extended=False):
        told = to_json(self, extended)
        if extended:
            told.setdefault("UserPoolTier", "ESSENTIALS")
        return told

    CognitoIdpUserPool.to_json = to_json_with_tier
