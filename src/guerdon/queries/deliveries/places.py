"""The slowest locations: of hundreds a page shows a few, so each comes in one row, with all its classes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

from guerdon.queries.deliveries.figures import Asked, Figure
from guerdon.queries.deliveries.underway import Underway
from guerdon.store.database import Transaction
from guerdon.values.waits import NEVER, Waits, class_of, classes_in

# As the worker keeps it: a row for each location and week.
_KEPT: LiteralString = """
    select location, sum(done)::text, sum(stopped)::text, sum(never)::bigint
    from delivery_places
    where program_id = this_program() and measure = %(measure)s and week = any(%(weeks)s)
      and (%(seen)s::text[] is null or location = any(%(seen)s))
      and (%(location)s::text is null or location = %(location)s)
      and (%(market)s::text is null or market = %(market)s)
    group by location
"""
# Of a rule or a supplier: put together as the worker does it.
_COUNTED: LiteralString = """
    select location,
           coalesce(sum(delivery_digits(class, n)) filter (where ended = 'done' and class < 32767), 0)::text,
           coalesce(sum(delivery_digits(class, n)) filter (where ended = 'stopped'), 0)::text,
           coalesce(sum(n) filter (where ended = 'done' and class = 32767), 0)::bigint
    from delivery_counts
    where program_id = this_program() and measure = %(measure)s and week = any(%(weeks)s)
      and rule = any(%(rules)s) and location <> '' and location <> '*' and location <> '+'
      and (%(seen)s::text[] is null or location = any(%(seen)s))
      and (%(location)s::text is null or location = %(location)s)
      and (%(market)s::text is null or market = %(market)s)
      and (%(supplier)s::text is null or supplier = %(supplier)s)
    group by location
"""


@dataclass(frozen=True, slots=True)
class Places:
    """The slowest locations, and how many there are; how promises were kept there is added if asked for."""

    found: Mapping[str, Figure]
    total: int


def load_slowest(
    tx: Transaction,
    asked: Asked,
    rules: Collection[str],
    underway: Iterable[Underway],
    now: datetime,
    limit: int,
) -> Places:
    """So many locations, those in which 95 % take longest, with what is under way there now.

    `rules`: all that anything ended by.
    """
    places = _added_up(tx, asked, rules)
    for each in underway:
        if each.location:
            lasted = each.lasted(now) // timedelta(milliseconds=1)
            places.setdefault(each.location, Waits()).add(class_of(lasted), 1, done=False)
    slowness = {place: waits.within(95) or waits.at_least() or 0 for place, waits in places.items()}
    slowest = sorted(slowness, key=lambda place: (-slowness[place], place))[:limit]
    return Places({place: Figure(places[place]) for place in slowest}, len(places))


def _added_up(tx: Transaction, asked: Asked, rules: Collection[str]) -> dict[str, Waits]:
    """What ended at each location that is asked for."""
    scope, part = asked.scope, asked.part
    # One row a location and week is little: another process would take longer to begin than they take.
    tx.execute("set local max_parallel_workers_per_gather = 0")
    # They are hashed, not sorted: nobody can guess how many there are behind row security.
    tx.execute("set local enable_sort = off")
    rows = tx.execute(
        _KEPT if part.rule is None and part.supplier is None else _COUNTED,
        {
            "measure": asked.measure,
            "weeks": asked.weeks,
            "rules": list(rules),
            # Row security holds to it anyway; named, they are found without a look at all others.
            "seen": None if scope.whole or scope.markets else list(scope.locations),
            "location": part.location,
            "market": part.market,
            "supplier": part.supplier,
        },
    ).fetchall()
    tx.execute("set local enable_sort = on")
    places: dict[str, Waits] = {}
    for location, done, stopped, never in rows:
        waits = places[location] = Waits(classes_in(done), classes_in(stopped))
        if never:
            waits.add(NEVER, never, done=True)
    return places


def add_promises(tx: Transaction, asked: Asked, rules: Collection[str], found: Mapping[str, Figure]) -> None:
    """Count at each of these locations how often what was promised was kept."""
    for location, kept, n in tx.execute(
        """
        select location, kept, sum(n)::bigint from delivery_counts
        where program_id = this_program() and measure = %(measure)s and location = any(%(locations)s)
          and week = any(%(weeks)s) and rule = any(%(rules)s) and kept < 3
          and (%(market)s::text is null or market = %(market)s)
          and (%(supplier)s::text is null or supplier = %(supplier)s)
        group by 1, 2
        """,
        {
            "measure": asked.measure,
            "weeks": asked.weeks,
            "rules": ["*"] if asked.all_of_it else list(rules),
            "locations": list(found),
            "market": asked.part.market,
            "supplier": asked.part.supplier,
        },
    ).fetchall():
        found[location].kept[kept] += n
