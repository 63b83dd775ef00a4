"""Messages that go elsewhere than to their member's address: a code to a new one, and word to the old one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from guerdon.store.database import Transaction
from guerdon.store.messages.outbox import Due
from guerdon.store.persons import Person
from guerdon.store.sealing import Vault
from guerdon.store.sessions.own_words import Reached, load_diverted

CODE, CHANGED = "contact:code", "contact:changed"
DIVERTED = frozenset({CODE, CHANGED})
Diverted = Mapping[tuple[int, int], tuple[Reached, str]]


def find_diverted(tx: Transaction, vault: Vault, program_id: int, due: Sequence[Due]) -> Diverted:
    """Where rows go that go elsewhere, by row."""
    asked = [row.whose for row in due if row.message in DIVERTED]
    return load_diverted(tx, vault, program_id, asked) if asked else {}


def recipient_of(person: Person, to: tuple[Reached, str] | None) -> Person:
    """Who is written to: a person as we know them, or reached elsewhere."""
    if to is None:
        return person
    field, address = to
    return replace(person, email=address) if field == "email" else replace(person, phone=address)
