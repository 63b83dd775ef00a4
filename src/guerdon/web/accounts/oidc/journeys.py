"""Sign-ins that are under way at the provider: each comes back once, in the browser that was sent.

The provider sends people back from another site, where our strict cookies do not come along; so a cookie of
its own, which is lax, says which browser it was. It opens nothing by itself.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec
from django.http import HttpRequest, HttpResponse

from guerdon.connectors.oidc.provider import Journey
from guerdon.store.sealing import Unreadable
from guerdon.values.clock import utc_now
from guerdon.web.accounts.models import OidcJourney
from guerdon.web.rooms import room

PURPOSE = "single sign-on"
WITHIN = timedelta(minutes=10)
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser was sent away with."""

    journey: Journey = field(repr=False)
    # Where its reader wanted to go.
    onward: str


def note_journey(request: HttpRequest, answer: HttpResponse, journey: Journey, onward: str) -> None:
    """Keep what has to come back, and give the browser its cookie with the answer that sends it."""
    now, state_sha = utc_now(), _sha(journey.state)
    # The one it has goes on, so that two tabs may be on their way.
    known = request.COOKIES.get(_cookie_name(), "")
    browser = known if _BROWSER.fullmatch(known) else secrets.token_urlsafe(32)
    said = msgspec.json.encode([journey.nonce, journey.verifier, onward])
    OidcJourney.objects.filter(asked_at__lt=now - WITHIN).delete()
    OidcJourney.objects.create(
        state_sha=state_sha,
        browser_sha=_sha(browser),
        sealed=room().vault.seal(PURPOSE, state_sha.hex(), said),
        asked_at=now,
    )
    answer.set_cookie(
        _cookie_name(),
        browser,
        max_age=WITHIN,
        samesite="Lax",
        secure=_secure(),
        httponly=True,
    )


def take_journey(request: HttpRequest, state: str) -> Sent | None:
    """What this browser was sent away with under a state, once; None where nothing of it is true."""
    state_sha, browser = _sha(state), request.COOKIES.get(_cookie_name(), "")
    asked = OidcJourney.objects.filter(
        state_sha=state_sha, browser_sha=_sha(browser), asked_at__gt=utc_now() - WITHIN
    )
    found = asked.first()
    # Of two that come with the same state at once, one deletes the row.
    if found is None or not _BROWSER.fullmatch(browser) or asked.delete()[0] != 1:
        return None
    try:
        opened = room().vault.open(PURPOSE, state_sha.hex(), bytes(found.sealed))
    except Unreadable:
        return None
    nonce, verifier, onward = msgspec.json.decode(opened, type=tuple[str, str, str])
    return Sent(Journey(state, nonce, verifier), onward)


def _cookie_name() -> str:
    return "__Host-sign-on" if _secure() else "sign-on"


def _secure() -> bool:
    return room().settings.public_url.startswith("https://")


def _sha(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
