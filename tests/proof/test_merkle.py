"""Merkle trees against the published vectors of RFC 6962's reference log, and against its definition."""

import random
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree  # type: ignore[import-untyped]

from guerdon.ledger.merkle import leaf_hash, node_hash, proof_of, root_from, root_of

# The inputs and roots with which the logs of certificate transparency are tested, for one to eight leaves.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]
some_leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=70).map(
    lambda rows: [leaf_hash(b"%d:%s" % (n, row)) for n, row in enumerate(rows)]
)


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


@pytest.mark.parametrize("size", range(1, 9))
def test_a_root_is_the_one_that_others_compute(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("size", [*range(1, 20), 63, 64, 65, 1_000])
def test_another_implementation_says_the_same(size: int) -> None:
    rows = [b"row %d" % number for number in range(size)]
    tree = InmemoryTree(algorithm="sha256")
    for row in rows:
        tree.append_entry(row)
    assert tree.get_root() == root_of([leaf_hash(row) for row in rows])


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root_of([]) == sha256(b"").digest()


@settings(max_examples=60)
@given(some_leaves)
def test_every_leaf_is_proven_and_the_root_is_the_defined_one(leaves: list[bytes]) -> None:
    root = root_of(leaves)
    assert root == defined_root(leaves)
    for place, leaf in enumerate(leaves):
        assert root_from(leaf, place, len(leaves), proof_of(leaves, place)) == root


@settings(max_examples=60)
@given(some_leaves, st.randoms(use_true_random=False))
def test_no_proof_holds_for_another_leaf_place_or_size(leaves: list[bytes], chance: random.Random) -> None:
    place, size, root = chance.randrange(len(leaves)), len(leaves), root_of(leaves)
    proof = proof_of(leaves, place)
    assert root_from(leaf_hash(b"other"), place, size, proof) != root
    assert root_from(leaves[place], place, size, [*proof, proof[0] if proof else root]) is None
    if proof:
        bent = list(proof)
        at = chance.randrange(len(bent))
        bent[at] = bytes([bent[at][0] ^ 1]) + bent[at][1:]
        assert root_from(leaves[place], place, size, bent) != root
        assert root_from(leaves[place], place, size, proof[:-1]) is None
    for wrong in (-1, size, size + 7):
        assert root_from(leaves[place], wrong, size, proof) is None


def test_a_node_is_no_leaf_and_the_last_leaf_is_not_doubled() -> None:
    first, second, third = LEAVES[1:4]
    assert root_of([first, second]) != leaf_hash(first + second)
    assert root_of([first, second, third]) != root_of([first, second, third, third])
