"""Voucher codes of our own making: 80 random bits in 16 characters, and one that checks the other sixteen.

The check character finds every mistyped character and every two that changed places, so a typing slip is told
from a code that does not exist. A demo asks for codes by a seed, so that the same demo shows the same codes.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import Literal

from guerdon.ledger.effects import Refuse
from guerdon.program.model import Program
from guerdon.store import codes
from guerdon.store.audit import record_audit
from guerdon.store.codes import Code, SealedCode, lock_bringing, record_codes, record_ends, seal_code
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault
from guerdon.values.crockford import ALPHABET, write_crockford

CODE_BYTES = 10
GROUP_LENGTH = 4
BATCH = 5_000
# So many known codes have their ends changed in one commit: until then nobody is handed one of them.
ENDS_BATCH = 500
IMPORTED = "codes.imported"
# A code is new, known and good until another moment than before, or known and left as it is.
Became = Literal["new", "ends", "known"]
Opens = Callable[[], AbstractContextManager[Transaction]]

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
    told: list[bool] = []
    for sealed, added, _ in _added(tx, vault, program_id, given):
        for code in sealed:
            # The second of two alike finds its index gone.
            told.append(code.index in added)
            added.discard(code.index)
    return told


@dataclass(frozen=True, slots=True)
class Bringing:
    """Into which program's pool codes are brought, by whom, and when."""

    program_id: int
    by: str
    at: datetime


def bring_codes(opens: Opens, vault: Vault, bringing: Bringing, given: Iterable[Code]) -> list[Became]:
    """Put codes into the pool, with word to the audit; tells for each, in order, what became of it.

    All that are new are there in one commit. After it, known ones that nobody has yet are good until when it
    is said now, some hundreds a commit, so that no member waits for a file; nothing else of them changes. One
    that somebody holds at that moment, and once more at the end, is left as it is, and known. Of two that are
    alike the first one counts.
    """
    order: list[bytes] = []
    new: set[bytes] = set()
    ending: list[SealedCode] = []
    with opens() as tx:
        lock_bringing(tx, bringing.program_id)
        for sealed, added, firsts in _added(tx, vault, bringing.program_id, given):
            order += [code.index for code in sealed]
            new |= added
            ending += [code for code in firsts if code.expires_at is not None and code.index not in added]
        _audit(tx, bringing, new=len(new))
    changed, held = _change_ends(opens, bringing, ending)
    changed |= _change_ends(opens, bringing, [code for code in ending if code.index in held])[0]
    became: list[Became] = []
    for index in order:
        became.append("new" if index in new else "ends" if index in changed else "known")
        new.discard(index)
        changed.discard(index)
    return became


def _added(
    tx: Transaction, vault: Vault, program_id: int, given: Iterable[Code]
) -> Iterator[tuple[list[SealedCode], set[bytes], list[SealedCode]]]:
    """Add codes batch by batch: all of it, the indexes of new ones, and those that no earlier one is like."""
    seen: set[bytes] = set()
    waiting = iter(given)
    while batch := list(islice(waiting, BATCH)):
        sealed = [seal_code(vault, program_id, code) for code in batch]
        firsts = _unseen(sealed, seen)
        yield sealed, record_codes(tx, program_id, firsts), firsts


def _change_ends(
    opens: Opens, bringing: Bringing, ending: Sequence[SealedCode]
) -> tuple[set[bytes], set[bytes]]:
    """Say anew until when codes are good: which changed by it, and which somebody else held."""
    changed: set[bytes] = set()
    held: set[bytes] = set()
    for first in range(0, len(ending), ENDS_BATCH):
        with opens() as tx:
            some, others = record_ends(tx, bringing.program_id, ending[first : first + ENDS_BATCH])
            _audit(tx, bringing, ends=len(some))
        changed |= some
        held |= others
    return changed, held


def _audit(tx: Transaction, bringing: Bringing, new: int = 0, ends: int = 0) -> None:
    if new or ends:
        record_audit(tx, bringing.program_id, bringing.by, IMPORTED, "codes", bringing.at, new=new, ends=ends)


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
