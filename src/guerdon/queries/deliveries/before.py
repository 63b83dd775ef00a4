"""How it was before: vouchers of old, by the nearest rank over all of them."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.queries.deliveries.underway import Part
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Before:
    """So many took so long; `by_day`: at least one is known to the day alone."""

    n: int
    half_ms: int
    most_ms: int
    first: datetime
    last: datetime
    by_day: bool


def load_before(tx: Transaction, part: Part) -> Before | None:
    """How long vouchers of old took at these places; None without any, and for a rule or a supplier."""
    if part.rule or part.supplier:
        return None
    row = tx.execute(
        """
        select count(*), percentile_disc(0.5) within group (order by delivered_on - requested_on),
               percentile_disc(0.95) within group (order by delivered_on - requested_on),
               min(requested_on), max(requested_on), coalesce(bool_or(by_day), false)
        from old_deliveries
        where program_id = this_program() and (%(market)s::text is null or market = %(market)s)
          and (%(location)s::text is null or location = %(location)s)
        """,
        {"market": part.market, "location": part.location},
    ).fetchone()
    assert row is not None
    n, half, most, first, last, by_day = row
    if not n:
        return None
    half_ms, most_ms = (round(each.total_seconds() * 1000) for each in (half, most))
    return Before(int(n), half_ms, most_ms, first, last, by_day)
