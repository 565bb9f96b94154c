"""Fault: changing a user pool takes away what the change does not name.

Evidence: after UpdateUserPool the pool has neither UsernameAttributes nor
UsernameConfiguration nor tags, so the plan after any change wants to replace
the pool with all its users.

On AWS the first three are fixed when the pool is created and cannot be part of
the request; tags and tier stay as they are unless the request names them.

It can go when moto keeps them.
"""

from moto.cognitoidp.models import CognitoIdpUserPool

KEPT = (
    "AliasAttributes",
    "UsernameAttributes",
    "UsernameConfiguration",
    "UserPoolTags",
    "UserPoolTier",
)


def apply():
    update = CognitoIdpUserPool.update_extended_config

    def update_extended_config(self, extended_config):
        before = getattr(self, "extended_config", {})
        kept = {name: before[name] for name in KEPT if name in before}
        update(self, {**kept, **(extended_config or {})})

    CognitoIdpUserPool.update_extended_config = update_extended_config
