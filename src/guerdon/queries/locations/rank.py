"""Where a location stands among those of its market: a place, and never another one's figures.

The measure is what members did there in four weeks: the events that were told for it, from the rollup of
locations (schema 0062). Where a market has few locations, a place would say too much of the others.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from guerdon.store.database import Transaction

DAYS = 28
LOCATIONS_MIN = 3


@dataclass(frozen=True, slots=True)
class Rank:
    """A place, counted from 1, among so many locations; those with as much share it. `events`: its own."""

    place: int
    of: int
    events: int


def load_rank(tx: Transaction, place: tuple[str, str], of: int, today: date) -> Rank | None:
    """The rank of a place (location, market) among the `of` locations of its market in the last four weeks.

    None where the market has too few of them, or nothing was told of this one. The transaction sees all of
    the market; what leaves here is of this location alone.
    """
    if of < LOCATIONS_MIN:
        return None
    row = tx.execute(
        """
        with told as (
          select location, sum(events) as n from location_days
          where program_id = this_program() and day > %(first)s and day <= %(today)s and market = %(market)s
          group by location
        )
        select own.n, (select count(*) from told where n > own.n) + 1
        from told own where own.location = %(location)s and own.n > 0
        """,
        {"first": today - timedelta(days=DAYS), "today": today, "market": place[1], "location": place[0]},
    ).fetchone()
    return None if row is None else Rank(int(row[1]), of, int(row[0]))
