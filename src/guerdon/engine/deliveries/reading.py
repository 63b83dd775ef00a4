"""Reading: what ended and what is under way, put together as whoever asks may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guerdon.engine.deliveries.watching import Forecast, forecast_all
from guerdon.program.model import Program
from guerdon.queries.deliveries.figures import Asked, Dimension, Figure, Measure, add_underway, load_figures
from guerdon.queries.deliveries.underway import APPROVAL, Underway
from guerdon.store.database import Transaction

# Those in which what is under way has its place.
OURS: frozenset[Measure] = frozenset({"whole", "given", "handed"})


@dataclass(frozen=True, slots=True)
class Reading:
    """Figures by each dimension but the location, all forecasts, and what of those is in the figures."""

    figures: dict[Dimension, dict[str, Figure]]
    forecasts: Sequence[Forecast]
    counted: Sequence[Underway]
    # The rules by which anything ended.
    rules: Sequence[str]


def read_deliveries(
    tx: Transaction, program: Program, asked: Asked, now: datetime, documented: Mapping[str, int]
) -> Reading:
    """Read the figures that are asked for, with what is under way counted as lasting at least so long."""
    figures = load_figures(tx, asked)
    rules = list(figures.get("rule", ()))
    forecasts = forecast_all(tx, program, asked.part, now, documented, as_told=not asked.scope.whole)
    counted = [each.underway for each in forecasts if _counts(asked.measure, each)]
    weeks = (asked.first, asked.last)
    counted = add_underway(figures, counted, now, ZoneInfo(program.time_zone), weeks)
    return Reading(figures, forecasts, counted, rules)


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def times_of(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the week of the first Monday begins, and when that of the last is over."""
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(weeks=1), time(), zone)


def _counts(measure: Measure, each: Forecast) -> bool:
    """Whether something under way is what a measure measures."""
    if measure not in OURS:
        return False
    if measure == "given":
        return each.underway.supplier == APPROVAL
    return measure == "whole" or each.underway.supplier != APPROVAL
