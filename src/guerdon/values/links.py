"""Links to what a member chose: preferences, a topic to unsubscribe from, a consent to confirm, the inbox.

A token is whom it is about, a generation, what it is about, and a keyed hash over all of it and its purpose,
so none opens what another does. Counting up a member's generation makes all of them void. Whoever holds a
link of preferences may change what the member is told, and sees nothing else of them.
"""

import hashlib
import hmac
from typing import Literal, NamedTuple, get_args

from guerdon.values.crockford import read_crockford, write_crockford
from guerdon.values.ids import ID_MAX

KEY_PURPOSE = "member links"
LinkPurpose = Literal["preferences", "unsubscribe", "confirm", "inbox"]
LINK_PURPOSES: tuple[LinkPurpose, ...] = get_args(LinkPurpose)
# Where each is opened, behind the address of the installation.
PATHS: dict[LinkPurpose, str] = {"preferences": "/p/", "unsubscribe": "/u/", "confirm": "/c/", "inbox": "/n/"}
ABOUT_MAX = 120
GENERATION_MAX = 2**31 - 1

_ID_BYTES, _GENERATION_BYTES, _SEAL_BYTES = 8, 4, 16
_LENGTH_MAX = 240


class MemberLink(NamedTuple):
    """What a token stands for; `about` is `topic|channel` of one to unsubscribe or confirm by, else empty."""

    member_id: int
    generation: int
    about: str


def member_token(
    key: bytes, purpose: LinkPurpose, program_id: int, member_id: int, generation: int, about: str = ""
) -> str:
    """Give the token of a member's link; raises ValueError for an `about` that is too long."""
    if len(about.encode()) > ABOUT_MAX:
        raise ValueError("what a link is about is too long for it")
    said = _written(MemberLink(member_id, generation, about))
    return write_crockford(said + _seal(key, purpose, program_id, said))


def read_member_token(key: bytes, purpose: LinkPurpose, program_id: int, token: str) -> MemberLink | None:
    """Read a token; None when this program's key did not make it for this purpose."""
    raw = read_crockford(token) if len(token) <= _LENGTH_MAX else None
    if raw is None or len(raw) < _ID_BYTES + _GENERATION_BYTES + _SEAL_BYTES:
        return None
    said, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(key, purpose, program_id, said)):
        return None
    member_id = int.from_bytes(said[:_ID_BYTES], "big")
    generation = int.from_bytes(said[_ID_BYTES : _ID_BYTES + _GENERATION_BYTES], "big")
    return (
        MemberLink(member_id, generation, said[_ID_BYTES + _GENERATION_BYTES :].decode())
        if (member_id <= ID_MAX)
        else None
    )


def _written(link: MemberLink) -> bytes:
    ids = link.member_id.to_bytes(_ID_BYTES, "big") + link.generation.to_bytes(_GENERATION_BYTES, "big")
    return ids + link.about.encode()


def _seal(key: bytes, purpose: LinkPurpose, program_id: int, said: bytes) -> bytes:
    text = f"{purpose}|{program_id}|".encode() + said
    return hmac.new(key, text, hashlib.sha256).digest()[:_SEAL_BYTES]
