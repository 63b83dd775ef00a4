"""The slowest locations: found where their rows are, for of hundreds a page shows a few."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

from guerdon.queries.deliveries.figures import Asked, Figure
from guerdon.queries.deliveries.underway import Underway
from guerdon.store.database import Transaction
from guerdon.values.waits import class_of

_SLOWEST: LiteralString = """
    with cells as materialized (
      -- In the order of bytes: it is quicker, and any order will do.
      select location, class, coalesce(sum(n) filter (where ended = 'done'), 0)::float8 as done,
             sum(n)::float8 as n
      from (
        select location collate "C" as location, class, ended, n
        from delivery_counts
        where program_id = this_program() and measure = %(measure)s and week = any(%(weeks)s)
          and rule = any(%(rules)s) and location <> '*' and location <> '+'
          and (%(seen)s::text[] is null or location = any(%(seen)s))
          and (%(location)s::text is null or location = %(location)s)
          and (%(market)s::text is null or market = %(market)s)
          and (%(supplier)s::text is null or supplier = %(supplier)s)
        union all
        select u.location, u.class, 'lasting', u.n
        from unnest(%(places)s::text[], %(classes)s::smallint[], %(ns)s::bigint[])
             as u (location, class, n)
      ) each
      where location <> ''
      group by location, class
    ),
    stood as (
      select location, class, done,
             sum(n) over (partition by location) - coalesce(sum(n) over (
               partition by location order by class rows between unbounded preceding and 1 preceding
             ), 0) as there
      from cells
    ),
    rest as (
      select location, class, done,
             sum(case when done = 0 then 0 when done = there then -1000
                      else ln((there - done) / there) end)
               over (partition by location order by class rows unbounded preceding) as left_over
      from stood
    ),
    ranked as (
      select location, count(*) over () as total,
             coalesce(nullif(min(class) filter (where done > 0 and left_over <= ln(0.05) + 1e-9), 32767),
                      max(class) filter (where class < 32767), 0) as slowness
      from rest group by location
      order by slowness desc, location limit %(limit)s
    )
    select r.location, c.class, c.done::bigint, (c.n - c.done)::bigint, r.total
    from ranked r join cells c using (location) order by r.slowness desc, r.location
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

    `rules`: all that anything ended by. The order is that of `Waits.within`, or else of what was seen at
    most; logarithms are exact enough for an order, and what is shown is counted from the classes themselves.
    """
    lasting = Counter(
        (each.location, class_of(each.lasted(now) // timedelta(milliseconds=1)))
        for each in underway
        if each.location
    )
    scope = asked.scope
    # Some ten thousand rows: another process would take longer to begin than they take.
    tx.execute("set local max_parallel_workers_per_gather = 0")
    # They are hashed, not sorted: nobody can guess how many there are behind row security.
    tx.execute("set local enable_sort = off")
    rows = tx.execute(
        _SLOWEST,
        {
            "measure": asked.measure,
            "weeks": asked.weeks,
            "rules": ["*"] if asked.all_of_it else list(rules),
            # Row security holds to it anyway; named, they are found without a look at all others.
            "seen": None if scope.whole or scope.markets else list(scope.locations),
            "location": asked.part.location,
            "market": asked.part.market,
            "supplier": asked.part.supplier,
            "places": [place for place, _ in lasting],
            "classes": [of_class for _, of_class in lasting],
            "ns": list(lasting.values()),
            "limit": limit,
        },
    ).fetchall()
    tx.execute("set local enable_sort = on")
    found: dict[str, Figure] = {}
    for location, of_class, done, lasting, _ in rows:
        waits = found.setdefault(location, Figure()).waits
        if done:
            waits.add(of_class, done, done=True)
        if lasting:
            waits.add(of_class, lasting, done=False)
    return Places(found, rows[0][4] if rows else 0)


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
