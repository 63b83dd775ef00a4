"""Claim links: the text in `/r/{token}` that opens one reward of one member, without a log-in.

A token is the ids it stands for and a keyed hash over them, so nothing is stored per link. Whoever holds the
link may choose; nobody can make one for another reward. Where the program says how long a link opens by
itself, the day on which it was sent stands in it, under the same hash; without a day it is the same in every
message.
"""

import hashlib
import hmac
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from guerdon.values.crockford import read_crockford, write_crockford
from guerdon.values.ids import ID_MAX

KEY_PURPOSE = "claim"
TOKEN_LENGTH, DATED_LENGTH = 52, 55

_ID_BYTES = 8
_DAY_BYTES = 2
_SEAL_BYTES = 16
_FIRST_DAY = date(2020, 1, 1)


class Claimed(NamedTuple):
    """What a token stands for; `issued_on` is the day (UTC) on which it was sent, None where it has none."""

    member_id: int
    reward_id: int
    issued_on: date | None


def claim_token(
    key: bytes, program_id: int, member_id: int, reward_id: int, issued_on: date | None = None
) -> str:
    """Give the token of a reward's claim link; with `issued_on` one that tells when it was sent."""
    ids = reward_id.to_bytes(_ID_BYTES, "big") + member_id.to_bytes(_ID_BYTES, "big")
    day = b"" if issued_on is None else (issued_on - _FIRST_DAY).days.to_bytes(_DAY_BYTES, "big")
    return write_crockford(ids + day + _seal(key, program_id, Claimed(member_id, reward_id, issued_on)))


def read_claim(key: bytes, program_id: int, token: str) -> Claimed | None:
    """Read a token; None when this program's key did not make it."""
    said = read_crockford(token) if len(token) in {TOKEN_LENGTH, DATED_LENGTH} else None
    if said is None:
        return None
    ids, day, seal = said[: 2 * _ID_BYTES], said[2 * _ID_BYTES : -_SEAL_BYTES], said[-_SEAL_BYTES:]
    reward_id, member_id = (int.from_bytes(each, "big") for each in (ids[:_ID_BYTES], ids[_ID_BYTES:]))
    issued_on = _FIRST_DAY + timedelta(days=int.from_bytes(day, "big")) if day else None
    claimed = Claimed(member_id, reward_id, issued_on)
    if not hmac.compare_digest(seal, _seal(key, program_id, claimed)):
        return None
    return claimed if max(member_id, reward_id) <= ID_MAX else None


def has_ended(issued_on: date | None, open_days: int | None, now: datetime) -> bool:
    """Whether a link that opens by itself for so many days does so no more; one without a day always does."""
    if issued_on is None or open_days is None:
        return False
    return now.astimezone(UTC).date() > issued_on + timedelta(days=open_days)


def _seal(key: bytes, program_id: int, claimed: Claimed) -> bytes:
    said = f"claim|{program_id}|{claimed.member_id}|{claimed.reward_id}"
    if claimed.issued_on is not None:
        said += f"|{claimed.issued_on.isoformat()}"
    return hmac.new(key, said.encode(), hashlib.sha256).digest()[:_SEAL_BYTES]
