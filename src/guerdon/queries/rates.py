"""Figures in one unit: amounts of several are converted by the table that was imported, never guessed.

SQL does the same anywhere by `rate_on(unit, into, day)` (schema/0008): the rate of the day, or the last one
before it, at most a week old. Where there is none, the amount is left out of the sum and named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from guerdon.store.database import Transaction
from guerdon.values.money import Unit


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a unit on a day."""

    day: date
    unit: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Converted:
    """A sum in one unit; `missing` is what could not be converted, by day and unit, and is not in it."""

    unit: str
    amount_minor: int
    missing: tuple[Amount, ...]


def load_converted(
    tx: Transaction, units: Mapping[str, Unit], amounts: Sequence[Amount], into: str
) -> Converted:
    """Add amounts up in one unit; each day's sum of a unit is rounded by itself, half away from zero."""
    rows = tx.execute(
        """
        with given as (
          select d as day, u as unit, sum(a)::numeric as amount
          from unnest(%(days)s::date[], %(units)s::text[], %(amounts)s::bigint[]) as g (d, u, a) group by 1, 2
        )
        select g.day, g.unit, g.amount::bigint,
               round(g.amount * rate_on(g.unit, %(into)s, g.day)
                     * power(10::numeric, %(shown)s - n.digits))::bigint
        from given g
        join unnest(%(names)s::text[], %(digits)s::integer[]) as n (unit, digits) using (unit)
        order by g.day, g.unit
        """,
        {
            "days": [amount.day for amount in amounts],
            "units": [amount.unit for amount in amounts],
            "amounts": [amount.amount_minor for amount in amounts],
            "names": list(units),
            "digits": [unit.digits for unit in units.values()],
            "shown": units[into].digits,
            "into": into,
        },
    ).fetchall()
    missing = tuple(Amount(day, unit, amount) for day, unit, amount, worth in rows if worth is None)
    return Converted(into, sum(worth for *_, worth in rows if worth is not None), missing)


def load_rate(tx: Transaction, base: str, quote: str, day: date) -> Decimal | None:
    """What one unit of `base` was worth in `quote` on a day; None where nothing is known."""
    row = tx.execute("select rate_on(%s, %s, %s)", (base, quote, day)).fetchone()
    assert row is not None
    return Decimal(row[0]) if row[0] is not None else None
