"""What a passkey is asked to sign: 32 random bytes, for one session and purpose, once, within five minutes.

The database holds the hash. Taking a challenge deletes its row: of two answers that come at once one counts.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Literal

from django.http import HttpRequest

from guerdon.values.clock import utc_now
from guerdon.web.accounts.models import PasskeyChallenge
from guerdon.web.accounts.sessions import SessionStore, key_sha

Purpose = Literal["add", "use"]
CHALLENGE_BYTES = 32
KEPT = timedelta(minutes=5)


def make_challenge(request: HttpRequest, purpose: Purpose) -> bytes:
    """A new challenge for this session; whoever has none gets one that knows nothing yet."""
    session, now = request.session, utc_now()
    if session.session_key is None or not session.exists(session.session_key):
        SessionStore.clear_expired()
        session.create()
    assert session.session_key is not None
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    PasskeyChallenge.objects.filter(asked_at__lt=now - KEPT).delete()
    PasskeyChallenge.objects.create(
        challenge_sha=_sha(challenge),
        session_sha=key_sha(session.session_key),
        purpose=purpose,
        asked_at=now,
    )
    return challenge


def take_challenge(request: HttpRequest, purpose: Purpose, challenge: bytes) -> bool:
    """Whether this session was asked this, for this, and has not answered yet; it is answered with that."""
    key = request.session.session_key
    if key is None or not request.session.exists(key):
        return False
    asked = PasskeyChallenge.objects.filter(
        challenge_sha=_sha(challenge),
        session_sha=key_sha(key),
        purpose=purpose,
        asked_at__gt=utc_now() - KEPT,
    )
    taken, _ = asked.delete()
    return taken == 1


def _sha(challenge: bytes) -> bytes:
    return hashlib.sha256(challenge).digest()
