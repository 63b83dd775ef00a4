"""What was given and redeemed, by market and by location, in every unit: the overview's sums taken apart."""

from dataclasses import dataclass
from datetime import date

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A market or a location in one unit, amounts in minor units."""

    place: str
    unit: str
    issued: int
    issued_value: int
    redeemed: int
    redeemed_value: int


def list_markets(tx: Transaction, first: date, last: date, market: str | None = None) -> list[PlaceRow]:
    """What was given and redeemed in these days (both in), by unit and market."""
    rows = tx.execute(
        """
        select market, unit, sum(issued)::bigint, sum(issued_value)::bigint, sum(redeemed)::bigint,
               sum(redeemed_value)::bigint
        from rollups
        where day between %(first)s and %(last)s and (%(market)s::text is null or market = %(market)s)
        group by market, unit
        having sum(issued) <> 0 or sum(redeemed) <> 0
        order by unit, market
        """,
        {"first": first, "last": last, "market": market},
    ).fetchall()
    return [PlaceRow(*row) for row in rows]


def list_locations(
    tx: Transaction, first: date, last: date, market: str | None, at_most: int
) -> list[PlaceRow]:
    """The same by unit and location, those that gave most rewards first; what was nowhere is left out."""
    rows = tx.execute(
        """
        select location, unit, sum(issued)::bigint, sum(issued_value)::bigint, sum(redeemed)::bigint,
               sum(redeemed_value)::bigint
        from rollups
        where day between %(first)s and %(last)s and location <> ''
          and (%(market)s::text is null or market = %(market)s)
        group by location, unit
        having sum(issued) <> 0 or sum(redeemed) <> 0
        order by sum(issued) desc, location, unit limit %(most)s
        """,
        {"first": first, "last": last, "market": market, "most": at_most},
    ).fetchall()
    return [PlaceRow(*row) for row in rows]
