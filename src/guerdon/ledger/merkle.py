"""Merkle trees as in RFC 6962: one root stands for many rows, a few hashes prove that a row is among them.

A leaf is hashed behind a 0x00 and a node behind a 0x01, so nobody can pass a node off as a row. Where a
level has an odd number of nodes, the last one moves up as it is; were it doubled, as Bitcoin does, two
different lists would have one root.
"""

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32
NOTHING = bytes(HASH_BYTES)
_EMPTY = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a row."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two hashes."""
    return sha256(b"\1" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, in their order."""
    if not leaves:
        return _EMPTY
    level = list(leaves)
    while len(level) > 1:
        level = _next_level(level)
    return level[0]


def proof_of(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """What is needed beside a leaf to get to the root: a hash for each level that has one beside it."""
    assert 0 <= place < len(leaves), f"there is no leaf {place}"
    level, proof = list(leaves), []
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):
            proof.append(level[beside])
        level, place = _next_level(level), place // 2
    return proof


def root_from(leaf: bytes, place: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root to which a proof leads from the leaf at a place; None when it is no proof for that place."""
    if not 0 <= place < size:
        return None
    rest = list(reversed(proof))
    found = leaf
    while size > 1:
        if place ^ 1 < size:
            if not rest:
                return None
            beside = rest.pop()
            found = node_hash(beside, found) if place & 1 else node_hash(found, beside)
        place, size = place // 2, (size + 1) // 2
    return None if rest else found


def _next_level(level: Sequence[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    up = [sha256(b"\1" + left + right).digest() for left, right in pairs]
    if len(level) & 1:
        up.append(level[-1])
    return up
