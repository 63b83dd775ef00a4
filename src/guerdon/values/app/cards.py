"""The code that a member shows: six digits of a window of 30 seconds, by a seed that their phone keeps.

Like TOTP (RFC 6238), by HMAC-SHA-256. Each phone has a seed of its own, made of its session, so a phone that
is signed out shows nothing that counts; the seed itself stands in no table.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from guerdon.values.ids import read, show

KEY_PURPOSE = "card"
WINDOW_S = 30
DIGITS = 6
# One window before and one after: phones are a little early or late.
SKEW = 1

_WINDOW_BYTES, _TAKEN_BYTES = 8, 6
_HEAD = "GDN"
_PROGRAM_DIGITS_MAX = 9


@dataclass(frozen=True, slots=True)
class CardText:
    """What the QR symbol says: whose code, and its digits."""

    program_id: int
    member_id: int
    digits: str


def card_seed(key: bytes, session_hash: bytes) -> bytes:
    """The seed of the phone that has this session: 32 bytes."""
    return hmac.new(key, b"seed|" + session_hash, hashlib.sha256).digest()


def window_at(now: datetime) -> int:
    """The number of the window that an instant is in."""
    return int(now.timestamp()) // WINDOW_S


def card_digits(seed: bytes, window_no: int) -> str:
    """The digits of a window; whoever has the seed works them out without asking."""
    digest = hmac.new(seed, window_no.to_bytes(_WINDOW_BYTES, "big"), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:_TAKEN_BYTES], 'big') % 10**DIGITS:0{DIGITS}}"


def write_card(card: CardText) -> str:
    """The text of the QR symbol, in letters that take the least room there."""
    member = show("mem", card.member_id).partition("_")[2]
    return f"{_HEAD}:{card.program_id}:{member}:{card.digits}"


def read_card(text: str) -> CardText | None:
    """Read what a scanner read; None for any other symbol."""
    head, _, rest = text.strip().partition(":")
    program, _, rest = rest.partition(":")
    member, _, digits = rest.partition(":")
    number = read("mem", f"mem_{member}")
    if head != _HEAD or number is None or not _is_number(program, _PROGRAM_DIGITS_MAX):
        return None
    if len(digits) != DIGITS or not _is_number(digits, DIGITS):
        return None
    return CardText(int(program), number, digits)


def _is_number(text: str, digits_max: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= digits_max
