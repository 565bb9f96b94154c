"""Fault: whoever knows a user's name can sign in as that user, and by flows that
the client does not allow.

Evidence: InitiateAuth with USER_SRP_AUTH answers a SALT and SRP_B that are UUIDs,
no numbers of the protocol, and RespondToAuthChallenge takes any
PASSWORD_CLAIM_SIGNATURE. A real client cannot even compute one. The client's
ExplicitAuthFlows are never looked at, and a user who does not exist is told of
where PreventUserExistenceErrors is ENABLED.

The remedy is Cognito's SRP-6a: 3072-bit group of RFC 5054, SHA-256, and a key by
HKDF with "Caldera Derived Key", as in amazon-cognito-identity-js. The verifier is
made of the password that moto keeps.

It can go when moto checks PASSWORD_CLAIM_SIGNATURE.
"""

import base64
import hashlib
import hmac
import secrets
import uuid

from moto.cognitoidp.exceptions import (
    InvalidParameterException,
    NotAuthorizedError,
    ResourceNotFoundError,
    UserNotConfirmedException,
    UserNotFoundError,
)
from moto.cognitoidp.models import CognitoIdpBackend, UserStatus
from moto.cognitoidp.utils import check_secret_hash

N_HEX = (
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33"
    "A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864"
    "D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2"
    "08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"
)
N = int(N_HEX, 16)
G = 2
INFO = b"Caldera Derived Key"
WRONG = "Incorrect username or password."
DEFAULT_FLOWS = ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
# Names of flows in requests, and those that clients allow them by.
ALLOWED_BY = {
    "ADMIN_NO_SRP_AUTH": ("ADMIN_NO_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"),
    "ADMIN_USER_PASSWORD_AUTH": ("ADMIN_NO_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"),
    "CUSTOM_AUTH": ("ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"),
    "REFRESH_TOKEN": ("ALLOW_REFRESH_TOKEN_AUTH",),
    "REFRESH_TOKEN_AUTH": ("ALLOW_REFRESH_TOKEN_AUTH",),
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"),
    "USER_SRP_AUTH": ("ALLOW_USER_SRP_AUTH",),
}


def padded(number):
    """The number's bytes, as those of a positive number in two's complement."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def number(content):
    return int.from_bytes(content, "big")


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


K = number(digest(padded(N), padded(G)))


class Challenge:
    """One attempt to sign in: the server's side of SRP."""

    def __init__(self, pool_id, user_id, password, a):
        self.pool_name = pool_id.split("_", 1)[1]
        self.user_id = user_id
        self.a = a
        self.salt = secrets.randbits(128)
        self.secret = secrets.randbits(256)
        identity = f"{self.pool_name}{user_id}:{password}".encode()
        self.verifier = pow(G, number(digest(padded(self.salt), digest(identity))), N)
        self.b = (K * self.verifier + pow(G, self.secret, N)) % N
        self.block = base64.b64encode(secrets.token_bytes(512)).decode()

    def signature(self, timestamp):
        """What a client that knows the password answers; base64."""
        u = digest(padded(self.a), padded(self.b))
        shared = pow(self.a * pow(self.verifier, number(u), N), self.secret, N)
        prk = hmac.digest(padded(number(u)), padded(shared), "sha256")
        key = hmac.digest(prk, INFO + b"\x01", "sha256")[:16]
        message = (self.pool_name + self.user_id).encode()
        message += base64.b64decode(self.block) + timestamp.encode()
        return base64.b64encode(hmac.digest(key, message, "sha256")).decode()


def client_of(backend, client_id):
    for pool in backend.user_pools.values():
        if client_id in pool.clients:
            return pool, pool.clients[client_id]
    raise ResourceNotFoundError(f"User pool client {client_id} does not exist.")


def check_flow(client, flow):
    allowed = client.extended_config.get("ExplicitAuthFlows") or DEFAULT_FLOWS
    names = ALLOWED_BY.get(flow)
    if names and not any(name in allowed for name in names):
        raise InvalidParameterException(
            "Auth flow not enabled for this client"
            if flow.startswith("ADMIN")
            else f"{flow} flow not enabled for this client"
        )


def begin(backend, pool, client, parameters):
    username = parameters.get("USERNAME")
    try:
        a = int(parameters.get("SRP_A") or "", 16)
    except ValueError:
        a = 0
    if not username or a % N == 0:
        raise InvalidParameterException("Missing required parameter SRP_A or USERNAME")
    if client.generate_secret and not check_secret_hash(
        client.secret, client.id, username, parameters.get("SECRET_HASH")
    ):
        raise NotAuthorizedError(
            f"Unable to verify secret hash for client {client.id}"
        )
    user = pool._get_user(username)
    if user is None:
        if client.extended_config.get("PreventUserExistenceErrors") != "ENABLED":
            raise UserNotFoundError("User does not exist.")
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{pool.id}/{username}"))
        password = secrets.token_hex()
    else:
        name, password = user.username, user.password
    challenge = Challenge(pool.id, name, password, a)
    backend.__dict__.setdefault("srp_challenges", {})[challenge.block] = challenge
    backend.sessions[challenge.block] = (name, pool)
    return {
        "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeParameters": {
            "SALT": f"{challenge.salt:x}",
            "SECRET_BLOCK": challenge.block,
            "SRP_B": f"{challenge.b:x}",
            "USERNAME": name,
            "USER_ID_FOR_SRP": name,
        },
    }


def verify(backend, client_id, responses):
    """Fails unless the password was known; a challenge is good for one answer."""
    block = responses.get("PASSWORD_CLAIM_SECRET_BLOCK") or ""
    challenge = backend.__dict__.get("srp_challenges", {}).pop(block, None)
    if challenge is None or challenge.user_id != responses.get("USERNAME"):
        raise NotAuthorizedError(WRONG)
    pool, _ = client_of(backend, client_id)
    if backend.sessions.get(block, (None, None))[1] is not pool:
        raise NotAuthorizedError(WRONG)
    signature = challenge.signature(responses.get("TIMESTAMP") or "")
    given = responses.get("PASSWORD_CLAIM_SIGNATURE") or ""
    user = pool.users.get(challenge.user_id)
    if user is None or not hmac.compare_digest(signature.encode(), given.encode()):
        del backend.sessions[block]
        raise NotAuthorizedError(WRONG)
    if not user.enabled:
        raise NotAuthorizedError("User is disabled.")
    if user.status is UserStatus.UNCONFIRMED:
        raise UserNotConfirmedException("User is not confirmed.")


def apply():
    initiate = CognitoIdpBackend.initiate_auth
    admin_initiate = CognitoIdpBackend.admin_initiate_auth
    respond = CognitoIdpBackend.respond_to_auth_challenge

    def initiate_auth(self, client_id, auth_flow, auth_parameters):
        pool, client = client_of(self, client_id)
        check_flow(client, auth_flow)
        if auth_flow == "USER_SRP_AUTH":
            return begin(self, pool, client, auth_parameters or {})
        return initiate(self, client_id, auth_flow, auth_parameters)

    def admin_initiate_auth(self, user_pool_id, client_id, auth_flow, auth_parameters):
        _, client = client_of(self, client_id)
        check_flow(client, auth_flow)
        return admin_initiate(self, user_pool_id, client_id, auth_flow, auth_parameters)

    def respond_to_auth_challenge(
        self, session, client_id, challenge_name, challenge_responses
    ):
        if challenge_name == "PASSWORD_VERIFIER":
            verify(self, client_id, challenge_responses or {})
        return respond(self, session, client_id, challenge_name, challenge_responses)

    CognitoIdpBackend.initiate_auth = initiate_auth
    CognitoIdpBackend.admin_initiate_auth = admin_initiate_auth
    CognitoIdpBackend.respond_to_auth_challenge = respond_to_auth_challenge
