"""OAuth 2.0 with HubSpot: a person's consent made a token, and tokens that end made new ones.

The state and the verifier belong to the browser that was sent away: whoever keeps them compares them.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe

import msgspec

from guerdon.connectors.hubspot.api.calls import Api, Question, Reader, nothing
from guerdon.connectors.hubspot.api.outcomes import Answered, Outcome, Refused, TokenGone, refused
from guerdon.connectors.hubspot.api.versions import Path, queried

JOURNAL_SCOPES = (
    "developer.webhooks_journal.read",
    "developer.webhooks_journal.subscriptions.read",
    "developer.webhooks_journal.subscriptions.write",
    "developer.webhooks_journal.snapshots.read",
    "developer.webhooks_journal.snapshots.write",
)


@dataclass(frozen=True, slots=True)
class App:
    """An app of HubSpot's as its developer has it."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person's browser is sent to HubSpot for: the state and the verifier are good once."""

    url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


class Tokens(msgspec.Struct, frozen=True):
    """What opens an account, for how long. `portal` is 0 where HubSpot does not say: ask for the account."""

    access_token: str
    expires_in: int
    refresh_token: str = ""
    hub_id: int = 0
    scopes: list[str] = []

    def __repr__(self) -> str:
        return f"Tokens(hub_id={self.hub_id}, expires_in={self.expires_in})"


class Known(msgspec.Struct, frozen=True):
    """What HubSpot knows of a token."""

    active: bool
    hub_id: int = 0
    app_id: int = 0
    scopes: list[str] = []
    expires_in: int = 0


_SECRET = ("code", "code_verifier", "refresh_token", "token")
_read_tokens = msgspec.json.Decoder(Tokens).decode
_read_known = msgspec.json.Decoder(Known).decode


def consent(api: Api, app: App, scopes: Sequence[str], optional: Sequence[str] = ()) -> Consent:
    """Begin: where to send the browser, and what has to come back with it."""
    state, verifier = token_urlsafe(32), token_urlsafe(48)
    url = queried(
        api.place.app + api.place.path("authorize"),
        client_id=app.client_id,
        redirect_uri=app.redirect_uri,
        scope=" ".join(scopes),
        optional_scope=" ".join(optional) or None,
        state=state,
        code_challenge=challenge(verifier),
        code_challenge_method="S256",
    )
    return Consent(url, state, verifier)


def challenge(verifier: str) -> str:
    """What is shown of a verifier before it is shown itself (RFC 7636, S256)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def exchange(api: Api, app: App, code: str, verifier: str) -> Outcome[Tokens]:
    """Tokens for a code. A code is good once: after `Unsure`, ask the person again."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": app.redirect_uri,
        "code_verifier": verifier,
    }
    return _asked(api, app, "token", form, _read_tokens)


def refresh(api: Api, app: App, refresh_token: str) -> Outcome[Tokens]:
    """A new access token; `TokenGone` where the app was uninstalled or the consent taken back.

    It may be done twice. Keep the refresh token that comes back: it may be another one.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    outcome = _asked(api, app, "token", form, _read_tokens)
    if isinstance(outcome, Refused) and outcome.category == "BAD_REFRESH_TOKEN":
        return TokenGone(expired=False)
    return outcome


def token_of_app(api: Api, app: App, scopes: Sequence[str] = JOURNAL_SCOPES) -> Outcome[Tokens]:
    """A token of the app itself, for the journal: it opens no account."""
    form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
    return _asked(api, app, "token_of_app", form, _read_tokens)


def revoke(api: Api, app: App, token: str) -> Outcome[None]:
    """End a token. One that is unknown is as good as ended."""
    return _asked(api, app, "revoke", {"token": token}, nothing)


def introspect(api: Api, app: App, token: str) -> Outcome[Known]:
    """What a token opens, and whether it still does."""
    return _asked(api, app, "introspect", {"token": token}, _read_known)


def _asked(
    api: Api, app: App, path: Path, form: Mapping[str, str], read: Reader[Answered]
) -> Outcome[Answered]:
    sent = {"client_id": app.client_id, "client_secret": app.client_secret, **form}
    secret = (app.client_secret, *(form.get(name, "") for name in _SECRET))
    question = Question("POST", api.place.path(path), form=sent, writes=path != "introspect", secrets=secret)
    outcome = api.ask(question, read)
    if isinstance(outcome, TokenGone):
        # No token was shown: it is the app that HubSpot does not know.
        return refused("INVALID_AUTHENTICATION", "HubSpot does not know the app", 401)
    return outcome
