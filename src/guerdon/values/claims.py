"""Claim links: the text in `/r/{token}` that opens one reward of one member, without a log-in.

A token is the ids it stands for and a keyed hash over them, so nothing is stored per link and the same reward
has the same link in every message. Whoever holds the link may choose; nobody can make one for another reward.
"""

import hashlib
import hmac

from guerdon.values.crockford import read_crockford, write_crockford
from guerdon.values.ids import ID_MAX

KEY_PURPOSE = "claim"
TOKEN_LENGTH = 52

_ID_BYTES = 8
_SEAL_BYTES = 16


def claim_token(key: bytes, program_id: int, member_id: int, reward_id: int) -> str:
    """Give the token of a reward's claim link."""
    ids = reward_id.to_bytes(_ID_BYTES, "big") + member_id.to_bytes(_ID_BYTES, "big")
    return write_crockford(ids + _seal(key, program_id, member_id, reward_id))


def read_claim(key: bytes, program_id: int, token: str) -> tuple[int, int] | None:
    """Read a token as (member, reward); None when this program's key did not make it."""
    data = read_crockford(token) if len(token) == TOKEN_LENGTH else None
    if data is None:
        return None
    reward_id = int.from_bytes(data[:_ID_BYTES], "big")
    member_id = int.from_bytes(data[_ID_BYTES : 2 * _ID_BYTES], "big")
    seal = data[2 * _ID_BYTES :]
    if not hmac.compare_digest(seal, _seal(key, program_id, member_id, reward_id)):
        return None
    return (member_id, reward_id) if max(member_id, reward_id) <= ID_MAX else None


def _seal(key: bytes, program_id: int, member_id: int, reward_id: int) -> bytes:
    said = f"claim|{program_id}|{member_id}|{reward_id}"
    return hmac.new(key, said.encode(), hashlib.sha256).digest()[:_SEAL_BYTES]
