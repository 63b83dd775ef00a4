"""Figures of all locations at once, of the last four weeks: a few statements over what is kept added up.

No event is read and no reward: a page of hundreds of locations costs the same whatever happened at them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from guerdon.access.grants import Scope
from guerdon.program.model import Location, Program
from guerdon.queries.deliveries.figures import mondays
from guerdon.queries.locations.budgets import PlaceBudget, load_place_budgets
from guerdon.store.database import Transaction
from guerdon.values.waits import NEVER, Waits, classes_in

DAYS = 28
BROKEN = 2


@dataclass(frozen=True, slots=True)
class Given:
    """What was given at a location in one unit, and what of it was redeemed, in minor units."""

    rewards: int = 0
    value: int = 0
    redeemed: int = 0


@dataclass(slots=True)
class Standing:
    """How one location stands; counts are of the last four weeks, `held` is what waits now."""

    location: Location
    # Events that came for it, on how many of the days up to the last one, and when that was.
    events: int = 0
    active_days: int = 0
    last_day: date | None = None
    reversed: int = 0
    refused: int = 0
    given: dict[str, Given] = field(default_factory=dict)
    held: int = 0
    held_since: datetime | None = None
    # Our part until it was in their hands, and theirs until they opened it.
    whole: Waits = field(default_factory=Waits)
    opened: Waits = field(default_factory=Waits)
    # What had a promise: kept as a rule, kept at most, broken. Known where it was slow.
    kept: list[int] = field(default_factory=lambda: [0, 0, 0])
    budgets: Sequence[PlaceBudget] = ()

    @property
    def key(self) -> str:
        """What the program calls it."""
        return self.location.key

    @property
    def rewards(self) -> int:
        """How many rewards were given, in all units."""
        return sum(given.rewards for given in self.given.values())

    @property
    def p95(self) -> int | None:
        """Within how many ms 95 % were in their member's hands."""
        return self.whole.within(95)

    @property
    def broken_share(self) -> float:
        """Which share of what was promised came later."""
        promised = sum(self.kept)
        return self.kept[BROKEN] / promised if promised else 0.0

    @property
    def opened_share(self) -> float | None:
        """Which share of what had come was opened; None where nothing came."""
        return min(self.opened.came / self.whole.came, 1.0) if self.whole.came else None

    def budget_in(self, unit: str | None = None) -> PlaceBudget | None:
        """The budget of which the largest share is used, in a unit or in any."""
        mine = [each for each in self.budgets if unit in {None, each.line.unit} and each.line.total > 0]
        return max(mine, key=lambda each: (each.line.used_share, each.line.account), default=None)

    def told_in(self, program: Program) -> str | None:
        """The unit in which it is told: the money of which most was given, its budget's, or any."""
        most = sorted(self.given, key=lambda unit: (-self.given[unit].rewards, unit))
        money = [unit for unit in most if unit in program.units and program.units[unit].kind == "money"]
        budget = self.budget_in()
        return next(iter(money), budget.line.unit if budget else next(iter(most), None))


def load_standings(
    tx: Transaction, program: Program, scope: Scope, today: date, exactly: str | None = None
) -> dict[str, Standing]:
    """How each location stands that may be seen, in the program's order.

    `exactly`: the one of which the paces of all budgets are asked for.
    """
    found = {
        key: Standing(location)
        for key, location in program.locations.items()
        if scope.covers(location.market, key)
    }
    first = today - timedelta(days=DAYS - 1)
    weeks = mondays(first - timedelta(days=first.weekday()), today - timedelta(days=today.weekday()))
    # They are few rows each: another process would take longer to begin than they take.
    tx.execute("set local max_parallel_workers_per_gather = 0")
    _add_days(tx, found, first, today)
    _add_given(tx, found, first, today)
    _add_held(tx, found)
    _add_waits(tx, found, weeks)
    slow = min((program.deliveries.of(rule).at_most for rule in program.rules), default=None)
    if slow is not None:
        _add_kept(tx, program, found, weeks, scope, slow)
    for key, budgets in load_place_budgets(tx, program, today, exactly).items():
        if key in found:
            found[key].budgets = budgets
    return found


def _add_days(tx: Transaction, found: Mapping[str, Standing], first: date, today: date) -> None:
    for key, events, back, active, last in tx.execute(
        """
        with days as (
          select location, day, sum(events)::bigint as events, sum(reversed)::bigint as reversed
          from location_days
          where program_id = this_program() and day between %(back)s and %(today)s
          group by 1, 2
        ),
        last as (select location, max(day) as day from days where events > 0 group by 1)
        select d.location,
               coalesce(sum(d.events) filter (where d.day >= %(first)s), 0)::bigint,
               coalesce(sum(d.reversed) filter (where d.day >= %(first)s), 0)::bigint,
               count(*) filter (where d.events > 0 and d.day > l.day - %(days)s),
               max(l.day)
        from days d left join last l using (location) group by 1
        """,
        {"back": first - timedelta(days=DAYS), "today": today, "first": first, "days": DAYS},
    ).fetchall():
        if key in found:
            here = found[key]
            here.events, here.reversed, here.active_days, here.last_day = events, back, active, last
    # Whose last sign of life may lie further back than that.
    quiet = [key for key, each in found.items() if each.last_day is None or each.last_day < first]
    for key, active, last in tx.execute(
        """
        select location, count(*) filter (where day > last - %(days)s), max(last) from (
          select q.location, d.day, max(d.day) over (partition by q.location) as last
          from unnest(%(quiet)s::text[]) as q (location)
          cross join lateral (
            select day from location_days
            where program_id = this_program() and location = q.location and events > 0 and day < %(first)s
            order by day desc limit %(days)s
          ) d
        ) days group by 1
        """,
        {"quiet": quiet, "days": DAYS, "first": first},
    ).fetchall():
        found[key].active_days, found[key].last_day = active, last


def _add_given(tx: Transaction, found: Mapping[str, Standing], first: date, today: date) -> None:
    for key, unit, rewards, value, refused, redeemed in tx.execute(
        """
        select location, unit, sum(issued)::bigint, sum(issued_value)::bigint, sum(refused)::bigint,
               sum(redeemed_value)::bigint
        from rollups
        where program_id = this_program() and day between %(first)s and %(today)s and location <> ''
        group by 1, 2 order by 1, 2
        """,
        {"first": first, "today": today},
    ).fetchall():
        if key in found:
            found[key].refused += refused
            if rewards or redeemed:
                found[key].given[unit] = Given(rewards, value, redeemed)


def _add_held(tx: Transaction, found: Mapping[str, Standing]) -> None:
    for key, n, since in tx.execute(
        """
        select location, count(*), min(created_at) from requests
        where program_id = this_program() and state in ('open', 'returned', 'approved') and kind = 'reward'
          and location is not null
        group by 1
        """
    ).fetchall():
        if key in found:
            found[key].held, found[key].held_since = n, since


def _add_waits(tx: Transaction, found: Mapping[str, Standing], weeks: Sequence[date]) -> None:
    for key, measure, done, stopped, never in tx.execute(
        """
        select location, measure, sum(done)::text, sum(stopped)::text, sum(never)::bigint
        from delivery_places
        where program_id = this_program() and measure in ('whole', 'opened') and week = any(%s)
        group by 1, 2
        """,
        (weeks,),
    ).fetchall():
        if key not in found:
            continue
        waits = Waits(classes_in(done), classes_in(stopped))
        if never:
            waits.add(NEVER, never, done=True)
        if measure == "whole":
            found[key].whole = waits
        else:
            found[key].opened = waits


def _add_kept(
    tx: Transaction,
    program: Program,
    found: Mapping[str, Standing],
    weeks: Sequence[date],
    scope: Scope,
    slow: timedelta,
) -> None:
    """How promises were kept where 95 % took longer than the shortest one; each rule has its own."""
    late = [key for key, each in found.items() if (each.p95 or 0) > slow // timedelta(milliseconds=1)]
    if not late:
        return
    for key, kept, n in tx.execute(
        """
        select location, kept, sum(n)::bigint from delivery_counts
        where program_id = this_program() and measure = 'whole' and location = any(%s) and week = any(%s)
          and rule = any(%s) and kept < 3
        group by 1, 2
        """,
        # What is added up over rules is seen by whoever sees the whole program.
        (late, weeks, ["*"] if scope.whole else list(program.rules)),
    ).fetchall():
        found[key].kept[kept] += n
