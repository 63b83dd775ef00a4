"""Sessions that the database cannot give away: it holds the SHA-256 of each key, never the key.

Django's own backend stores the key itself. A session ends 15 minutes after its last request and 8 hours
after its first, whatever the cookie says.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, router, transaction
from django.db.models import Q

from guerdon.values.clock import utc_now
from guerdon.web.accounts.models import KeptForm, SentForm, StaffSession
from guerdon.web.accounts.settings import KEPT_S_MAX, SESSION_IDLE_S_MAX, SESSION_S_MAX

KEY_BYTES = 32
SEEN_EVERY = timedelta(seconds=60)


def key_sha(session_key: str) -> bytes:
    """What is stored of a session's key."""
    return hashlib.sha256(session_key.encode()).digest()


def find_open_session(session_key: str) -> StaffSession | None:
    """The session behind a key, if it is neither idle for too long nor too old."""
    now = utc_now()
    return StaffSession.objects.filter(
        key_sha=key_sha(session_key),
        seen_at__gt=now - timedelta(seconds=SESSION_IDLE_S_MAX),
        started_at__gt=now - timedelta(seconds=SESSION_S_MAX),
    ).first()


class SessionStore(SessionBase):
    """A staff session."""

    touches = True
    # Django makes it when it is first read.
    _session_cache: dict[str, Any]
    # Django's would differ by class, and a stream must read what a page wrote.
    key_salt = "guerdon.staff.session"

    def exists(self, session_key: str) -> bool:
        """Whether the key opens a session."""
        return find_open_session(session_key) is not None

    def create(self) -> None:
        """Begin a session under a key that nobody has."""
        self._session_key = secrets.token_urlsafe(KEY_BYTES)
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  Django's signature
        """Write the session; one that was ended meanwhile stays ended."""
        if self.session_key is None:
            self.create()
            return
        data = self.encode(self._get_session(no_load=must_create))  # type: ignore[attr-defined]
        now, sha = utc_now(), key_sha(self.session_key)
        if must_create:
            try:
                with transaction.atomic(using=router.db_for_write(StaffSession)):
                    StaffSession.objects.create(
                        key_sha=sha, data=data, staff_id=self._staff_id(), started_at=now, seen_at=now
                    )
            except IntegrityError as fault:
                raise CreateError from fault
        elif not StaffSession.objects.filter(key_sha=sha).update(
            data=data, staff_id=self._staff_id(), seen_at=now
        ):
            raise UpdateError

    def cycle_key(self) -> None:
        """Go on under another key; the eight hours are counted from the first one all the same."""
        before = find_open_session(self.session_key) if self.session_key else None
        super().cycle_key()
        if before is not None and self.session_key is not None:
            sha = key_sha(self.session_key)
            StaffSession.objects.filter(key_sha=sha).update(started_at=before.started_at)

    def _staff_id(self) -> int | None:
        whose = self._session_cache.get(SESSION_KEY)
        return int(whose) if whose else None

    def delete(self, session_key: str | None = None) -> None:
        """End the session."""
        key = session_key or self.session_key
        if key is not None:
            StaffSession.objects.filter(key_sha=key_sha(key)).delete()

    def load(self) -> dict[str, Any]:
        """Read the session and note that it is in use."""
        found = find_open_session(self.session_key) if self.session_key else None
        if found is None:
            self._session_key = None
            return {}
        now = utc_now()
        if self.touches and found.seen_at < now - SEEN_EVERY:
            StaffSession.objects.filter(key_sha=found.key_sha).update(seen_at=now)
        loaded: dict[str, Any] = self.decode(found.data)
        return loaded

    @classmethod
    def clear_expired(cls) -> None:
        """Forget the sessions that ended by themselves, and in time whose they were and what they left."""
        now = utc_now()
        idle, old = now - timedelta(seconds=SESSION_IDLE_S_MAX), now - timedelta(seconds=SESSION_S_MAX)
        ended = StaffSession.objects.filter(Q(seen_at__lt=idle) | Q(started_at__lt=old))
        kept = now - timedelta(seconds=KEPT_S_MAX)
        ended.filter(Q(staff_id=None) | Q(seen_at__lt=kept)).delete()
        ended.update(data="")
        KeptForm.objects.filter(kept_at__lt=kept).delete()
        SentForm.objects.filter(begun_at__lt=old).delete()


class WatchedSession(SessionStore):
    """A session as a live stream sees it: looking on is not using, so an idle screen signs itself out."""

    touches = False
