"""Defects that lose or double what was acknowledged."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from threading import Thread
from typing import Any
from uuid import uuid4

import psycopg
from msgspec.structs import replace
from tests.mutants.mutant import Mutant, put

from guerdon.engine.intake import Kept
from guerdon.store import database
from guerdon.store.database import Connection, Transaction
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


def acknowledge_before_the_commit() -> None:
    """The answer is given while the commit is still on its way; one request at a time of each sender."""
    door = import_module("tests.durability.door")
    keep: Callable[..., list[Kept]] = door.keep_deliveries
    under_way: dict[int, Thread] = {}

    def keep_unheard(*args: Any) -> None:
        with suppress(psycopg.Error):
            keep(*args)

    def answer_and_keep(db: Connection, *args: Any) -> list[Kept]:
        if id(db) in under_way:
            under_way.pop(id(db)).join()
        if db.closed or db.broken:
            raise psycopg.OperationalError("the connection is lost")
        thread = under_way[id(db)] = Thread(target=keep_unheard, args=(db, *args))
        thread.start()
        return [Kept(1, 0, 0)]

    put("tests.durability.door:keep_deliveries", answer_and_keep)


def acknowledge_on_a_full_disk() -> None:
    door = import_module("tests.durability.door")
    keep: Callable[..., list[Kept]] = door.keep_deliveries

    def keep_or_say_so(*args: Any) -> list[Kept]:
        try:
            return keep(*args)
        except psycopg.errors.DiskFull:
            return [Kept(1, 0, 0)]

    put("tests.durability.door:keep_deliveries", keep_or_say_so)


KILL, CUT, FULL_DISK = (
    f"tests/durability/test_{name}.py" for name in ("server_kill", "unknown_outcome", "disk_full")
)
DATA = f"{FULL_DISK}::test_a_full_disk_of_data_is_an_error_and_the_server_stays[0]"

MUTANTS = (
    Mutant(
        "I-08",
        "`synchronous_commit=off`",
        (KILL,),
        patch=acknowledge_before_the_disk,
        full=True,
        of="T-05 ●",
    ),
    Mutant(
        "I-08",
        "acknowledge before commit",
        (KILL,),
        patch=acknowledge_before_the_commit,
        full=True,
        of="T-04",
    ),
    Mutant("I-08", "acknowledge on 53100", (DATA,), patch=acknowledge_on_a_full_disk, full=True, of="T-07"),
    Mutant("I-05", "no idempotency key", (CUT,), patch=a_new_key_each_time, of="T-06 ●"),
)
