"""Reading over all contacts of a connection: asked for, how far it is, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from guerdon.store.database import Transaction

State = Literal["waiting", "canceled", "done", "failed"]
Part = Literal["contacts", "deals"]


@dataclass(frozen=True, slots=True)
class Backfill:
    """The last one of a connection; the next page is asked for `after`, and of contacts or deals (`part`).

    With `events_since`, changes since then are brought as events: so many were (`events`), or are here
    already (`known`), are from before the program (`early`) or of our own (`ours`); of so many properties the
    CRM tells only the latest (`clipped`). Of contacts the CRM showed only so many (`cut`). A `dry` one only
    counts.
    """

    connection: str
    number: int
    state: State
    since: datetime | None
    events_since: datetime | None
    dry: bool
    part: Part
    after: str | None
    pages: int
    contacts: int
    members: int
    events: int
    known: int
    early: int
    ours: int
    clipped: int
    cut: bool
    fault: str
    asked_by: str
    asked_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be read over."""

    # Only contacts changed since; None: all.
    since: datetime | None = None
    # Changes since then are to be events; None: none.
    events_since: datetime | None = None
    # Only to be counted.
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Brought:
    """What a page brought, and where to go on."""

    part: Part
    after: str | None
    contacts: int = 0
    members: int = 0
    events: int = 0
    known: int = 0
    early: int = 0
    ours: int = 0
    clipped: int = 0
    # There were more contacts than the CRM shows at once.
    cut: bool = False


def list_backfills(tx: Transaction, program_id: int) -> dict[str, Backfill]:
    """The last one of each connection."""
    rows = tx.execute(
        """
        select connection, number, state, since, events_since, dry, part, after, pages, contacts, members,
               events, known, early, ours, clipped, cut, fault, asked_by, asked_at, settled_at
        from crm_backfills where program_id = %s
        """,
        (program_id,),
    ).fetchall()
    return {row[0]: Backfill(*row) for row in rows}


def record_asked(
    tx: Transaction, program_id: int, connection: str, wish: Wish, by: tuple[str, datetime]
) -> bool:
    """Begin one, where none is under way; whether none was."""
    who, at = by
    done = tx.execute(
        """
        insert into crm_backfills (program_id, connection, since, events_since, dry, asked_by, asked_at,
                                   next_at)
        values (%(program)s, %(connection)s, %(since)s, %(events)s, %(dry)s, %(who)s, %(at)s, %(at)s)
        on conflict (program_id, connection) do update
        set number = default, state = 'waiting', since = excluded.since, events_since = excluded.events_since,
            dry = excluded.dry, part = 'contacts', after = null, pages = 0, contacts = 0, members = 0,
            events = 0, known = 0, early = 0, ours = 0, clipped = 0, cut = false, fault = '',
            asked_by = excluded.asked_by, asked_at = excluded.asked_at, next_at = excluded.next_at,
            fence = null, settled_at = null
        where crm_backfills.state <> 'waiting'
        """,
        {
            "program": program_id,
            "connection": connection,
            "since": wish.since,
            "events": wish.events_since,
            "dry": wish.dry,
            "who": who,
            "at": at,
        },
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
        returning connection, number, state, since, events_since, dry, part, after, pages, contacts, members,
                  events, known, early, ours, clipped, cut, fault, asked_by, asked_at, settled_at
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


def move_on(tx: Transaction, program_id: int, connection: str, fence: UUID, brought: Brought) -> bool:
    """Go on from another page, after what this one brought. Whether it was still ours."""
    done = tx.execute(
        """
        update crm_backfills
        set part = %s, after = %s, pages = pages + 1, contacts = contacts + %s, members = members + %s,
            events = events + %s, known = known + %s, early = early + %s, ours = ours + %s,
            clipped = clipped + %s, cut = cut or %s, fault = ''
        where program_id = %s and connection = %s and fence = %s and state = 'waiting'
        """,
        (
            brought.part,
            brought.after,
            brought.contacts,
            brought.members,
            brought.events,
            brought.known,
            brought.early,
            brought.ours,
            brought.clipped,
            brought.cut,
            program_id,
            connection,
            fence,
        ),
    )
    return done.rowcount == 1
