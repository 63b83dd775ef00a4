"""A statement that is sent by a form, by who sees the whole program: kept and compared as any other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404

from guerdon.engine.reconciling.statement_file import read_statement_file
from guerdon.engine.reconciling.taking import NotTaken, take_statement
from guerdon.store.orders.reconciling.statements import Wanted
from guerdon.suppliers.amounts import digits_of
from guerdon.values.clock import utc_now
from guerdon.values.problems import Problem
from guerdon.web.console.desk import Desk
from guerdon.web.rooms import room

FILE_BYTES_MAX = 10 << 20


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was done, and the wrong rows of a file."""

    why: str
    problems: Sequence[Problem] = ()


def bring(desk: Desk) -> Refused | None:
    """Take the statement that was sent; why not, or nothing."""
    said, file = desk.request.POST, desk.request.FILES.get("file")
    if said.get("supplier") not in desk.program.suppliers:
        raise Http404
    if file is None or file.size is None or file.size > FILE_BYTES_MAX:
        return Refused("file")
    first, last = _day(desk, said.get("first", "")), _day(desk, said.get("last", ""))
    if first is None or last is None or last < first or first > desk.now:
        return Refused("days")
    read_file = read_statement_file(file.read(), digits_of)
    if read_file.problems:
        return Refused("wrong", read_file.problems)
    until = last + timedelta(days=1)
    wanted = Wanted(desk.program_id, said["supplier"], "file", first, until, desk.actor, min(until, desk.now))
    with room().connections.lent() as db:
        try:
            take_statement(db, wanted, read_file.lines, utc_now)
        except NotTaken:
            return Refused("busy")
    return None


def _day(desk: Desk, typed: str) -> datetime | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    if not 2000 <= day.year < 2100:
        return None
    return datetime.combine(day, time(), ZoneInfo(desk.program.time_zone))
