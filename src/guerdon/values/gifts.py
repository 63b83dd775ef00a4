"""Gift links: the text in `/r/{token}` that gives one reward to whoever takes it first.

Half of a token is chance, the other half a keyed hash over it: what nobody made is told at once, without
looking anything up, and the link is nowhere but in the hands of who was given it.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from guerdon.values.claims import TOKEN_LENGTH
from guerdon.values.crockford import read_crockford, write_crockford

KEY_PURPOSE = "gift"
CHANCE_BYTES = 16

RECEIVED_LENGTH = 77

_SEAL_BYTES = 16
_ID_BYTES = 8
_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def gift_token(key: bytes, program_id: int, chance: bytes) -> str:
    """Make the token of a gift link from so many random bytes."""
    assert len(chance) == CHANCE_BYTES, "no fewer, and no more"
    return write_crockford(chance + _seal(key, program_id, chance))


def read_gift(key: bytes, program_id: int, token: str) -> bytes | None:
    """Read a token as what is kept of it, a hash; None when this program's key did not make it."""
    said = read_crockford(token) if len(token) == TOKEN_LENGTH else None
    if said is None:
        return None
    chance, seal = said[:CHANCE_BYTES], said[CHANCE_BYTES:]
    if not hmac.compare_digest(seal, _seal(key, program_id, chance)):
        return None
    return mark_of(key, program_id, "link", said)


def mark_of(key: bytes, program_id: int, what: str, said: bytes) -> bytes:
    """What is kept of a secret: a keyed hash that opens nothing."""
    return hmac.new(key, b"%s|%d|%s" % (what.encode(), program_id, said), hashlib.sha256).digest()


def _seal(key: bytes, program_id: int, chance: bytes) -> bytes:
    return mark_of(key, program_id, "gift", chance)[:_SEAL_BYTES]


@dataclass(frozen=True, slots=True)
class Received:
    """What a browser that took a gift keeps: which gift of whose reward it has, and since when."""

    member_id: int
    reward_id: int
    gift_id: int
    taken_at: datetime


def write_received(key: bytes, token_hash: bytes, received: Received) -> str:
    """Write it so that it opens the pages of this one link."""
    micros = (received.taken_at - _BEGIN) // timedelta(microseconds=1)
    numbers = (received.member_id, received.reward_id, received.gift_id, micros)
    said = b"".join(number.to_bytes(_ID_BYTES, "big") for number in numbers)
    return write_crockford(said + _receipt_seal(key, token_hash, said))


def read_received(key: bytes, token_hash: bytes, text: str) -> Received | None:
    """Read it back; None when we did not write it for this link."""
    said = read_crockford(text) if len(text) == RECEIVED_LENGTH else None
    if said is None:
        return None
    numbers, seal = said[:-_SEAL_BYTES], said[-_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _receipt_seal(key, token_hash, numbers)):
        return None
    member, reward, gift, micros = (
        int.from_bytes(numbers[at : at + _ID_BYTES], "big") for at in range(0, len(numbers), _ID_BYTES)
    )
    return Received(member, reward, gift, _BEGIN + timedelta(microseconds=micros))


def _receipt_seal(key: bytes, token_hash: bytes, said: bytes) -> bytes:
    return hmac.new(key, b"received|" + token_hash + said, hashlib.sha256).digest()[:_SEAL_BYTES]
