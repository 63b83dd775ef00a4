"""Voucher codes of our own making: 80 random bits in 16 characters, and one that checks the other sixteen.

The check character finds every mistyped character and every two that changed places, so a typing slip is told
from a code that does not exist. A demo asks for codes by a seed, so that the same demo shows the same codes.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Literal

from guerdon.ledger.effects import Refuse
from guerdon.program.model import Program
from guerdon.store import codes
from guerdon.store.codes import Code, SealedCode, record_codes, record_ends, seal_code
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault
from guerdon.values.crockford import ALPHABET, write_crockford

CODE_BYTES = 10
GROUP_LENGTH = 4
BATCH = 5_000
# A code is new, known and good until another moment than before, or known and left as it is.
Became = Literal["new", "ends", "known"]

# Powers of a generator of the field of 32 elements: no two places of a code weigh the same.
_FIELD_POLYNOMIAL = 0b100101


def generate_codes(program: Program, per_item_and_value: int, seed: str | None = None) -> Iterator[Code]:
    """Make so many codes for every item and value; by chance, or always the same ones for a seed."""
    for item in program.items.values():
        for value in item.values:
            for number in range(per_item_and_value):
                place = f"{program.key}|{item.key}|{value.amount_minor}|{value.unit}|{number}"
                yield Code(item.key, value, written(_random(seed, place)))


def add_codes(tx: Transaction, vault: Vault, program_id: int, given: Iterable[Code]) -> list[bool]:
    """Put codes into the pool; tells for each, in order, whether it is new."""
    return [each == "new" for each in bring_codes(tx, vault, program_id, given)]


def bring_codes(tx: Transaction, vault: Vault, program_id: int, given: Iterable[Code]) -> list[Became]:
    """Put codes into the pool; tells for each, in order, what became of it.

    A known one that nobody has yet is good until when it is said now; nothing else of it changes. Of two that
    are alike the first one counts.
    """
    became: list[Became] = []
    seen: set[bytes] = set()
    waiting = iter(given)
    while batch := list(islice(waiting, BATCH)):
        sealed = [seal_code(vault, program_id, code) for code in batch]
        firsts = _unseen(sealed, seen)
        added = record_codes(tx, program_id, firsts)
        ending = [each for each in firsts if each.expires_at is not None and each.index not in added]
        changed = record_ends(tx, program_id, ending) if ending else set()
        for code in sealed:
            # The second of two alike finds its index gone from the sets.
            became.append("new" if code.index in added else "ends" if code.index in changed else "known")
            added.discard(code.index)
            changed.discard(code.index)
    return became


def _unseen(sealed: Sequence[SealedCode], seen: set[bytes]) -> list[SealedCode]:
    firsts: list[SealedCode] = []
    for code in sealed:
        if code.index not in seen:
            seen.add(code.index)
            firsts.append(code)
    return firsts


def use_code(tx: Transaction, vault: Vault, program_id: int, text: str) -> int | Refuse:
    """Note that a code was used where it is worth something: its order, or that it is worth nothing.

    One that was used, is void or lies in the pool is as unknown as one that never was, by the same work:
    guessing tells nothing. What became of an order's code stands where staff look at the order.
    """
    order = codes.use_code(tx, program_id, codes.code_index(vault, program_id, text))
    return Refuse("", "code:unknown") if order is None else order


def written(random: bytes) -> str:
    """Write 80 bits as people read them: `7K3D-0XQ2-M5TN-8WYA-4`."""
    plain = write_crockford(random)
    groups = [plain[at : at + GROUP_LENGTH] for at in range(0, len(plain), GROUP_LENGTH)]
    return "-".join([*groups, check_character(plain)])


def check_character(plain: str) -> str:
    """The character that follows from the others."""
    total = 0
    for letter in plain:
        total = _doubled(total ^ ALPHABET.index(letter))
    return ALPHABET[total]


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _FIELD_POLYNOMIAL if value & 32 else value


def _random(seed: str | None, place: str) -> bytes:
    if seed is None:
        return secrets.token_bytes(CODE_BYTES)
    return blake2b(place.encode(), digest_size=CODE_BYTES, key=blake2b(seed.encode()).digest()).digest()
