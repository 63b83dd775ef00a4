"""ID tokens: who signed them, for whom, when, and what they say of a person.

The signature is checked by PyJWT; which algorithms there are, which key it has to be and what the claims have
to say is written here. A token never chooses how it is checked: what is not in `ALGORITHMS` is refused before
a key is looked for, so neither `none` nor a public key used as a shared secret comes through.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from guerdon.connectors.oidc.provider import Unfit, read_object

# Each is signed by a key of which only the provider has the secret half.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LETTERS_MAX = 16_000
KEYS_MAX = 100
SUBJECT_LETTERS_MAX = 255
# Between their clock and ours.
SKEW_S = 60
# Handed over at once; an old one was kept by somebody.
AGE_S_MAX = 600


class UnknownKey(Unfit):
    """It is signed by a key that is not among those we know: they may have changed."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose token it has to be, for whom, and for which sign-in."""

    issuer: str
    client_id: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of a person; `factors` are the values of its `acr` and `amr`."""

    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""
    factors: frozenset[str] = frozenset()


def read_keys(body: bytes) -> tuple[Mapping[str, Any], ...]:
    """The public keys of a provider (JWKS), as far as they may sign; raises `Unfit`."""
    keys = read_object(body).get("keys")
    if not isinstance(keys, list) or len(keys) > KEYS_MAX:
        raise Unfit("it is no set of keys")
    # A key for encrypting signs nothing, and a shared secret is nobody's signature.
    return tuple(
        key
        for key in keys
        if isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") != "oct"
    )


def read_id_token(token: str, keys: Sequence[Mapping[str, Any]], expected: Expected, now: datetime) -> Claims:
    """What an ID token says, once everything about it is right; raises `Unfit`, `UnknownKey` among them."""
    if len(token) > LETTERS_MAX:
        raise Unfit("it is too long")
    try:
        head = jwt.get_unverified_header(token)
        algorithm = head.get("alg")
        if algorithm not in ALGORITHMS:
            raise Unfit("no algorithm of ours signed it")
        key = _key_for(keys, head.get("kid"), algorithm)
        said = _READER.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=expected.client_id,
            issuer=expected.issuer,
            # By the clock that is handed in, below.
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": _NEEDED},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as fault:
        raise Unfit(f"it is not what it should be ({type(fault).__name__})") from fault
    _check_times(said, now.timestamp())
    _check_whose(said, expected)
    return read_claims(said)


def read_claims(said: Mapping[str, Any]) -> Claims:
    """What claims say of a person; raises `Unfit` where they do not say of whom."""
    subject = said.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LETTERS_MAX or "\0" in subject:
        raise Unfit("it does not say who it is")
    email, name, ways = said.get("email"), said.get("name"), said.get("amr")
    factors = [*(ways if isinstance(ways, list) else ()), said.get("acr")]
    return Claims(
        subject,
        email if isinstance(email, str) and "\0" not in email else "",
        # Some write it as a text.
        said.get("email_verified") in (True, "true"),
        name if isinstance(name, str) and name.isprintable() else "",
        frozenset(each for each in factors if isinstance(each, str)),
    )


# A key that is too short to be anybody's alone is refused.
_READER = jwt.PyJWT({"enforce_minimum_key_length": True})
_NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]


def _key_for(keys: Sequence[Mapping[str, Any]], kid: object, algorithm: str) -> Any:
    """The one key that may have signed; without a name only where there is no choice."""
    found = [key for key in keys if key.get("kid") == kid] if kid is not None else list(keys)
    found = [key for key in found if key.get("alg", algorithm) == algorithm]
    if len(found) != 1:
        raise UnknownKey("its key is not among theirs")
    return jwt.PyJWK(dict(found[0]), algorithm)


def _check_times(said: Mapping[str, Any], now_s: float) -> None:
    times = [said["exp"], said["iat"], said.get("nbf", 0)]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in times):
        raise Unfit("its times are none")
    ends, made, begins = times
    if now_s >= ends + SKEW_S:
        raise Unfit("it is over")
    if made > now_s + SKEW_S or begins > now_s + SKEW_S:
        raise Unfit("it has not begun")
    if made < now_s - AGE_S_MAX - SKEW_S:
        raise Unfit("it is old")


def _check_whose(said: Mapping[str, Any], expected: Expected) -> None:
    nonce = said["nonce"]
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise Unfit("it belongs to another sign-in")
    others, party = isinstance(said["aud"], list) and len(said["aud"]) > 1, said.get("azp")
    if party != expected.client_id and (others or party is not None):
        raise Unfit("it was made for another")
