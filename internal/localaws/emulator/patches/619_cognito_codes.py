"""Fault: any code confirms an account and sets a new password.

Evidence: ConfirmSignUp with the code 000000, or any other, confirms, and the
address is not verified afterwards, as it is on AWS where AutoVerifiedAttributes
names it. ConfirmForgotPassword takes any code that does not begin with
moto-confirmation-code. ResendConfirmationCode is missing.

The remedy makes a code of six digits and checks it. Nothing is mailed: the code is
written to the emulator's log, which is where the developer at this machine finds
it (mandala-deploy local logs). AdminConfirmSignUp needs none.

It can go when moto checks codes of sign-ups.
"""

import secrets
import sys

from moto.cognitoidp.exceptions import (
    CodeMismatchException,
    InvalidParameterException,
    NotAuthorizedError,
    ResourceNotFoundError,
    UserNotFoundError,
)
from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpUserPool,
    UserStatus,
)
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult

MISMATCH = "Invalid verification code provided, please try again."


def pool_of(backend, client_id) -> CognitoIdpUserPool:
    for pool in backend.user_pools.values():
        if client_id in pool.clients:
            return pool
    raise ResourceNotFoundError(f"User pool client {client_id} does not exist.")


def send(pool, user, purpose):
    """Makes the code that counts from now on."""
    code = f"{secrets.randbelow(1_000_000):06}"
    codes = pool.__dict__.setdefault("codes", {})
    codes[(user.username, purpose)] = code
    print(
        f"cognito: code {code} of user {user.username} in {pool.id}, for {purpose}",
        file=sys.stderr,
        flush=True,
    )


def check(pool, user, purpose, code):
    codes = pool.__dict__.get("codes", {})
    if not code or codes.get((user.username, purpose)) != code:
        raise CodeMismatchException(MISMATCH)
    del codes[(user.username, purpose)]


def verified(pool, user):
    names = pool.extended_config.get("AutoVerifiedAttributes") or []
    user.update_attributes(
        [
            {"Name": f"{name}_verified", "Value": "true"}
            for name in names
            if name in user.attribute_lookup
        ]
    )


def confirm(pool, user, code):
    if user is None:
        raise UserNotFoundError("Username/client id combination not found.")
    if user.status is not UserStatus.UNCONFIRMED:
        raise NotAuthorizedError(
            f"User cannot be confirmed. Current status is {user.status.value}"
        )
    check(pool, user, "sign-up", code)
    user.status = UserStatus.CONFIRMED
    verified(pool, user)


def confirm_sign_up(self):
    client_id = self._get_param("ClientId")
    agnostic = self._get_region_agnostic_backend()
    backend = agnostic._find_backend_for_clientid(client_id)
    pool = pool_of(backend, client_id)
    user = pool._get_user(self._get_param("Username"))
    confirm(pool, user, self._get_param("ConfirmationCode"))
    return EmptyResult()


def resend_confirmation_code(self):
    client_id = self._get_param("ClientId")
    agnostic = self._get_region_agnostic_backend()
    backend = agnostic._find_backend_for_clientid(client_id)
    pool = pool_of(backend, client_id)
    user = pool._get_user(self._get_param("Username"))
    if user is None:
        raise UserNotFoundError("Username/client id combination not found.")
    if user.status is not UserStatus.UNCONFIRMED:
        raise InvalidParameterException("User is already confirmed.")
    send(pool, user, "sign-up")
    details = backend._get_code_delivery_details(
        pool.extended_config["AccountRecoverySetting"], user, user.username
    )
    return ActionResult({"CodeDeliveryDetails": details})


def apply():
    sign_up = CognitoIdpBackend.sign_up
    forgot = CognitoIdpBackend.forgot_password

    def sign_up_with_code(self, client_id, username, password, attributes):
        user, details = sign_up(self, client_id, username, password, attributes)
        send(pool_of(self, client_id), user, "sign-up")
        return user, details

    def forgot_password(self, client_id, username):
        _, details = forgot(self, client_id, username)
        pool = pool_of(self, client_id)
        if user := pool._get_user(username):
            send(pool, user, "password")
        return "", details

    def confirm_forgot_password(self, client_id, username, password, confirmation_code):
        pool = pool_of(self, client_id)
        user = pool._get_user(username)
        if user is None:
            raise CodeMismatchException(MISMATCH)
        self._validate_password(pool.id, password)
        check(pool, user, "password", confirmation_code)
        user.password = password
        user.status = UserStatus.CONFIRMED

    CognitoIdpBackend.sign_up = sign_up_with_code
    CognitoIdpBackend.forgot_password = forgot_password
    CognitoIdpBackend.confirm_forgot_password = confirm_forgot_password
    CognitoIdpResponse.confirm_sign_up = confirm_sign_up
    CognitoIdpResponse.resend_confirmation_code = resend_confirmation_code
