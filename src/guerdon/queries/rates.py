"""Figures in one unit: amounts of several are converted by the table that was imported, never guessed.

SQL does the same anywhere by `rate_on(unit, into, day)` (schema/0008): the rate of the day, or the last one
before it, at most a week old. Where there is none, the amount is left out of the sum and named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from guerdon.store.database import Transaction
from guerdon.values.money import Unit


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a unit on a day."""

    day: date
    unit: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RateTaken:
    """The rate by which amounts of a unit on a day were converted, and the day whose rate it is."""

    unit: str
    day: date
    rate_day: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Converted:
    """A sum in one unit; `missing` is what could not be converted, by day and unit, and is not in it."""

    unit: str
    amount_minor: int
    missing: tuple[Amount, ...]
    rates: tuple[RateTaken, ...] = ()


def load_converted(
    tx: Transaction, units: Mapping[str, Unit], amounts: Sequence[Amount], into: str
) -> Converted:
    """Add amounts up in one unit; each day's sum of a unit is rounded by itself, half away from zero."""
    return load_several(tx, units, {"": amounts}, into)[""]


def load_several(
    tx: Transaction, units: Mapping[str, Unit], sums: Mapping[str, Sequence[Amount]], into: str
) -> dict[str, Converted]:
    """Add up several sums, by name, as `load_converted` does one; what is zero needs no rate.

    A unit that the program does not have any more is missing: nobody knows how many digits it had.
    """
    given = [(name, amount) for name, amounts in sums.items() for amount in amounts]
    rows = tx.execute(
        """
        with given as (
          select s as name, d as day, u as unit, sum(a)::numeric as amount
          from unnest(%(sums)s::text[], %(days)s::date[], %(units)s::text[], %(amounts)s::bigint[])
            as g (s, d, u, a)
          group by 1, 2, 3 having sum(a) <> 0
        ),
        -- Which day's rate it is that rate_on takes: the pair itself goes before the pair turned round.
        priced as (
          select p.day, p.unit, rate_on(p.unit, %(into)s, p.day) as rate,
            case when p.unit = %(into)s then p.day else coalesce(
              (select max(r.day) from rates r
               where r.program_id = (select this_program()) and r.base = p.unit and r.quote = %(into)s
                 and r.day between p.day - 7 and p.day),
              (select max(r.day) from rates r
               where r.program_id = (select this_program()) and r.base = %(into)s and r.quote = p.unit
                 and r.day between p.day - 7 and p.day)) end as rate_day
          from (select distinct day, unit from given) p
        )
        select g.name, g.day, g.unit, g.amount, p.rate_day, p.rate,
               round(g.amount * p.rate * power(10::numeric, %(shown)s - n.digits))
        from given g
        join priced p using (day, unit)
        left join unnest(%(names)s::text[], %(digits)s::integer[]) as n (unit, digits) using (unit)
        order by g.day, g.unit
        """,
        {
            "sums": [name for name, _ in given],
            "days": [amount.day for _, amount in given],
            "units": [amount.unit for _, amount in given],
            "amounts": [amount.amount_minor for _, amount in given],
            "names": list(units),
            "digits": [unit.digits for unit in units.values()],
            "shown": units[into].digits,
            "into": into,
        },
    ).fetchall()
    return {name: _converted(into, [row[1:] for row in rows if row[0] == name]) for name in sums}


def _converted(into: str, rows: Sequence[Sequence[Any]]) -> Converted:
    return Converted(
        into,
        sum(int(worth) for *_, worth in rows if worth is not None),
        tuple(Amount(day, unit, int(amount)) for day, unit, amount, _, _, worth in rows if worth is None),
        tuple(
            RateTaken(unit, day, rate_day, rate)
            for day, unit, _, rate_day, rate, worth in rows
            if worth is not None and unit != into
        ),
    )


def load_rate(tx: Transaction, base: str, quote: str, day: date) -> Decimal | None:
    """What one unit of `base` was worth in `quote` on a day; None where nothing is known."""
    row = tx.execute("select rate_on(%s, %s, %s)", (base, quote, day)).fetchone()
    assert row is not None
    return Decimal(row[0]) if row[0] is not None else None
