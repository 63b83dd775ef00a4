"""Sums in the unit that a program asked for with `in`: by which rates, and what is not in them."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from guerdon.program.model import Program
from guerdon.queries.rates import Converted as Sum
from guerdon.values.clock import utc_now
from guerdon.values.problems import did_you_mean
from guerdon.web.api.problems import WrongField, wrong
from guerdon.web.api.shapes.ledger import RateTaken, Unconverted


def checked_unit(program: Program, into: str | None) -> str | None:
    """The unit that was asked for; what is no money unit of the program is a mistake in `in`."""
    money = [unit.key for unit in program.units.values() if unit.kind == "money"]
    if into is None or into in money:
        return into
    hint = did_you_mean(into, money)
    raise wrong([WrongField(detail=f"{into} is no money unit of this program; {hint}", parameter="in")])


def today_of(program: Program) -> date:
    """Today, in the program's time zone: the day whose rates count for what stands now."""
    return utc_now().astimezone(ZoneInfo(program.time_zone)).date()


def rates_of(sums: Iterable[Sum]) -> list[RateTaken]:
    """The rates that were taken, once each."""
    found = {(each.unit, each.rate_day, each.rate) for one in sums for each in one.rates}
    return [RateTaken(unit=unit, day=day, rate=written_rate(rate)) for unit, day, rate in sorted(found)]


def missing_of(sums: Iterable[Sum]) -> list[Unconverted]:
    """The units without a rate, once each."""
    found = {(each.unit, each.day) for one in sums for each in one.missing}
    return [Unconverted(unit=unit, day=day) for unit, day in sorted(found)]


def written_rate(rate: Decimal) -> str:
    """A rate as decimal text."""
    return f"{rate.normalize():f}"
