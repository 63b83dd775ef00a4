"""File drops that were taken: which file, by whom, and what became of its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Connection, Transaction


@dataclass(frozen=True, slots=True)
class DropRow:
    """A file that was taken; `failure` says why it was not read to its end."""

    drop: str
    file: str
    sha: bytes
    rows: int
    accepted: int
    duplicates: int
    quarantined: int
    wrong: int
    failure: str
    taken_by: str
    taken_at: datetime
    id: int = 0


def record_drop(tx: Transaction, program_id: int, row: DropRow) -> int:
    """Remember a file; its number."""
    found = tx.execute(
        """
        insert into drops (program_id, drop, file, sha, rows, accepted, duplicates, quarantined, wrong,
                           failure, taken_by, taken_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id
        """,
        (
            *(program_id, row.drop, row.file, row.sha, row.rows, row.accepted, row.duplicates),
            *(row.quarantined, row.wrong, row.failure, row.taken_by, row.taken_at),
        ),
    ).fetchone()
    assert found is not None
    return int(found[0])


def list_drops(tx: Transaction, program_id: int, limit: int) -> list[DropRow]:
    """The files that were taken last, the newest first."""
    rows = tx.execute(
        """
        select drop, file, sha, rows, accepted, duplicates, quarantined, wrong, failure, taken_by, taken_at,
               id
        from drops where program_id = %s order by id desc limit %s
        """,
        (program_id, limit),
    ).fetchall()
    return [DropRow(*row) for row in rows]


@contextmanager
def guard_inbox(connection: Connection, program_id: int) -> Iterator[bool]:
    """Hold a program's inbox on this connection; says False when somebody else holds it."""
    row = connection.execute("select pg_try_advisory_lock(1735289456, %s)", (program_id,)).fetchone()
    assert row is not None
    try:
        yield row[0]
    finally:
        if row[0] and not connection.closed:
            connection.execute("select pg_advisory_unlock(1735289456, %s)", (program_id,))
