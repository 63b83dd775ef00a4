"""Reading over all contacts of a connection: asked for, how far it is, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from guerdon.store.database import Transaction

State = Literal["waiting", "canceled", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Backfill:
    """The last one of a connection; the next page is asked for `after`."""

    connection: str
    number: int
    state: State
    since: datetime | None
    after: str | None
    pages: int
    contacts: int
    members: int
    fault: str
    asked_by: str
    asked_at: datetime
    settled_at: datetime | None


def list_backfills(tx: Transaction, program_id: int) -> dict[str, Backfill]:
    """The last one of each connection."""
    rows = tx.execute(
        """
        select connection, number, state, since, after, pages, contacts, members, fault, asked_by, asked_at,
               settled_at
        from crm_backfills where program_id = %s
        """,
        (program_id,),
    ).fetchall()
    return {row[0]: Backfill(*row) for row in rows}


def record_asked(
    tx: Transaction, program_id: int, connection: str, since: datetime | None, by: tuple[str, datetime]
) -> bool:
    """Begin one, where none is under way; whether none was."""
    who, at = by
    done = tx.execute(
        """
        insert into crm_backfills (program_id, connection, since, asked_by, asked_at, next_at)
        values (%(program)s, %(connection)s, %(since)s, %(who)s, %(at)s, %(at)s)
        on conflict (program_id, connection) do update
        set number = default, state = 'waiting', since = excluded.since, after = null, pages = 0,
            contacts = 0, members = 0, fault = '', asked_by = excluded.asked_by, asked_at = excluded.asked_at,
            next_at = excluded.next_at, fence = null, settled_at = null
        where crm_backfills.state <> 'waiting'
        """,
        {"program": program_id, "connection": connection, "since": since, "who": who, "at": at},
    )
    return done.rowcount == 1


def record_resumed(tx: Transaction, program_id: int, connection: str, at: datetime) -> bool:
    """Go on with one that was canceled or failed, from where it was; whether it was so."""
    done = tx.execute(
        """
        update crm_backfills set state = 'waiting', fault = '', next_at = %s, fence = null, settled_at = null
        where program_id = %s and connection = %s and state in ('canceled', 'failed')
        """,
        (at, program_id, connection),
    )
    return done.rowcount == 1


def record_settled(
    tx: Transaction, program_id: int, connection: str, state: State, at: datetime, fault: str = ""
) -> bool:
    """End one that is under way; whether it was."""
    done = tx.execute(
        """
        update crm_backfills set state = %s, fault = %s, settled_at = %s, fence = null
        where program_id = %s and connection = %s and state = 'waiting'
        """,
        (state, fault, at, program_id, connection),
    )
    return done.rowcount == 1


def lease_backfill(
    tx: Transaction, program_id: int, fence: UUID, now: datetime, until: datetime
) -> Backfill | None:
    """Take one that is due, for so long."""
    row = tx.execute(
        """
        update crm_backfills set fence = %s, next_at = %s
        where program_id = %s and connection = (
          select connection from crm_backfills where program_id = %s and state = 'waiting' and next_at <= %s
          order by next_at limit 1 for update skip locked)
        returning connection, number, state, since, after, pages, contacts, members, fault, asked_by,
                  asked_at, settled_at
        """,
        (fence, until, program_id, program_id, now),
    ).fetchone()
    return None if row is None else Backfill(*row)


def postpone(
    tx: Transaction, program_id: int, connection: str, fence: UUID, until: datetime, fault: str
) -> None:
    """Leave one for a while, and say why."""
    tx.execute(
        """
        update crm_backfills set next_at = %s, fault = %s, fence = null
        where program_id = %s and connection = %s and fence = %s
        """,
        (until, fault, program_id, connection, fence),
    )


def move_on(
    tx: Transaction, program_id: int, connection: str, fence: UUID, after: str | None, read: tuple[int, int]
) -> bool:
    """Go on from another page; `read` are contacts and members of this one. Whether it was still ours."""
    done = tx.execute(
        """
        update crm_backfills
        set after = %s, pages = pages + 1, contacts = contacts + %s, members = members + %s, fault = ''
        where program_id = %s and connection = %s and fence = %s and state = 'waiting'
        """,
        (after, *read, program_id, connection, fence),
    )
    return done.rowcount == 1
