"""Fault: a bucket policy whose Deny has a condition denies everybody.

Evidence: with the usual statement "deny s3:* unless aws:SecureTransport",
each PutObject and GetObject answers 403: get_permission passes no values for
the conditions, and an unmet condition counts as DENIED, for Allow too.

Nothing else of IAM is enforced here, so statements with a condition are left
out of the decision; the policy itself is stored and read back whole.

It can go when moto evaluates aws:SecureTransport.
"""

import json

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


def apply():
    def get_permission(self, action, resource):
        if self.policy is None:
            return PermissionResult.NEUTRAL
        document = json.loads(self.policy)
        statements = document["Statement"]
        if isinstance(statements, dict):
            statements = [statements]
        document["Statement"] = [s for s in statements if not s.get("Condition")]
        return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource)

    FakeBucket.get_permission = get_permission
