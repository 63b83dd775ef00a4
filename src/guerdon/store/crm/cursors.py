"""How far the journal of a connection was read: a place that moves in the commit of what was read there."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a journal goes on; what happened before `since` is no business of it."""

    connection: str
    position: str | None
    since: datetime
    heard_at: datetime | None
    trouble: str
    missed_at: datetime | None


def list_cursors(tx: Transaction, program_id: int) -> dict[str, Cursor]:
    """All journals of a program, by connection."""
    rows = tx.execute(
        """
        select connection, position, since, heard_at, trouble, missed_at
        from crm_cursors where program_id = %s
        """,
        (program_id,),
    ).fetchall()
    return {row[0]: Cursor(*row) for row in rows}


def begin_cursor(tx: Transaction, program_id: int, connection: str, since: datetime) -> Cursor:
    """The cursor of a journal, begun if there is none."""
    tx.execute(
        """
        insert into crm_cursors (program_id, connection, since) values (%s, %s, %s)
        on conflict do nothing
        """,
        (program_id, connection, since),
    )
    return list_cursors(tx, program_id)[connection]


def move_cursor(
    tx: Transaction, program_id: int, was: Cursor, position: str | None, at: datetime, *, missed: bool = False
) -> bool:
    """Go on from another place; whether it was still where it is said to have been."""
    done = tx.execute(
        """
        update crm_cursors
        set position = %s, heard_at = %s, trouble = '',
            missed_at = case when %s then %s::timestamptz else missed_at end
        where program_id = %s and connection = %s and position is not distinct from %s
        """,
        (position, at, missed, at, program_id, was.connection, was.position),
    )
    return done.rowcount == 1


def record_heard(
    tx: Transaction, program_id: int, connection: str, at: datetime | None, trouble: str
) -> None:
    """Keep that it answered, or why it does not."""
    tx.execute(
        """
        update crm_cursors set heard_at = coalesce(%s, heard_at), trouble = %s
        where program_id = %s and connection = %s
        """,
        (at, trouble, program_id, connection),
    )


def forget_missed(tx: Transaction, program_id: int, connection: str) -> None:
    """What may have been missing was read over."""
    tx.execute(
        "update crm_cursors set missed_at = null where program_id = %s and connection = %s",
        (program_id, connection),
    )
