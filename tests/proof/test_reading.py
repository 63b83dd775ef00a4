"""T-03: the reader of what is new reads all of it, however many write; by another cursor rows are missed."""

import random
import threading
import time
from collections.abc import Callable
from typing import LiteralString

import psycopg
import pytest
from psycopg.rows import tuple_row
from tests.evidence import Figures, scaled
from tests.proof.paper import NOW, Paper

from guerdon.ledger.trail import AuditRow, Seal, next_seal
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction, transaction
from guerdon.store.proof.seals import load_unsealed

WRITERS = 12
PAUSE_S = 0.01
READ_S = 0.002
ROUNDS_MIN, ROUNDS_MAX = scaled(1, 3), 6
SECONDS = scaled(2, 6)
Place = tuple[int, int]

# What every reader of new rows begins with, and what one thinks of next.
WRONG: dict[str, LiteralString] = {
    "the id": "select 0, id from audit where id > %(id)s order by id",
    "the id, below the horizon": """
        select 0, id from audit
        where id > %(id)s and tx < pg_snapshot_xmin(pg_current_snapshot()) order by id
    """,
    "transaction and id, without the horizon": """
        select tx::text::bigint, id from audit
        where (tx, id) > (%(tx)s::text::xid8, %(id)s) order by audit.tx, audit.id
    """,
}
Reads = Callable[[Transaction, Place], list[Place]]


def as_the_sealer(program_id: int) -> Reads:
    """Our own reader: the one that seals."""

    def read(tx: Transaction, last: Place) -> list[Place]:
        row = AuditRow(program_id, last[1], 1, last[0], "", None, "", "", "", None, None, None, None, "")
        seal: Seal | None = next_seal(None, [row], "") if last != (0, 0) else None
        return [(each.tx, each.id) for each in load_unsealed(tx, program_id, seal, 500)]

    return read


def by(cursor: LiteralString) -> Reads:
    def read(tx: Transaction, last: Place) -> list[Place]:
        rows = tx.execute(cursor, {"tx": str(last[0]), "id": last[1]}).fetchall()
        return [(row[0], row[1]) for row in rows]

    return read


def read_all(paper: Paper, read: Reads, written: threading.Event, seen: list[int]) -> None:
    last = (0, 0)
    with paper.working() as db:
        while True:
            through = written.is_set()
            new = read(db, last)
            seen += [number for _, number in new]
            last = new[-1] if new else last
            # What was open when the writers ended is read by the reader's own cursor: the tail is no loss.
            if through and not new:
                return
            time.sleep(READ_S)


def write(paper: Paper, seed: int, until: float) -> None:
    chance = random.Random(seed)  # noqa: S311  a workload to play again, no secret
    with paper.working() as db:
        while time.monotonic() < until:
            with transaction(db, paper.program_id) as tx:
                # Every change writes something before it comes to its audit row, and so has its number early.
                tx.execute("update workers set seen_at = now() where worker = gen_random_uuid()")
                tx.execute("insert into workers values (gen_random_uuid(), now())")
                time.sleep(chance.random() * PAUSE_S)
                record_audit(tx, paper.program_id, "per_1", "key.added", "k", NOW)
                time.sleep(chance.random() * PAUSE_S / 4)


def raced(paper: Paper, readers: dict[str, Reads], seconds: float, seed: int) -> tuple[int, dict[str, int]]:
    """Let all write and read at once; how many rows there are, and how many each missed or read twice."""
    written = threading.Event()
    seen: dict[str, list[int]] = {name: [] for name in readers}
    reading = [
        threading.Thread(target=read_all, args=(paper, read, written, seen[name]))
        for name, read in readers.items()
    ]
    until = time.monotonic() + seconds
    writing = [threading.Thread(target=write, args=(paper, seed + n, until)) for n in range(WRITERS)]
    for thread in [*reading, *writing]:
        thread.start()
    for thread in writing:
        thread.join()
    written.set()
    for thread in reading:
        thread.join()
    with psycopg.connect(paper.url, options="-c search_path=guerdon", row_factory=tuple_row) as db:
        there = {row[0] for row in db.execute("select id from audit").fetchall()}
    lost = {name: len(there - set(got)) + len(got) - len(set(got)) for name, got in seen.items()}
    return len(there), lost


@pytest.mark.full(minutes=1, gate=True)
def test_the_sealers_cursor_misses_nothing_and_each_other_one_misses_rows(
    paper: Paper, figures: Figures
) -> None:
    readers = {
        "ours": as_the_sealer(paper.program_id),
        **{name: by(cursor) for name, cursor in WRONG.items()},
    }
    missed = dict.fromkeys(readers, 0)
    # A race replays its workload, not its interleaving: it is run until each wrong cursor was seen wrong.
    for attempt in range(ROUNDS_MAX):
        rows, lost = raced(paper, readers, seconds=SECONDS, seed=attempt * 100)
        assert rows > 200
        assert lost["ours"] == 0
        missed = {name: missed[name] + count for name, count in lost.items()}
        figures.update(rounds=attempt + 1, rows=int(str(figures.get("rows", 0))) + rows, missed=missed)
        if attempt + 1 >= ROUNDS_MIN and all(missed[name] for name in WRONG):
            break
    assert {name for name, count in missed.items() if count} == set(WRONG), missed
