"""Schedules of reports: made, changed and stopped by whoever they are mailed to, and told to the audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.reports.slots import Slots
from guerdon.values.ids import show

# Nobody reads more; and nobody fills our mail server.
OWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report that somebody wants mailed: which, how and when. Of all they may see, or of a part of it."""

    report: str
    language: str
    formats: Sequence[str]
    slots: Slots
    market: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it is kept; `last_due`, `last_state` and `last_why` are of the latest sending."""

    id: int
    person_id: int
    wanted: Wanted
    next_at: datetime
    last_due: datetime | None = None
    last_state: str | None = None
    last_why: str = ""


def record_schedule(
    tx: Transaction, program_id: int, person_id: int, wanted: Wanted, at: datetime
) -> int | None:
    """Have a report mailed to somebody from now on; its number, None where they have too many."""
    slots = wanted.slots
    row = tx.execute(
        """
        insert into report_schedules (program_id, person_id, report, language, formats, every, on_day,
                                      at_hour, zone, only_market, only_location, made_at, next_at)
        select %(program)s, %(person)s, %(report)s, %(language)s, %(formats)s, %(every)s, %(on_day)s,
               %(at_hour)s, %(zone)s, %(market)s, %(location)s, %(at)s, %(next)s
        where (select count(*) from report_schedules
               where program_id = %(program)s and person_id = %(person)s and ended_at is null) < %(most)s
        returning id
        """,
        {
            "program": program_id,
            "person": person_id,
            **_columns(wanted),
            "at": at,
            "next": slots.after(at),
            "most": OWN_MAX,
        },
    ).fetchone()
    if row is None:
        return None
    _tell(tx, program_id, (person_id, int(row[0]), "report.scheduled"), wanted, at)
    return int(row[0])


def change_schedule(
    tx: Transaction, program_id: int, whose: tuple[int, int], wanted: Wanted, at: datetime
) -> bool:
    """Have it come otherwise from now on, by `whose` (person, number); whether there is one of theirs."""
    done = tx.execute(
        """
        update report_schedules
        set report = %(report)s, language = %(language)s, formats = %(formats)s, every = %(every)s,
            on_day = %(on_day)s, at_hour = %(at_hour)s, zone = %(zone)s, only_market = %(market)s,
            only_location = %(location)s, next_at = %(next)s
        where program_id = %(program)s and person_id = %(person)s and id = %(id)s and ended_at is null
        """,
        {
            "program": program_id,
            "person": whose[0],
            "id": whose[1],
            **_columns(wanted),
            "next": wanted.slots.after(at),
        },
    )
    if not done.rowcount:
        return False
    _tell(tx, program_id, (*whose, "report.changed"), wanted, at)
    return True


def end_schedule(tx: Transaction, program_id: int, whose: tuple[int, int], at: datetime) -> bool:
    """Stop it, by `whose` (person, number); whether there is one of theirs."""
    done = tx.execute(
        """
        update report_schedules set ended_at = %s
        where program_id = %s and person_id = %s and id = %s and ended_at is null
        """,
        (at, program_id, *whose),
    )
    if not done.rowcount:
        return False
    _tell(tx, program_id, (*whose, "report.stopped"), None, at)
    return True


def list_schedules(tx: Transaction, program_id: int, person_id: int) -> list[Schedule]:
    """What somebody is mailed, the first made first, with what became of the latest of each."""
    rows = tx.execute(
        """
        select s.id, s.person_id, s.report, s.language, s.formats, s.every, s.on_day, s.at_hour, s.zone,
               s.only_market, s.only_location, s.next_at, l.due_at, l.state, coalesce(l.why, '')
        from report_schedules s
        left join lateral (
          select due_at, state, why from report_sendings
          where program_id = s.program_id and schedule_id = s.id order by due_at desc limit 1
        ) l on true
        where s.program_id = %s and s.person_id = %s and s.ended_at is null order by s.id
        """,
        (program_id, person_id),
    ).fetchall()
    return [_schedule(row[:12], row[12:]) for row in rows]


def find_schedule(tx: Transaction, program_id: int, schedule_id: int) -> Schedule | None:
    """One that goes on, whosever it is."""
    row = tx.execute(
        """
        select id, person_id, report, language, formats, every, on_day, at_hour, zone, only_market,
               only_location, next_at
        from report_schedules where program_id = %s and id = %s and ended_at is null
        """,
        (program_id, schedule_id),
    ).fetchone()
    return None if row is None else _schedule(row, (None, None, ""))


def _schedule(row: Sequence[Any], last: Sequence[Any]) -> Schedule:
    number, person_id, report, language, formats, every, on_day, hour, zone, market, location, next_at = row
    wanted = Wanted(report, language, formats, Slots(every, on_day, hour, zone), market, location)
    due_at, state, why = last
    return Schedule(number, person_id, wanted, next_at, due_at, state, why)


def _columns(wanted: Wanted) -> dict[str, object]:
    slots = wanted.slots
    return {
        "report": wanted.report,
        "language": wanted.language,
        "formats": list(wanted.formats),
        "every": slots.every,
        "on_day": slots.day,
        "at_hour": slots.hour,
        "zone": slots.zone,
        "market": wanted.market,
        "location": wanted.location,
    }


def _tell(
    tx: Transaction, program_id: int, done: tuple[int, int, str], wanted: Wanted | None, at: datetime
) -> None:
    person_id, number, action = done
    who = show("per", person_id)
    after = _columns(wanted) if wanted else None
    record_audit(tx, program_id, who, action, who, at, after=after, number=number)
