"""What a provider says of itself (OpenID Connect Discovery), and where a browser is sent with which words.

Its document is believed where it names the very issuer that was asked: else one could speak for another.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from guerdon.values.destinations import read_destination

WELL_KNOWN = "/.well-known/openid-configuration"
SCOPES = "openid email profile"
SECRET_BYTES = 32
ADDRESS_LETTERS_MAX = 1_000


class Unfit(Exception):  # noqa: N818  an answer, not a fault of ours
    """What was said is not to be believed; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider answers; an address that it does not offer is empty."""

    issuer: str
    authorize_at: str
    token_at: str
    keys_at: str
    person_at: str = ""
    leave_at: str = ""
    # The secret goes into the form, for one that takes no Authorization header.
    secret_in_form: bool = False


@dataclass(frozen=True, slots=True)
class Journey:
    """What belongs to one sign-in from its beginning to its end; no two are alike."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def begin_journey() -> Journey:
    """A new sign-in, by the system's chance."""
    state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
    return Journey(state, nonce, verifier)


def read_document(body: bytes, issuer: str) -> Provider:
    """Read a provider's document; raises `Unfit`."""
    said = read_object(body)
    if said.get("issuer") != issuer:
        raise Unfit("it speaks for another issuer")
    methods = said.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise Unfit("it knows no PKCE by S256")
    ways = said.get("token_endpoint_auth_methods_supported")
    return Provider(
        issuer,
        _address(said, "authorization_endpoint", issuer),
        _address(said, "token_endpoint", issuer),
        _address(said, "jwks_uri", issuer),
        _address(said, "userinfo_endpoint", issuer) if said.get("userinfo_endpoint") else "",
        _address(said, "end_session_endpoint", issuer) if said.get("end_session_endpoint") else "",
        # Without a word on it, the header is what every provider takes.
        isinstance(ways, list) and "client_secret_basic" not in ways and "client_secret_post" in ways,
    )


def address_to_sign_in(
    provider: Provider, journey: Journey, client_id: str, return_to: str, login_hint: str = ""
) -> str:
    """Where a browser is sent to sign in."""
    challenge = urlsafe_b64encode(hashlib.sha256(journey.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": return_to,
        "scope": SCOPES,
        "state": journey.state,
        "nonce": journey.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **({"login_hint": login_hint} if login_hint else {}),
    }
    return _with(provider.authorize_at, asked)


def address_to_leave(provider: Provider, client_id: str, return_to: str) -> str:
    """Where a browser is sent to be signed out at the provider too; empty where it offers none."""
    if not provider.leave_at:
        return ""
    return _with(provider.leave_at, {"client_id": client_id, "post_logout_redirect_uri": return_to})


def read_object(body: bytes) -> Mapping[str, Any]:
    """An object as JSON has it; raises `Unfit`."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as fault:
        raise Unfit("it is no JSON") from fault
    if not isinstance(said, dict):
        raise Unfit("it is no object")
    return said


def _with(address: str, terms: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(terms)}"


def _address(said: Mapping[str, Any], name: str, issuer: str) -> str:
    """An address of the document; never less well guarded on its way than the issuer."""
    address = said.get(name)
    if not isinstance(address, str) or read_destination(address, ADDRESS_LETTERS_MAX) is None:
        raise Unfit(f"its {name} is no address")
    if urlsplit(issuer).scheme == "https" and urlsplit(address).scheme != "https":
        raise Unfit(f"its {name} is not https")
    return address
