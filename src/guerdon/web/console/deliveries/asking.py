"""What is asked of the delivery clock: a measure, weeks and a part, as an address says it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.engine.deliveries.reading import monday, times_of
from guerdon.queries.deliveries.figures import BY, Asked, Measure
from guerdon.queries.deliveries.underway import Part
from guerdon.web.console.desk import Desk

WEEKS = 13
WORD_LENGTH_MAX = 120
MEASURES: tuple[Measure, ...] = ("whole", "given", "handed", "choosing", "arrival", "opened", "used")


def read_asked(desk: Desk) -> Asked:
    """Read it from an address; what is no measure of ours is our part."""
    said = desk.request.GET
    measure: Measure = next((each for each in MEASURES if each == said.get("part")), "whole")
    rule, location, supplier = (said.get(name, "")[:WORD_LENGTH_MAX] or None for name in BY[:3])
    first, last = read_weeks(desk)
    return Asked(measure, first, last, Part(rule, desk.cut.market, location, supplier), desk.scope)


def kept_terms(asked: Asked) -> dict[str, str | None]:
    """What an address says to ask the same once more, beside the cut."""
    part = asked.part
    return {
        "part": asked.measure if asked.measure != "whole" else None,
        "rule": part.rule,
        "location": part.location,
        "supplier": part.supplier,
    }


def asked_times(desk: Desk, asked: Asked) -> tuple[datetime, datetime]:
    """When the first of the weeks begins and when the last is over, by the program's clocks."""
    return times_of(asked.first, asked.last, ZoneInfo(desk.program.time_zone))


def read_weeks(desk: Desk) -> tuple[date, date]:
    """The Mondays of the first and last week in the cut; without one, of the last quarter of a year."""
    last = min(desk.cut.last or desk.today, desk.today)
    first = desk.cut.first or last - timedelta(weeks=WEEKS - 1)
    return monday(first), monday(last)
