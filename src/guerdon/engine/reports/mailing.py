"""Reports by mail: made when they are due, once each, and sent with no transaction open.

Who may have what is asked when a report is made: whoever lost a role is sent nothing of it, whoever was
suspended nothing at all. What was missed is sent once, as of now. A worker that dies while it makes a report
leaves it to the next; one that dies while the mail server is given it leaves it for people to see: it may
have arrived, and is not sent again.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.access.grants import Person
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.messages.letters import Attachment, Letter
from guerdon.engine.messages.port import Accepted, Outcome, Rejected, Unsure
from guerdon.engine.reports.making import (
    FORMATS,
    Order,
    Source,
    file_name,
    make_report,
    part_name,
    report_name,
)
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.store.access.people import load_people
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import list_programs
from guerdon.store.reports.schedules import Schedule, find_schedule
from guerdon.store.reports.sendings import (
    Fate,
    Sending,
    begin_handing,
    make_due,
    put_off_sending,
    settle_lost,
    settle_sending,
    take_sending,
)
from guerdon.text import formats
from guerdon.text.letters.reports import ReportReady, render_report_mail
from guerdon.text.papers import Paper
from guerdon.values.ids import derived_id
from guerdon.values.texts import text_in

TURN_S = 10.0
PATH = "reports"
# After so many tries it is left to people, who see why.
TRIES_MAX = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Press:
    """What reports are made with: a connection under row security, opened when one is due; the way out."""

    library: Library
    connect: Callable[[], Connection]
    send: Callable[[Letter], Outcome]
    public_url: str
    documented: Mapping[str, int]
    digits_of: Callable[[str], int]


def keep_reporting(db: Connection, press: Press, turns: Turns) -> None:
    """Make and send what is due, each turn."""
    for now in turns.every(db, TURN_S):
        for program_id, _ in list_programs(db):
            with suppress(NoLiveVersion):
                report_due(db, press, program_id, now)


def report_due(db: Connection, press: Press, program_id: int, now: datetime) -> int:
    """Make and send what is due in a program; how many were looked at."""
    with transaction(db, program_id) as tx:
        settle_lost(tx, program_id, now)
        make_due(tx, program_id, now)
    done = 0
    while True:
        with transaction(db, program_id) as tx:
            sending = take_sending(tx, program_id, now)
            if sending is None:
                return done
            schedule = find_schedule(tx, program_id, sending.schedule_id)
            person = load_people(tx, program_id, [sending.person_id]).get(sending.person_id)
            program = press.library.playbook(tx, program_id, now).program
        done += 1
        _make_and_send(db, press, (program_id, program), _Case(sending, schedule, person), now)


@dataclass(frozen=True, slots=True)
class _Case:
    sending: Sending
    schedule: Schedule | None
    person: Person | None


def _make_and_send(db: Connection, press: Press, of: tuple[int, Program], case: _Case, now: datetime) -> None:
    program_id, program = of
    found = _made(press, of, case, now)
    if isinstance(found, str):
        with transaction(db, program_id) as tx:
            settle_sending(tx, program_id, case.sending, ("withheld", found), now)
        return
    order, paper = found
    assert case.schedule is not None
    assert case.person is not None
    letter = _letter(press, of, (case.sending, case.schedule, case.person.login), order, paper, now)
    with transaction(db, program_id) as tx:
        if not begin_handing(tx, program_id, case.sending, now):
            return
    outcome = press.send(letter)
    with transaction(db, program_id) as tx:
        match outcome:
            case Accepted():
                settle_sending(tx, program_id, case.sending, ("sent", ""), now)
            case Unsure():
                settle_sending(tx, program_id, case.sending, ("unsure", ""), now)
            case Rejected(reason=reason):
                settle_sending(tx, program_id, case.sending, ("refused", reason), now)
            case _:
                reason = str(getattr(outcome, "reason", ""))
                log.warning("a report of %s was not mailed yet: %s", program.key, reason)
                if case.sending.tries >= TRIES_MAX:
                    settle_sending(tx, program_id, case.sending, ("refused", reason), now)
                else:
                    pause = timedelta(minutes=2 ** min(case.sending.tries, 6))
                    put_off_sending(tx, program_id, case.sending, reason, now + pause)


def _made(press: Press, of: tuple[int, Program], case: _Case, now: datetime) -> tuple[Order, Paper] | str:
    """The report, or in a word why there is none."""
    (program_id, program), schedule, person = of, case.schedule, case.person
    if schedule is None:
        return "stopped"
    if person is None or (person.left_at is not None and person.left_at <= now):
        return "left"
    wanted = schedule.wanted
    # Told of are the days before the day on which it was due, by the calendar of the program.
    today = case.sending.due_at.astimezone(ZoneInfo(program.time_zone)).date()
    first, last = wanted.slots.days(today)
    order = Order(wanted.report, wanted.language, first, last, wanted.market, wanted.location)
    with press.connect() as reader:
        source = Source(
            program_id,
            program,
            lambda scope: transaction(reader, program_id, scope=scope),
            press.documented,
            press.digits_of,
        )
        paper = make_report(source, order, person.held(program_id, now), now)
    return "rights" if paper is None else (order, paper)


def _letter(
    press: Press,
    of: tuple[int, Program],
    to: tuple[Sending, Schedule, str],
    order: Order,
    paper: Paper,
    now: datetime,
) -> Letter:
    (program_id, program), (sending, schedule, address) = of, to
    language = order.language
    days = [formats.day(day, language) for day in (order.first, order.last)]
    name = text_in(program.name, language)
    told = ReportReady(
        name,
        report_name(order.report, language),
        part_name(program, order),
        days[0],
        days[1] if order.last != order.first else "",
        f"{press.public_url}/console/{program.key}/{PATH}",
    )
    # The same time of the same schedule is the same message, whoever sends it.
    number = derived_id(schedule.id, "report", sending.due_at.isoformat())
    return Letter(
        *(number, program_id, name, "", address, render_report_mail(told, language), now),
        attachments=attached(program, order, schedule.wanted.formats, paper),
    )


def attached(program: Program, order: Order, forms: Sequence[str], paper: Paper) -> tuple[Attachment, ...]:
    """The files of a report."""
    return tuple(
        Attachment(f"{file_name(program, order)}.{form}", FORMATS[form][0], FORMATS[form][1](paper))
        for form in forms
    )


__all__ = ["Fate", "Press", "attached", "keep_reporting", "report_due"]
