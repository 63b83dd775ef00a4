"""The audit trail out of the database, as the lines of an export, and checked against what was decided."""

from collections.abc import Iterator
from datetime import datetime

from psycopg.rows import tuple_row

from guerdon.ledger.merkle import root_of
from guerdon.ledger.trail import Anchor, AuditRow, Heading, Seal, write_line
from guerdon.store.audit import decision_hash, read_ids
from guerdon.store.database import Transaction
from guerdon.store.proof.seals import read_audit_row, read_seal, write_instant

ROWS_AT_ONCE = 2_000


def stand_still(tx: Transaction) -> None:
    """Read all that follows in this transaction as of one moment; the first statement of it."""
    tx.execute("set transaction isolation level repeatable read, read only")


def read_trail(tx: Transaction, program_id: int, key: str, at: datetime) -> Iterator[bytes]:
    """A program's trail, line by line: rows with their seals, what is not sealed yet, anchors."""
    yield write_line(Heading(program_id, key, write_instant(at)))
    rows = _rows(tx, program_id)
    row = next(rows, None)
    for seal in _seals(tx, program_id):
        end = (seal.last_era, seal.last_tx, seal.last_id)
        while row is not None and (row.era, row.tx, row.id) <= end:
            yield write_line(row)
            row = next(rows, None)
        yield write_line(seal)
    while row is not None:
        yield write_line(row)
        row = next(rows, None)
    for anchor in list_anchors(tx, program_id):
        yield write_line(anchor)


def list_anchors(tx: Transaction, program_id: int) -> list[Anchor]:
    """What the database itself says was told outside."""
    rows = tx.execute(
        """
        select program_id, number, total_rows, root, seal, anchored_at from anchors
        where program_id = %s order by number
        """,
        (program_id,),
    ).fetchall()
    return [
        Anchor(p, n, total, root.hex(), seal.hex(), write_instant(at)) for p, n, total, root, seal, at in rows
    ]


def check_decisions(tx: Transaction, program_id: int) -> str | None:
    """Whether every decided event is as the audit row of its batch says; the first that is not, in words."""
    covered = 0
    with tx.cursor("batches", row_factory=tuple_row) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            """
            select id, detail ->> 'ids', detail ->> 'root' from audit
            where program_id = %s and detail ->> 'root' is not null order by id
            """,
            (program_id,),
        )
        for number, ids, root in cursor:
            wrong = _check_batch(tx, program_id, read_ids(ids), root)
            if wrong:
                return f"audit row {number}: {wrong}"
            covered += len(read_ids(ids))
    row = tx.execute("select count(*) from events where program_id = %s", (program_id,)).fetchone()
    assert row is not None
    if row[0] != covered:
        return f"{row[0]} events were decided, and audit rows stand for {covered}"
    return None


def _check_batch(tx: Transaction, program_id: int, ids: list[int], root: str) -> str | None:
    found = list_decisions(tx, program_id, ids)
    if [event_id for event_id, _ in found] != ids:
        gone = sorted(set(ids) - {event_id for event_id, _ in found})
        return f"event {gone[0]} is gone" if gone else "an event is there twice"
    if root_of([decision_hash(*each) for each in found]).hex() != root:
        return f"a decision of events {ids[0]} to {ids[-1]} is not the one that was made"
    return None


def list_decisions(tx: Transaction, program_id: int, ids: list[int]) -> list[tuple[int, bytes]]:
    """The decisions of events as they are stored, by id."""
    rows = tx.execute(
        "select id, decision::text from events where program_id = %s and id = any(%s) order by id",
        (program_id, ids),
    ).fetchall()
    return [(number, decision.encode()) for number, decision in rows]


def _rows(tx: Transaction, program_id: int) -> Iterator[AuditRow]:
    with tx.cursor("audit_rows", row_factory=tuple_row) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            """
            select program_id, id, era, tx::text, actor, on_behalf_of, action, subject, reason, before::text,
                   after::text, detail::text, request_id, recorded_at
            from audit where program_id = %s order by audit.era, audit.tx, audit.id
            """,
            (program_id,),
        )
        for row in cursor:
            yield read_audit_row(row)


def _seals(tx: Transaction, program_id: int) -> Iterator[Seal]:
    with tx.cursor("audit_seals", row_factory=tuple_row) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            """
            select program_id, number, first_id, last_era, last_tx::text, last_id, rows, root, previous,
                   total_rows, sealed_at
            from seals where program_id = %s order by number
            """,
            (program_id,),
        )
        for row in cursor:
            yield read_seal(row)
