"""The queue of announcements, and who wants to be told.

Nothing reads it by a cursor: rows are taken by being deleted, so one that was committed late is taken late
and not missed. One worker at a time takes a program's, so that they stay in their order.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Taken:
    """An announcement, with its event as it was decided; an event of zero: the member is new."""

    id: int
    member_id: int
    event_id: int
    recorded_at: datetime
    type: str
    source: str
    external_id: str
    happened_at: datetime
    decision: str | None


def record_subscriber(tx: Transaction, program_id: int, who: str, *, wants: bool) -> None:
    """Say that somebody wants to be told of a program, or does not any more.

    It waits for what is under way there: whatever commits after this is announced to them.
    """
    lock_subscribers(tx, program_id)
    tx.execute(
        """
        update programs set announced_to = case when %(wants)s then array_append(announced_to, %(who)s)
                                           else array_remove(announced_to, %(who)s) end
        where program_id = %(program)s and (%(who)s = any(announced_to)) <> %(wants)s
        """,
        {"program": program_id, "who": who, "wants": wants},
    )


def record_wanting(tx: Transaction, program_id: int, who: str) -> None:
    """The same for somebody who begins to want it, without waiting: what is under way is not announced."""
    tx.execute(
        """
        update programs set announced_to = array_append(announced_to, %(who)s)
        where program_id = %(program)s and not %(who)s = any(announced_to)
        """,
        {"program": program_id, "who": who},
    )


def is_subscriber(tx: Transaction, program_id: int, who: str) -> bool:
    """Whether somebody wants to be told of a program."""
    row = tx.execute(
        "select %s = any(announced_to) from programs where program_id = %s", (who, program_id)
    ).fetchone()
    return row == (True,)


def lock_subscribers(tx: Transaction, program_id: int) -> None:
    """Hold fast who wants to be told of a program, until this transaction ends (schema/0026)."""
    tx.execute("select pg_advisory_xact_lock(1735289457, %s)", (program_id,))
    tx.execute("select pg_advisory_xact_lock(1735289457, 0)")


def alone_with_announcements(tx: Transaction, program_id: int) -> bool:
    """Whether nobody else takes a program's announcements until this transaction ends."""
    row = tx.execute(
        "select pg_try_advisory_xact_lock(1735289455, %s)", (program_id,), prepare=True
    ).fetchone()
    return row == (True,)


def take_announcements(tx: Transaction, program_id: int, at_most: int) -> list[Taken]:
    """Take the oldest, in their order."""
    rows = tx.execute(
        """
        with gone as materialized (
          delete from announcements
          where program_id = %(program)s and id in (
            select id from announcements where program_id = %(program)s
            order by id limit %(at_most)s)
          returning id, member_id, event_id, event_at, recorded_at
        )
        select g.id, g.member_id, g.event_id, g.recorded_at, coalesce(e.type, ''), coalesce(e.source, ''),
               coalesce(e.external_id, ''), coalesce(e.happened_at, g.recorded_at), e.decision::text
        from gone g
        left join events e on e.program_id = %(program)s and e.member_id = g.member_id and e.id = g.event_id
          and e.recorded_at = g.event_at
        order by g.id
        """,
        {"program": program_id, "at_most": at_most},
        prepare=True,
    ).fetchall()
    return [Taken(*row) for row in rows]
