"""The other half of `guerdon bench ledger`: reading among ten million transfers, and controlling them all.

The rows are written by SQL (`ledger_large.sql`), for the engine would take long; that they are
what the engine leaves is checked by the very run that is measured: the controls must find nothing.
"""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import LiteralString

from guerdon.cli.installation import Installation
from guerdon.cli.publish import checked_program
from guerdon.engine.publish import publish
from guerdon.queries.controls.run import run_controls
from guerdon.queries.ledger import TransfersAsked, list_transfers, load_balance
from guerdon.queries.statements import load_statement
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.values.clock import utc_now

FOLDER = Path(__file__).parent
MEMBERS = 425_000
REDEEMED_OF_TEN = 3
PART = 500_000
READS = 2_000
PAGE = 50
FIRST_EVENT = 1_000_000


def measure_large(opened: Installation, transfers: int) -> dict[str, object]:
    """Fill, read, control; times in milliseconds and seconds."""
    earned = transfers * 10 // (10 + REDEEMED_OF_TEN)
    started = time.monotonic()
    program_id = _fill(opened, earned)
    filled_s = time.monotonic() - started
    with opened.connect("web") as web:
        reads = _read(web, program_id, min(MEMBERS, earned))
    with opened.connect("worker") as db, transaction(db, program_id) as tx:
        row = tx.execute("select count(*) from transfers where program_id = %s", (program_id,)).fetchone()
        tx.execute("set local statement_timeout = 0")
        tx.execute("set local work_mem = '256MB'")
        started = time.monotonic()
        report = run_controls(tx, utc_now())
        controlled_s = time.monotonic() - started
    assert not report.breached, [(c.key, c.total, c.breaches[:2]) for c in report.breached]
    assert row is not None
    return {
        "transfers": row[0],
        "members": MEMBERS,
        "filled_s": round(filled_s),
        **reads,
        "controls": len(report.controls),
        "control_run_s": round(controlled_s, 1),
    }


def _fill(opened: Installation, earned: int) -> int:
    program = checked_program(FOLDER / "ledger_program.yaml")
    months = -(-earned // MEMBERS)
    # In whole seconds, as the filled receipts tell when a lot ends.
    start = utc_now().replace(microsecond=0) - timedelta(days=32 * months + 40)
    with opened.connect("owner") as db:
        program_id = publish(db, program, "benchmark", start).program_id
    values: dict[str, object] = {
        "program": program_id,
        "members": MEMBERS,
        "start": start,
        "first": FIRST_EVENT,
    }
    with opened.connect("owner") as db:
        db.execute("set role none")
        db.execute("set statement_timeout = 0")
        # Rows that have been there for long: what their first commit demanded of them was asked then.
        db.execute("set session_replication_role = replica")
        db.execute(_part("members"), values)
        for begin in range(0, earned, PART):
            part = {**values, "from": begin, "to": min(begin + PART, earned) - 1}
            db.execute(_part("earned"), part)
            db.execute(_part("redeemed"), part)
        db.execute(_part("sums"), values)
        db.execute("vacuum analyze")
        db.execute("checkpoint")
    return program_id


@cache
def _part(name: str) -> LiteralString:
    text = (FOLDER / "ledger_large.sql").read_text(encoding="utf-8")
    return text.partition(f"-- {name}\n")[2].partition("\n-- ")[0]


def _read(web: Connection, program_id: int, members: int) -> Mapping[str, object]:
    chance = Random(1)  # noqa: S311  a seed, not a secret

    def balance(tx: Transaction) -> None:
        assert load_balance(tx, chance.randint(1, members), "purse", "EUR", utc_now()) is not None

    def statement(tx: Transaction) -> None:
        found = load_statement(tx, chance.randint(1, members), "EUR", PAGE)
        assert found is not None
        assert found.lines

    def page(tx: Transaction) -> None:
        assert list_transfers(tx, TransfersAsked(account="budget:by_market:DE"), PAGE)

    return {
        **_timed("balance", web, program_id, balance),
        **_timed("statement", web, program_id, statement),
        **_timed("ledger_page", web, program_id, page),
    }


def _timed(
    name: str, web: Connection, program_id: int, read: Callable[[Transaction], None]
) -> dict[str, object]:
    """Percentiles of a read in a transaction of its own, as a page has it."""
    taken: list[float] = []
    for _ in range(READS):
        started = time.monotonic()
        with transaction(web, program_id) as tx:
            read(tx)
        taken.append((time.monotonic() - started) * 1000)
    at = quantiles(taken, n=100)
    return {f"{name}_ms": {f"p{p}": round(at[p - 1], 2) for p in (50, 95, 99)}}
