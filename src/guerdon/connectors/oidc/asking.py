"""Asking a provider: its document, its keys, a code for a token, and a person's claims.

All of it goes through the bounded client. What does not answer, or answers that it cannot, is `Unreached`;
what it refuses, or says in another way than it should, is `Unfit`.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

from guerdon.connectors.oidc.provider import WELL_KNOWN, Provider, Unfit, read_document, read_object
from guerdon.connectors.oidc.settings import SignOn
from guerdon.connectors.oidc.tokens import Claims, read_claims, read_keys
from guerdon.http import Client, Unreachable

# A person waits in front of the page.
WITHIN_S = 8.0
BYTES_MAX = 256 * 1024
_JSON = {"Accept": "application/json"}


class Unreached(Exception):  # noqa: N818  an answer of the world outside
    """The provider does not answer, or cannot; trying later may help."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a code was worth."""

    id_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)


def ask_document(client: Client, issuer: str) -> Provider:
    """What the provider says of itself."""
    return read_document(_asked(client, "GET", issuer.rstrip("/") + WELL_KNOWN, _JSON), issuer)


def ask_keys(client: Client, provider: Provider) -> tuple[Mapping[str, Any], ...]:
    """The keys that sign its tokens."""
    return read_keys(_asked(client, "GET", provider.keys_at, _JSON))


def exchange(
    client: Client, ours: SignOn, provider: Provider, brought: tuple[str, str], return_to: str
) -> Tokens:
    """The tokens that a (code, verifier) is worth, once."""
    code, verifier = brought
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": return_to,
        "code_verifier": verifier,
    }
    headers = {**_JSON, "Content-Type": "application/x-www-form-urlencoded"}
    if provider.secret_in_form:
        form |= {"client_id": ours.client_id, "client_secret": ours.secret}
    else:
        # Encoded twice, as RFC 6749 (2.3.1) has it.
        pair = f"{quote_plus(ours.client_id)}:{quote_plus(ours.secret)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    said = read_object(_asked(client, "POST", provider.token_at, headers, urlencode(form).encode()))
    id_token, access_token = said.get("id_token"), said.get("access_token")
    if not isinstance(id_token, str):
        raise Unfit("it gave no ID token")
    return Tokens(id_token, access_token if isinstance(access_token, str) else "")


def ask_person(client: Client, provider: Provider, access_token: str) -> Claims:
    """What the provider says of whoever signed in, beside the ID token."""
    headers = {**_JSON, "Authorization": f"Bearer {access_token}"}
    return read_claims(read_object(_asked(client, "GET", provider.person_at, headers)))


def _asked(
    client: Client, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
) -> bytes:
    try:
        answer = client.ask(method, url, headers, body, WITHIN_S)
    except Unreachable as fault:
        raise Unreached(fault.reason) from fault
    if answer.status >= 500 or answer.status == 429:
        raise Unreached(f"it answered {answer.status}")
    if answer.status != 200:
        raise Unfit(f"it answered {answer.status}")
    return answer.body
