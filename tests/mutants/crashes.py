"""Defects that show when somebody dies in the middle (T-04)."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import psycopg
from tests.mutants.mutant import Mutant, put

from guerdon.engine import process
from guerdon.store import decided

CRASHES = "tests/crashes/test_crash_points.py"
DECIDING, ANNOUNCING = (
    f"{CRASHES}::test_killed_anywhere_it_comes_to_the_same_in_the_end[{scene}]"
    for scene in ("deciding", "announcing")
)
# More points than the gate draws, for one mutant has few that show it.
TRIED, KILLS = 60, 1


def dying_often(plant: Callable[[], None]) -> Callable[[], None]:
    def planted() -> None:
        import_module("tests.crashes.test_crash_points")
        put("tests.crashes.test_crash_points:TRIED", TRIED)
        put("tests.crashes.test_crash_points:KILLS", KILLS)
        plant()

    return planted


def beside(tx: Any) -> psycopg.Connection[Any]:
    """Another connection of the same role, which commits by itself."""
    info = tx.info
    given = {**info.get_parameters(), "password": info.password}
    return psycopg.connect(**given, autocommit=True)


def inbox_in_a_transaction_of_its_own() -> None:
    def clear(tx: Any, ids: Sequence[int]) -> None:
        with beside(tx) as other:
            other.execute("delete from inbox where id = any(%s)", (list(ids),))

    put("guerdon.store.inbox:clear_inbox", clear)


def outbox_after_the_commit() -> None:
    record, decide = decided.record_lines, process._process_or_halve  # noqa: SLF001  the place of the defect
    late: list[str] = []

    def record_but_the_outbox(tx: Any, given: Mapping[str, Sequence[str]]) -> None:
        late.extend(given.get("outbox", ()))
        record(tx, {name: lines for name, lines in given.items() if name != "outbox"})

    def decide_and_then(db: Any, *args: Any) -> None:
        decide(db, *args)
        lines, late[:] = list(late), []
        if lines:
            with db.transaction():
                record(db, {"outbox": lines})

    put("guerdon.store.decided:record_lines", record_but_the_outbox)
    put("guerdon.engine.process:_process_or_halve", decide_and_then)


MUTANTS = (
    Mutant(
        "I-05",
        "inbox and effect in two transactions",
        (DECIDING,),
        patch=dying_often(inbox_in_a_transaction_of_its_own),
        of="T-04",
    ),
    Mutant(
        "I-16",
        "outbox row after commit",
        (ANNOUNCING,),
        patch=dying_often(outbox_after_the_commit),
        of="T-04",
    ),
)
