"""Figures of the delivery clock: what ended, by each dimension and week, with what is still under way.

Sums come from the counts that the worker keeps. What is under way is counted where it stands, as lasting at
least as long as it has: see `values.waits`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.queries.deliveries.underway import Part, Underway
from guerdon.store.database import Transaction
from guerdon.values.waits import Waits, class_of

# arrival: until we were told. given: until the reward was there to choose with. choosing: the member's own
# time. handed: from choosing until it was in their hands. whole: our part, given and handed together. opened
# and used: from then on until its member saw it, and until it was used; theirs, too.
Measure = Literal["arrival", "given", "choosing", "handed", "whole", "opened", "used"]
Dimension = Literal["rule", "market", "location", "supplier", "week", "all"]
# By these a place, a rule or a supplier is told; they are names of columns, too.
BY: tuple[Dimension, ...] = ("rule", "location", "supplier", "market")
KEPT, LATER, BROKEN = 0, 1, 2
WEEK = timedelta(days=7)


@dataclass(slots=True)
class Figure:
    """How long it took, and how often what was promised was kept: as a rule, at most, or not."""

    waits: Waits = field(default_factory=Waits)
    kept: list[int] = field(default_factory=lambda: [0, 0, 0])

    @property
    def promised(self) -> int:
        """How many had a promise that is decided by now."""
        return sum(self.kept)


Figures = Mapping[Dimension, Mapping[str, Figure]]


ALL = Part()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which figures: of a measure, in weeks (their Mondays) from the first to the last, of a part.

    `scope` is what whoever asks may see, which row security holds to anyway: it says which sums are read.
    """

    measure: Measure
    first: date
    last: date
    part: Part = ALL
    scope: Scope = WHOLE_PROGRAM

    @property
    def weeks(self) -> list[date]:
        """The Mondays: named one by one, each is found without a look at what lies between them."""
        return mondays(self.first, self.last)

    @property
    def all_of_it(self) -> bool:
        """Whether it is the whole program, so that what is added up under each dimension says it."""
        return self.scope.whole and self.part.whole


def mondays(first: date, last: date) -> list[date]:
    """The Mondays from one to another."""
    return [first + n * WEEK for n in range((last - first) // WEEK + 1)]


def load_figures(tx: Transaction, asked: Asked) -> dict[Dimension, dict[str, Figure]]:
    """What ended, under each dimension but the location; `all` has one, under the empty name."""
    rows = _added_up(tx, asked) if asked.all_of_it else _added_here(tx, asked)
    figures: dict[Dimension, dict[str, Figure]] = {"all": {"": Figure()}}
    for dimension, key, ended, kept, of_class, n in rows:
        figure = figures.setdefault(dimension, {}).setdefault(key, Figure())
        figure.waits.add(of_class, n, done=ended == "done")
        if kept < len(figure.kept):
            figure.kept[kept] += n
    return figures


def load_handed(tx: Transaction, first: date, last: date) -> dict[str, Waits]:
    """How long each supplier took in these weeks, in the whole program; a narrower scope sees none.

    Items with a lead time are left out: what takes days by agreement says nothing of what is there at once.
    """
    rows = tx.execute(
        """
        select supplier, ended, class, sum(case measure when 'handed' then n else -n end)::bigint as n
        from delivery_counts
        where program_id = this_program() and measure in ('handed', 'awaited') and location = '*'
          and week = any(%s) and rule = '*' and market = '*' and supplier <> '*'
        group by 1, 2, 3
        having sum(case measure when 'handed' then n else -n end) > 0
        """,
        (mondays(first, last),),
    ).fetchall()
    found: dict[str, Waits] = {}
    for supplier, ended, of_class, n in rows:
        found.setdefault(supplier, Waits()).add(of_class, n, done=ended == "done")
    return found


def add_underway(
    figures: dict[Dimension, dict[str, Figure]],
    underway: Iterable[Underway],
    now: datetime,
    zone: ZoneInfo,
    weeks: tuple[date, date],
) -> list[Underway]:
    """Count what is under way under all that it belongs to: it lasts at least so long. Which began then."""
    counted = []
    for each in underway:
        day = each.since.astimezone(zone).date()
        week = day - timedelta(days=day.weekday())
        if not weeks[0] <= week <= weeks[1]:
            continue
        counted.append(each)
        of_class = class_of(each.lasted(now) // timedelta(milliseconds=1))
        keys: Sequence[tuple[Dimension, str]] = (
            ("all", ""),
            ("week", week.isoformat()),
            ("rule", each.rule),
            ("market", each.market),
            ("supplier", each.supplier),
        )
        for dimension, key in keys:
            figure = figures.setdefault(dimension, {}).setdefault(key, Figure())
            figure.waits.add(of_class, 1, done=False)
    return counted


def _added_up(tx: Transaction, asked: Asked) -> list[tuple[Dimension, str, str, int, int, int]]:
    """Of the whole program: what is kept added up under each dimension."""
    return [
        (row[0], row[1], row[2], row[3], row[4], row[5])
        for row in tx.execute(
            """
            with cells as materialized (
              select week, rule, market, supplier, ended, kept, class, n,
                     case when rule <> '*' then 'rule' when market <> '*' then 'market'
                          when supplier <> '*' then 'supplier' else 'all' end as dimension
              from delivery_counts
              where program_id = this_program() and measure = %s and location = '*' and week = any(%s)
            )
            select dimension, case dimension when 'rule' then rule when 'market' then market
                                             when 'supplier' then supplier else '' end,
                   ended, kept, class, sum(n)::bigint
            from cells group by 1, 2, 3, 4, 5
            union all
            select 'week', week::text, ended, kept, class, sum(n)::bigint
            from cells where dimension = 'all' group by 2, 3, 4, 5
            """,
            (asked.measure, asked.weeks),
        ).fetchall()
    ]


def _added_here(tx: Transaction, asked: Asked) -> list[tuple[Dimension, str, str, int, int, int]]:
    """Of a part, or of what a narrower scope sees: added up here.

    What is added up over locations is read, but where one is asked for, or somebody sees no more than some;
    whoever sees markets and locations sees a location's rows where its market is not seen anyway.
    """
    part, scope = asked.part, asked.scope
    coarse = part.location is None and (bool(scope.markets) or scope.whole)
    fine = [part.location] if part.location is not None else list(scope.locations)
    return [
        (row[0], row[1], row[2], row[3], row[4], row[5])
        for row in tx.execute(
            """
            select case when grouping(rule) = 0 then 'rule' when grouping(market) = 0 then 'market'
                        when grouping(supplier) = 0 then 'supplier'
                        when grouping(week) = 0 then 'week' else 'all' end,
                   case when grouping(rule) = 0 then rule when grouping(market) = 0 then market
                        when grouping(supplier) = 0 then supplier
                        when grouping(week) = 0 then week::text else '' end,
                   ended, kept, class, sum(n)::bigint
            from delivery_counts
            where program_id = this_program() and measure = %(measure)s and week = any(%(weeks)s)
              and location = any(%(locations)s) and rule <> '*'
              and (%(markets)s::text[] is null or (location = '+') = (market = any(%(markets)s)))
              and (%(rule)s::text is null or rule = %(rule)s)
              and (%(market)s::text is null or market = %(market)s)
              and (%(supplier)s::text is null or supplier = %(supplier)s)
            group by ended, kept, class, grouping sets ((rule), (market), (supplier), (week), ())
            """,
            {
                "measure": asked.measure,
                "weeks": asked.weeks,
                "locations": [*(["+"] if coarse else []), *fine],
                "markets": list(scope.markets) if coarse and scope.locations else None,
                "rule": part.rule,
                "market": part.market,
                "supplier": part.supplier,
            },
        ).fetchall()
    ]
