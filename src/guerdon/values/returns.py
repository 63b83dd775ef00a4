"""Addresses to which a mail comes back: `bounces+{token}@domain`, and `unsubscribe+{token}@domain`.

A token is whom a mail was written to, which mail it was, on which day, and a few letters of the mark of its
address, so that what comes back late stops no other address of theirs; over all of it a keyed hash. It ends
by itself. Mail servers may write an address in lower case, and take no more than 64 letters before the sign.
"""

import hashlib
import hmac
import re
from datetime import date, timedelta
from typing import Literal, NamedTuple, get_args

from guerdon.values.crockford import read_crockford, write_crockford
from guerdon.values.ids import ID_MAX

KEY_PURPOSE = "mail returns"
ReturnPurpose = Literal["bounces", "unsubscribe"]
RETURN_PURPOSES: tuple[ReturnPurpose, ...] = get_args(ReturnPurpose)
TOKEN_LENGTH = 50
MARK_BYTES = 3
# A mail that cannot be delivered is back within a week, and a complaint within a month or two. Who wants no
# more mails may say so long after the last one.
OPEN_DAYS: dict[ReturnPurpose, int] = {"bounces": 90, "unsubscribe": 400}

_ID_BYTES, _DAY_BYTES, _SEAL_BYTES = 8, 2, 10
_FIRST_DAY = date(2020, 1, 1)
_LAST_DAYS = 2**16 - 1
_ADDRESS = re.compile(
    rf"(bounces|unsubscribe)\+([0-9a-z]{{{TOKEN_LENGTH}}})@([a-z0-9.-]{{1,253}})", re.IGNORECASE
)


class Returning(NamedTuple):
    """What a token stands for; `mark` is the beginning of that of the address, `MARK_BYTES` long."""

    member_id: int
    message_id: int
    written_on: date
    mark: bytes


class Written(NamedTuple):
    """An address that looks like one of these: which, its token, its domain in lower case."""

    purpose: ReturnPurpose
    token: str
    domain: str


def return_address(
    key: bytes, purpose: ReturnPurpose, program_id: int, returning: Returning, domain: str
) -> str:
    """Give the address of a mail; raises ValueError for a day that no token can hold."""
    said = _said(returning)
    return f"{purpose}+{write_crockford(said + _seal(key, purpose, program_id, said)).lower()}@{domain}"


def find_addresses(text: str, most: int = 10) -> list[Written]:
    """Addresses that look like these in a text, the first of them; whether they are ours is not asked."""
    found: list[Written] = []
    for each in _ADDRESS.finditer(text):
        purpose: ReturnPurpose = "bounces" if each[1].lower() == "bounces" else "unsubscribe"
        found.append(Written(purpose, each[2], each[3].lower()))
        if len(found) == most:
            break
    return found


def read_address(address: str) -> Written | None:
    """Read the whole of an address; None when it looks otherwise."""
    found = _ADDRESS.fullmatch(address)
    return find_addresses(address)[0] if found else None


def read_returning(
    key: bytes, purpose: ReturnPurpose, program_id: int, token: str, today: date
) -> Returning | None:
    """Read a token; None when this program's key did not make it for this, or its time is over."""
    raw = read_crockford(token) if len(token) == TOKEN_LENGTH else None
    if raw is None:
        return None
    said, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(key, purpose, program_id, said)):
        return None
    ids, rest = said[: 2 * _ID_BYTES], said[2 * _ID_BYTES :]
    written_on = _FIRST_DAY + timedelta(days=int.from_bytes(rest[:_DAY_BYTES], "big"))
    returning = Returning(
        int.from_bytes(ids[:_ID_BYTES], "big"),
        int.from_bytes(ids[_ID_BYTES:], "big"),
        written_on,
        rest[_DAY_BYTES:],
    )
    # Of two machines one may be a day ahead.
    age = (today - written_on).days
    in_time = -1 <= age <= OPEN_DAYS[purpose]
    return returning if in_time and max(returning[:2]) <= ID_MAX else None


def _said(returning: Returning) -> bytes:
    days = (returning.written_on - _FIRST_DAY).days
    if not 0 <= days <= _LAST_DAYS or len(returning.mark) != MARK_BYTES:
        raise ValueError("no token can hold that")
    ids = returning.member_id.to_bytes(_ID_BYTES, "big") + returning.message_id.to_bytes(_ID_BYTES, "big")
    return ids + days.to_bytes(_DAY_BYTES, "big") + returning.mark


def _seal(key: bytes, purpose: ReturnPurpose, program_id: int, said: bytes) -> bytes:
    # Eighty bits: whoever guesses has one try a mail, and a right guess withdraws one topic of one member.
    text = f"{purpose}|{program_id}|".encode() + said
    return hmac.new(key, text, hashlib.sha256).digest()[:_SEAL_BYTES]
