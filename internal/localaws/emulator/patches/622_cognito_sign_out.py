"""Fault: a page cannot sign its user out.

Evidence: GlobalSignOut carries no signature and so names no region; moto looks in
us-east-1 and answers NotAuthorizedException. RevokeToken is missing.

It can go when moto finds the pool of GlobalSignOut by its token and has
RevokeToken.
"""

import base64
import json

from moto.cognitoidp.models import cognitoidp_backends
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult


def global_sign_out(self):
    token = self._get_param("AccessToken")
    agnostic = self._get_region_agnostic_backend()
    agnostic._find_backend_by_access_token(token).global_sign_out(token)
    return EmptyResult()


def origin(token):
    """The origin_jti of a token that moto made itself."""
    payload = token.split(".")[1]
    payload += "=" * (-len(payload) % 4)
    return json.loads(base64.urlsafe_b64decode(payload)).get("origin_jti")


def pools(account):
    for region, backend in cognitoidp_backends[account].items():
        if region != "global":
            yield from backend.user_pools.values()


def revoke_token(self):
    """Ends a refresh token and the access tokens of the same sign-in; one that is
    not known, or ended, is success, too, as RFC 7009 has it."""
    token, client_id = self._get_param("Token"), self._get_param("ClientId")
    for pool in pools(self.current_account):
        held = pool.refresh_tokens.get(token)
        if held is None or held[0] != client_id:
            continue
        pool.refresh_tokens[token] = None
        for access in [t for t in pool.access_tokens if origin(t) == held[2]]:
            del pool.access_tokens[access]
    return ActionResult({})


def apply():
    CognitoIdpResponse.global_sign_out = global_sign_out
    CognitoIdpResponse.revoke_token = revoke_token
