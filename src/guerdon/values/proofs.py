"""A second factor for a claim link: a code of six digits by e-mail, and what a browser keeps that gave it.

The code is a keyed hash of the number that it was sent under, so it is stored nowhere; what the browser keeps
is bound to the reward, and ends.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from guerdon.values.crockford import read_crockford, write_crockford

KEY_PURPOSE = "proof"
CODE_DIGITS = 6
KEPT_FOR = timedelta(days=30)
TEXT_LENGTH = 39

_TIME_BYTES, _SEAL_BYTES = 8, 16


def proof_code(key: bytes, program_id: int, member_id: int, proof_id: int) -> str:
    """The six digits that were sent under a number."""
    said = f"code|{program_id}|{member_id}|{proof_id}"
    number = int.from_bytes(hmac.new(key, said.encode(), hashlib.sha256).digest(), "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def is_code(said: str, code: str) -> bool:
    """Whether what somebody typed is the code; it takes as long for any that are not."""
    typed = "".join(each for each in said[: 2 * CODE_DIGITS] if not each.isspace())
    return hmac.compare_digest(typed.encode(), code.encode())


def write_proven(key: bytes, whose: tuple[int, int, int], until: datetime) -> str:
    """What a browser keeps that gave the code (program, member, reward)."""
    said = int(until.timestamp()).to_bytes(_TIME_BYTES, "big")
    return write_crockford(said + _seal(key, whose, said))


def is_proven(key: bytes, whose: tuple[int, int, int], text: str, now: datetime) -> bool:
    """Whether a browser gave the code of this reward, not too long ago."""
    data = read_crockford(text) if len(text) == TEXT_LENGTH else None
    if data is None:
        return False
    said, seal = data[:_TIME_BYTES], data[_TIME_BYTES:]
    if not hmac.compare_digest(seal, _seal(key, whose, said)):
        return False
    return now < datetime.fromtimestamp(int.from_bytes(said, "big"), UTC)


def _seal(key: bytes, whose: tuple[int, int, int], said: bytes) -> bytes:
    program_id, member_id, reward_id = whose
    context = f"proven|{program_id}|{member_id}|{reward_id}|".encode()
    return hmac.new(key, context + said, hashlib.sha256).digest()[:_SEAL_BYTES]
