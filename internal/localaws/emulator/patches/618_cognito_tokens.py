"""Fault: tokens live for an hour whatever the client says, and do not say what
Cognito's say.

Evidence: with IdTokenValidity 5 and TokenValidityUnits minutes, exp is 3600 seconds
after iat; refresh tokens never end, and one is taken by any client. auth_time of a
refreshed token is the time of the refresh. email_verified is text instead of true,
and every custom attribute is in the ID token, whatever the client may read. Tokens
are kept by the name that was typed, so that a sign-out by the user's own name, the
sub, leaves those that were got by e-mail.

It can go when exp follows the client and tokens are kept by user.
"""

import time

from moto.cognitoidp.exceptions import NotAuthorizedError
from moto.cognitoidp.models import CognitoIdpBackend, CognitoIdpUserPool
from moto.moto_api._internal import mock_random

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
DEFAULTS = {
    "AccessToken": (1, "hours"),
    "IdToken": (1, "hours"),
    "RefreshToken": (30, "days"),
}
BOOLEAN = ("email_verified", "phone_number_verified")


def validity(pool, client_id, kind):
    """Seconds that a token of this kind lives."""
    client = pool.clients.get(client_id)
    said = client.extended_config if client else {}
    amount, unit = DEFAULTS[kind]
    amount = said.get(f"{kind}Validity") or amount
    unit = (said.get("TokenValidityUnits") or {}).get(kind, unit)
    return int(amount) * SECONDS[unit]


def readable(pool, client_id, name):
    client = pool.clients.get(client_id)
    names = client.get_readable_fields() if client else []
    return not names or name in names


def begun(pool):
    """When the sign-in was, by the origin_jti that its tokens share."""
    return pool.__dict__.setdefault("auth_times", {})


def apply():
    make_jwt = CognitoIdpUserPool.create_jwt
    make_refresh = CognitoIdpUserPool.create_refresh_token
    make_access = CognitoIdpUserPool.create_access_token
    from_refresh = CognitoIdpUserPool.create_tokens_from_refresh_token
    initiate = CognitoIdpBackend.initiate_auth
    admin_sign_out = CognitoIdpBackend.admin_user_global_sign_out

    def create_jwt(
        self, client_id, username, token_use, expires_in=3600, extra_data=None
    ):
        claims = dict(extra_data or {})
        kind = "IdToken" if token_use == "id" else "AccessToken"
        claims["auth_time"] = begun(self).get(claims.get("origin_jti"), int(time.time()))
        claims["event_id"] = str(mock_random.uuid4())
        if token_use == "id":
            for name, value in self._get_user(username).attribute_lookup.items():
                if name != "sub" and readable(self, client_id, name):
                    claims[name] = value
                else:
                    claims.pop(name, None)
                if name in claims and name in BOOLEAN:
                    claims[name] = str(value).lower() == "true"
        return make_jwt(
            self,
            client_id,
            username,
            token_use,
            validity(self, client_id, kind),
            claims,
        )

    def create_refresh_token(self, client_id, username):
        username = self._get_user(username).username
        token, origin = make_refresh(self, client_id, username)
        now = int(time.time())
        begun(self)[origin] = now
        ends = self.__dict__.setdefault("refresh_ends", {})
        ends[token] = now + validity(self, client_id, "RefreshToken")
        return token, origin

    def create_access_token(self, client_id, username, origin_jti):
        username = self._get_user(username).username
        return make_access(self, client_id, username, origin_jti)

    def create_tokens_from_refresh_token(self, refresh_token):
        held = self.refresh_tokens.get(refresh_token)
        if held is None:
            raise NotAuthorizedError(
                "Refresh Token has been revoked"
                if refresh_token in self.refresh_tokens
                else "Invalid Refresh Token."
            )
        if self.__dict__.get("refresh_ends", {}).get(refresh_token, 0) < time.time():
            raise NotAuthorizedError("Refresh Token has expired")
        user = self._get_user(held[1])
        if user is None:
            raise NotAuthorizedError("Invalid Refresh Token.")
        if not user.enabled:
            raise NotAuthorizedError("User is disabled.")
        return from_refresh(self, refresh_token)

    def initiate_auth(self, client_id, auth_flow, auth_parameters):
        if auth_flow in ("REFRESH_TOKEN", "REFRESH_TOKEN_AUTH"):
            token = (auth_parameters or {}).get("REFRESH_TOKEN")
            for pool in self.user_pools.values():
                if client_id not in pool.clients:
                    continue
                held = pool.refresh_tokens.get(token)
                if token not in pool.refresh_tokens or held and held[0] != client_id:
                    raise NotAuthorizedError("Invalid Refresh Token.")
        return initiate(self, client_id, auth_flow, auth_parameters)

    def admin_user_global_sign_out(self, user_pool_id, username):
        user = self.admin_get_user(user_pool_id, username)
        admin_sign_out(self, user_pool_id, user.username)

    CognitoIdpUserPool.create_jwt = create_jwt
    CognitoIdpUserPool.create_access_token = create_access_token
    CognitoIdpUserPool.create_refresh_token = create_refresh_token
    CognitoIdpUserPool.create_tokens_from_refresh_token = (
        create_tokens_from_refresh_token
    )
    CognitoIdpBackend.initiate_auth = initiate_auth
    CognitoIdpBackend.admin_user_global_sign_out = admin_user_global_sign_out
