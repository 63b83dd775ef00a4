"""The link by which an empty installation gets its first administrator: until when, and a keyed hash.

Nothing is stored of it. It opens once because whoever used it is there from then on: no such link opens where
somebody may sign in, however many were made (`web/setup/founding.py`).
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from guerdon.values.crockford import read_crockford, write_crockford

KEY_PURPOSE = "first administrator"
PATH = "/account/first/"
HOLDS = timedelta(hours=24)
TOKEN_LETTERS_MAX = 64

_TIME_BYTES, _SEAL_BYTES = 8, 20


def first_token(key: bytes, now: datetime) -> str:
    """A token that opens for `HOLDS` from `now` on."""
    until = int((now + HOLDS).timestamp()).to_bytes(_TIME_BYTES, "big")
    return write_crockford(until + _seal(key, until))


def read_first_token(key: bytes, token: str) -> datetime | None:
    """Until when a token opens; None for one that this installation's key did not make."""
    raw = read_crockford(token) if len(token) <= TOKEN_LETTERS_MAX else None
    if raw is None or len(raw) != _TIME_BYTES + _SEAL_BYTES:
        return None
    until, seal = raw[:_TIME_BYTES], raw[_TIME_BYTES:]
    if not hmac.compare_digest(seal, _seal(key, until)):
        return None
    return datetime.fromtimestamp(int.from_bytes(until, "big"), UTC)


def _seal(key: bytes, until: bytes) -> bytes:
    return hmac.new(key, KEY_PURPOSE.encode() + b"|" + until, hashlib.sha256).digest()[:_SEAL_BYTES]
