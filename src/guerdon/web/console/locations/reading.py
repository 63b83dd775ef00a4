"""How the locations of a reader stand: read once for a page, with why each of them needs a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from guerdon.queries.locations.calls import Call, find_calls
from guerdon.queries.locations.consistency import compare, count_differing, load_gifts
from guerdon.queries.locations.figures import DAYS, Standing, load_standings
from guerdon.store.database import Transaction
from guerdon.web.console.desk import Desk


@dataclass(frozen=True, slots=True)
class Seen:
    """All locations that somebody sees, and the reasons to call some of them."""

    standings: Mapping[str, Standing]
    calls: Mapping[str, Sequence[Call]]


def first_day(today: date) -> date:
    """The first of the days that are looked at."""
    return today - timedelta(days=DAYS - 1)


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def read_locations(desk: Desk, tx: Transaction, exactly: str | None = None) -> Seen:
    """How they stand today; `exactly`: one of which all budgets' paces are asked for."""
    standings = load_standings(tx, desk.program, desk.scope, desk.today, exactly)
    gifts = load_gifts(tx, monday(first_day(desk.today)), monday(desk.today))
    differing = count_differing(compare(desk.program, gifts))
    return Seen(standings, find_calls(standings, differing, desk.today))
