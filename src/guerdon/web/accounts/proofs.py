"""When somebody last showed who they are: at the sign-in, and again before they change how they sign in.

A session that was left open, or taken over, is not enough to add a way in or to take one away.
"""

from datetime import datetime, timedelta

from django.http import HttpRequest

from guerdon.values.clock import utc_now

FRESH = timedelta(minutes=5)
_PROVED = "proved_at"


def note_proof(request: HttpRequest) -> None:
    """Note that a password, a code or a passkey was right just now."""
    request.session[_PROVED] = utc_now().isoformat()


def proved_lately(request: HttpRequest) -> bool:
    """Whether that is no more than five minutes ago."""
    said = request.session.get(_PROVED)
    return said is not None and utc_now() - datetime.fromisoformat(said) <= FRESH
