"""Google's token endpoint: an assertion that a service account signed becomes a token for an hour."""

import base64
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from standins.fcm.documented import TABLE, Misread, checked
from standins.fcm.refusals import oauth_refusal
from standins.hubspot.wire import Answer
from standins.suppliers.application import Call

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GOOGLE = "https://oauth2.googleapis.com/token"
FORM = "application/x-www-form-urlencoded"
PART = re.compile(r"[A-Za-z0-9_-]+")
SCOPE = re.compile(r"https://www\.googleapis\.com/auth/[a-z._-]+")
# Any of these lets a token send.
SENDING = frozenset(
    f"https://www.googleapis.com/auth/{name}" for name in ("firebase.messaging", "cloud-platform")
)
TIMES = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


@dataclass(frozen=True)
class ServiceAccount:
    """Who may ask for a token; without an id of its key any `kid` is taken."""

    email: str
    key_id: str | None
    key: rsa.RSAPublicKey


@dataclass
class Grant:
    """An access token's worth."""

    scopes: frozenset[str]
    ends_ms: int


def read_public_key(text: str) -> rsa.RSAPublicKey:
    """A public key in PEM; anything but RSA is an error."""
    key = serialization.load_pem_public_key(text.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("the key of a service account is an RSA key")
    return key


def grant(call: Call) -> Answer:
    """Give an access token for an assertion, whose signature is really verified."""
    world = call.world
    if world.behaviour["token_status"]:
        raise oauth_refusal(world.behaviour["token_status"], "internal_failure", "Backend Error")
    scopes = _verified(call, _assertion(call))
    token = f"ya29.{world.letters(64)}"
    lasts_s = TABLE.figure("token_seconds")
    world.grants[token] = Grant(scopes, world.clock.now_ms() + lasts_s * 1000)
    return Answer(200, {"access_token": token, "expires_in": lasts_s, "token_type": "Bearer"})


def _assertion(call: Call) -> str:
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        pairs = parse_qsl(call.request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        pairs = []
    wrong = TABLE.query_problem("form:token", pairs)
    if kind != FORM or not pairs or wrong is not None or len(pairs) != len(dict(pairs)):
        raise oauth_refusal(400, "invalid_request", "Bad Request" if wrong is None else wrong.written())
    form = dict(pairs)
    if form.get("grant_type") != GRANT:
        raise oauth_refusal(
            400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}"
        )
    if not form.get("assertion"):
        raise oauth_refusal(400, "invalid_request", "Missing required parameter: assertion")
    return form["assertion"]


def _verified(call: Call, assertion: str) -> frozenset[str]:
    """The scopes of an assertion that its account's key signed and whose claims are as they must be."""
    head, _, rest = assertion.partition(".")
    body, _, signature = rest.partition(".")
    try:
        header = checked("JwtHeader", msgspec.json.decode(_bytes(head)))
        claims = checked("JwtClaims", msgspec.json.decode(_bytes(body)))
        signed = _bytes(signature)
    except (ValueError, msgspec.DecodeError, Misread) as error:
        raise oauth_refusal(400, "invalid_grant", f"Invalid JWT: {error}") from None
    account = call.world.service_accounts.get(claims["iss"])
    if account is None:
        raise oauth_refusal(400, "invalid_grant", "Invalid grant: account not found")
    if account.key_id not in (None, header.get("kid", account.key_id)):
        raise oauth_refusal(400, "invalid_grant", "Invalid JWT Signature.")
    try:
        account.key.verify(signed, f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise oauth_refusal(400, "invalid_grant", "Invalid JWT Signature.") from None
    _check_claims(call, claims)
    return frozenset(claims["scope"].split(" "))


def _check_claims(call: Call, claims: dict[str, Any]) -> None:
    now_s = call.world.clock.now_ms() / 1000
    begins, ends = claims["iat"], claims["exp"]
    lasts = 0 < ends - begins <= TABLE.figure("assertion_seconds")
    if not (lasts and begins <= now_s + TABLE.figure("skew_seconds") and now_s < ends):
        raise oauth_refusal(400, "invalid_grant", TIMES)
    if claims["aud"] not in (GOOGLE, f"{call.world.origin}/token"):
        raise oauth_refusal(400, "invalid_grant", "Invalid JWT: Failed audience check.")
    if claims.get("sub", claims["iss"]) != claims["iss"]:
        raise oauth_refusal(401, "unauthorized_client", "Client is unauthorized to retrieve access tokens")
    if not all(SCOPE.fullmatch(scope) for scope in claims["scope"].split(" ")):
        raise oauth_refusal(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")


def _bytes(part: str) -> bytes:
    """What a part of an assertion encodes; base64url without padding, as JWS has it."""
    if PART.fullmatch(part) is None:
        raise ValueError("it has three parts in base64url without padding")
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def made(email: str, project: str, key_id: str, token_uri: str) -> tuple[ServiceAccount, dict[str, str]]:
    """A service account with a new key, and the file that Google hands out with it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    told = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": key_id,
        "private_key": private.decode(),
        "client_email": email,
        "token_uri": token_uri,
    }
    return ServiceAccount(email, key_id, key.public_key()), told
