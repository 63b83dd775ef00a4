"""Sendings of reports: due once for each time, taken by one worker at a time, handed over at most once.

A row is made for the latest time that a schedule missed, and for none before it: who was away for a week
finds one report, not seven.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.reports.slots import Slots
from guerdon.values.ids import show

# So long belongs a report to whoever makes it; then somebody else tries.
LEASE = timedelta(minutes=10)
AT_ONCE = 20
Fate = Literal["sent", "refused", "unsure", "withheld"]


@dataclass(frozen=True, slots=True)
class Sending:
    """A report that is to be made and sent; `tries` counts this one too, and tells it from later ones."""

    schedule_id: int
    due_at: datetime
    person_id: int
    tries: int


def make_due(tx: Transaction, program_id: int, now: datetime) -> int:
    """Note what is due by now, and when each is due next; how many were."""
    rows = tx.execute(
        """
        select id, person_id, next_at, every, on_day, at_hour, zone from report_schedules
        where program_id = %s and ended_at is null and next_at <= %s
        order by next_at, id limit %s for update skip locked
        """,
        (program_id, now, AT_ONCE),
    ).fetchall()
    if not rows:
        return 0
    slots = [Slots(every, day, hour, zone) for _, _, _, every, day, hour, zone in rows]
    due = [slot.last(row[2], now) for slot, row in zip(slots, rows, strict=True)]
    following = [slot.after(now) for slot in slots]
    numbers = [row[0] for row in rows]
    tx.execute(
        """
        insert into report_sendings (program_id, schedule_id, due_at, person_id, next_at)
        select %s, n.id, n.due, n.person, %s
        from unnest(%s::bigint[], %s::timestamptz[], %s::bigint[]) as n (id, due, person)
        on conflict do nothing
        """,
        (program_id, now, numbers, due, [row[1] for row in rows]),
    )
    tx.execute(
        """
        update report_schedules s set next_at = n.at
        from unnest(%s::bigint[], %s::timestamptz[]) as n (id, at)
        where s.program_id = %s and s.id = n.id
        """,
        (numbers, following, program_id),
    )
    return len(rows)


def take_sending(tx: Transaction, program_id: int, now: datetime) -> Sending | None:
    """Take one that nobody makes; None where there is none. It is ours for the length of the lease."""
    row = tx.execute(
        """
        update report_sendings s set tries = tries + 1, next_at = %(until)s
        from (
          select schedule_id, due_at from report_sendings
          where program_id = %(program)s and state = 'due' and next_at <= %(now)s
          order by due_at, schedule_id limit 1 for update skip locked
        ) n
        where s.program_id = %(program)s and s.schedule_id = n.schedule_id and s.due_at = n.due_at
        returning s.schedule_id, s.due_at, s.person_id, s.tries
        """,
        {"program": program_id, "now": now, "until": now + LEASE},
    ).fetchone()
    return None if row is None else Sending(*row)


def begin_handing(tx: Transaction, program_id: int, sending: Sending, now: datetime) -> bool:
    """Say that the mail server is given it now; False where it is not ours any more.

    From here on it is not sent again, whoever dies.
    """
    done = tx.execute(
        """
        update report_sendings set state = 'handing', next_at = %s
        where program_id = %s and schedule_id = %s and due_at = %s and state = 'due' and tries = %s
        """,
        (now + LEASE, program_id, sending.schedule_id, sending.due_at, sending.tries),
    )
    return bool(done.rowcount)


def put_off_sending(tx: Transaction, program_id: int, sending: Sending, why: str, next_at: datetime) -> None:
    """Try it again then: nothing was handed over."""
    tx.execute(
        """
        update report_sendings set state = 'due', why = %s, next_at = %s
        where program_id = %s and schedule_id = %s and due_at = %s and ended_at is null and tries = %s
        """,
        (why, next_at, program_id, sending.schedule_id, sending.due_at, sending.tries),
    )


def settle_sending(
    tx: Transaction, program_id: int, sending: Sending, fate: tuple[Fate, str], now: datetime
) -> None:
    """Note what came of it, and why; nothing where it is not ours any more."""
    what, why = fate
    done = tx.execute(
        """
        update report_sendings set state = %s, why = %s, ended_at = %s
        where program_id = %s and schedule_id = %s and due_at = %s and ended_at is null and tries = %s
        """,
        (what, why, now, program_id, sending.schedule_id, sending.due_at, sending.tries),
    )
    if done.rowcount:
        _tell(tx, program_id, sending, fate, now)


def settle_lost(tx: Transaction, program_id: int, now: datetime) -> int:
    """Note of those whose worker died while handing them over that nobody knows; how many there were."""
    rows = tx.execute(
        """
        update report_sendings set state = 'unsure', why = 'lost', ended_at = %s
        where program_id = %s and state = 'handing' and next_at <= %s
        returning schedule_id, due_at, person_id, tries
        """,
        (now, program_id, now),
    ).fetchall()
    for row in rows:
        _tell(tx, program_id, Sending(*row), ("unsure", "lost"), now)
    return len(rows)


def _tell(tx: Transaction, program_id: int, sending: Sending, fate: tuple[Fate, str], now: datetime) -> None:
    what, why = fate
    who = show("per", sending.person_id)
    due = sending.due_at.isoformat()
    record_audit(
        *(tx, program_id, "worker", f"report.{what}", who, now),
        number=sending.schedule_id, due=due, why=why or None,
    )  # fmt: skip
