"""Defects that lose or double what was acknowledged."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from tests.mutants.mutant import Mutant, put

from guerdon.store import database
from guerdon.store.database import Transaction
from guerdon.store.intake import IntakeRow, record_intake


def acknowledge_before_the_disk() -> None:
    """Sessions whose commits are acknowledged before they are on disk, and nobody who asserts it."""
    put("guerdon.store.database:assert_durable", lambda _: None)
    database.role_conninfo.__defaults__ = (f"{database.OPTIONS} -c synchronous_commit=off",)


def a_new_key_each_time() -> None:
    """An event that is tried again has another key."""

    def doubled(
        tx: Transaction,
        program_id: int,
        deliveries: Sequence[tuple[str, bytes]],
        rows: Sequence[IntakeRow],
        at: datetime,
    ) -> list[str]:
        return record_intake(tx, program_id, deliveries, [replace(row, key=uuid4().hex) for row in rows], at)

    put("guerdon.engine.intake:record_intake", doubled)


MUTANTS = (
    Mutant(
        "I-08",
        "commits are acknowledged before they are on disk",
        ("tests/durability/test_server_kill.py",),
        patch=acknowledge_before_the_disk,
        full=True,
    ),
    Mutant(
        "I-05",
        "no idempotency key",
        ("tests/durability/test_unknown_outcome.py",),
        patch=a_new_key_each_time,
    ),
)
