"""Budgets as they stand: what each was given, what is promised, set aside, spent and free, and until when.

A node stands for itself and all below it: what it gave down the tree is not used up yet. The forecast is a
straight line through the last four weeks' net outflow, and none is made from fewer than three days: a demo's
first minute would empty any budget by tomorrow.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from guerdon.ledger.chart import FUNDING
from guerdon.program.model import Budget, BudgetPeriod, Program
from guerdon.rules.budgets import current_periods, period_end, period_start
from guerdon.store.database import Transaction, seeing_sets

PACE_DAYS = 28
PACE_DAYS_MIN = 3
FORECAST_DAYS_MAX = 3_650


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts of a node, or of it with all below it, in minor units."""

    limit: int = 0
    posted: int = 0
    held: int = 0
    committed: int = 0
    spent: int = 0
    owed: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.limit + other.limit,
            self.posted + other.posted,
            self.held + other.held,
            self.committed + other.committed,
            self.spent + other.spent,
            self.owed + other.owed,
        )

    @property
    def free(self) -> int:
        """What may still be given."""
        return self.posted - self.held


@dataclass(frozen=True, slots=True)
class Refill:
    """How a node is topped up, and when it was in this period."""

    below: int
    amount: int
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pace:
    """What flows out of a node by the day, over so many days; too few days say nothing."""

    outflow: int
    days: int

    @property
    def is_early(self) -> bool:
        """Whether it is too early to say."""
        return self.days < PACE_DAYS_MIN

    def lasts_days(self, free: int) -> int | None:
        """For how many days this much lasts; None when it does not end at this pace."""
        if self.is_early or self.outflow <= 0:
            return None
        lasts = max(free, 0) * self.days // self.outflow
        return lasts if lasts <= FORECAST_DAYS_MAX else None


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A node: `sums` with all below it, `own` its own account alone."""

    account: str
    budget: str
    place: str
    market: str | None
    location: str | None
    unit: str
    parent: str | None
    depth: int
    children: int
    cycle: BudgetPeriod
    period: date
    sums: Sums
    own: Sums
    pace: Pace
    today: date
    refill: Refill | None

    @property
    def left(self) -> int:
        """What may still be given here and below."""
        return self.sums.free

    @property
    def total(self) -> int:
        """What it was given in this period; more, when rewards of the one before came back."""
        return max(self.sums.limit, self.sums.posted)

    @property
    def used_share(self) -> float:
        """What is used of it, as a share of one: given or set aside."""
        return max(0.0, 1 - self.left / self.total) if self.total > 0 else 0.0

    @property
    def runs_out_in_days(self) -> int | None:
        """In how many days nothing is left, at the pace of late."""
        return self.pace.lasts_days(self.left)

    @property
    def runs_out_on(self) -> date | None:
        """The day on which nothing is left, at the pace of late; None when that is not in this period."""
        lasts = self.runs_out_in_days
        if lasts is None:
            return None
        day, end = self.today + timedelta(days=lasts), period_end(self.cycle, self.period)
        return day if end is None or day < end else None


def list_budgets(
    tx: Transaction, program: Program, today: date, market: str | None = None
) -> list[BudgetLine]:
    """The nodes that pay (those with nothing below them), the most used first."""
    lines = load_tree(tx, program, today, committed=False)
    found = [line for line in lines if not line.children and market in {None, line.market}]
    return sorted(found, key=lambda line: (-line.used_share, line.account))


def load_tree(tx: Transaction, program: Program, today: date, *, committed: bool = True) -> list[BudgetLine]:
    """Every node, each followed by those below it, in the program's order.

    What members have not spent yet is added up from their rewards, which costs a look at each: ask for it
    where it is shown.
    """
    lines = load_nodes(tx, program, today)
    promised = _load_committed(tx) if committed else {}
    paces = load_paces(tx, program, list(lines), today)
    lines = {
        name: replace(
            line,
            own=replace(line.own, committed=promised.get((name, line.unit), 0)),
            pace=paces.get(name, Pace(0, 0)),
        )
        for name, line in lines.items()
    }
    below: dict[str | None, list[str]] = defaultdict(list)
    for name in _in_order(program, lines):
        parent = lines[name].parent
        below[parent if parent in lines else None].append(name)
    return [line for root in below[None] for line in _with_all_below(lines, below, root, 0)]


def _with_all_below(
    lines: Mapping[str, BudgetLine], below: Mapping[str | None, Sequence[str]], name: str, depth: int
) -> list[BudgetLine]:
    line, found, children = lines[name], [], below.get(name, ())
    sums, outflow = line.own, line.pace.outflow
    for child in children:
        branch = _with_all_below(lines, below, child, depth + 1)
        sums, outflow = sums + branch[0].sums, outflow + branch[0].pace.outflow
        found += branch
    days = max([line.pace.days, *(each.pace.days for each in found)])
    whole = replace(line, depth=depth, children=len(children), sums=sums, pace=Pace(outflow, days))
    return [whole, *found]


def _in_order(program: Program, lines: Iterable[str]) -> list[str]:
    places = {
        f"budget:{budget.key}:{place}": (at, number)
        for at, budget in enumerate(program.budgets.values())
        for number, place in enumerate(budget.nodes)
    }
    return sorted(lines, key=lambda name: (places.get(name, (len(program.budgets), 0)), name))


def load_nodes(tx: Transaction, program: Program, today: date) -> dict[str, BudgetLine]:
    """Every node by its account, each for itself, without its pace."""
    rows = tx.execute(
        """
        select distinct on (n.name) n.name, n.budget, n.market, n.location, n.unit, n.parent, n.period,
               n.allocated, a.posted, a.held, coalesce(s.posted, 0) - n.spent_before, coalesce(o.posted, 0)
        from budget_nodes n
        join accounts a on (a.program_id, a.member_id, a.name, a.unit) = (n.program_id, 0, n.name, n.unit)
        left join accounts s on s.program_id = n.program_id and s.member_id = 0 and s.unit = n.unit
                            and s.name = 'spent:' || substr(n.name, 8)
        left join accounts o on o.program_id = n.program_id and o.member_id = 0 and o.unit = n.unit
                            and o.name = 'owed:' || substr(n.name, 8)
        where n.program_id = this_program()
        order by n.name, n.closed_at desc nulls first, n.unit
        """,
        (),
    ).fetchall()
    topped_up = _load_topped_up(tx, today)
    found = {}
    for name, key, market, location, unit, parent, period, limit, posted, held, spent, owed in rows:
        budget, place = program.budgets.get(key), name.split(":", 2)[2]
        if (budget is None or place not in budget.nodes) and not (limit or posted or held):
            continue
        own = Sums(limit, posted, held, 0, spent, owed)
        cycle: BudgetPeriod = budget.period if budget else "none"
        # A refill is of the calendar's period: between midnight and the worker's turn, of the one to come.
        done = topped_up.get((name, period_start(cycle, today)))
        refill = _refill(budget, place, done)
        found[name] = BudgetLine(
            name,
            key,
            place,
            market,
            location,
            unit,
            parent,
            0,
            0,
            cycle,
            period,
            own,
            own,
            Pace(0, 0),
            today,
            refill,
        )
    return found


def _refill(budget: Budget | None, place: str, done_at: datetime | None) -> Refill | None:
    if budget is None or budget.top_up is None or not budget.top_up.amount.get(place):
        return None
    if place not in budget.nodes or budget.nodes[place].parent_account is None:
        return None
    return Refill(budget.top_up.below.get(place, 0), budget.top_up.amount[place], done_at)


def _load_topped_up(tx: Transaction, today: date) -> dict[tuple[str, date], datetime]:
    rows = tx.execute(
        """
        select name, period, recorded_at from top_ups
        where program_id = this_program() and period = any(%s)
        """,
        (list(current_periods(today)),),
    ).fetchall()
    return {(name, period): at for name, period, at in rows}


def _load_committed(tx: Transaction) -> dict[tuple[str, str], int]:
    """What members hold of what each account paid, not spent, expired or taken back yet."""
    with seeing_sets(tx):
        rows = tx.execute(
            """
            select payer, unit, sum(remaining)::bigint from rewards
            where program_id = this_program() and state in ('pending', 'ready') group by payer, unit
            """,
            (),
        ).fetchall()
    return {(payer, unit): total for payer, unit, total in rows}


def load_paces(
    tx: Transaction, program: Program, names: Sequence[str], today: date, of: Sequence[str] | None = None
) -> dict[str, Pace]:
    """Net outflow to members and back, not up and down the tree, since four weeks ago or its first day.

    `names` is the whole tree; with `of` only these of it are asked for.
    """
    zone = ZoneInfo(program.time_zone)
    since = datetime.combine(today - timedelta(days=PACE_DAYS - 1), time.min, zone)
    # Of another process the beginning would take longer than the sums.
    tx.execute("set local max_parallel_workers_per_gather = 0")
    with seeing_sets(tx):
        rows = tx.execute(
            """
        with moved as (
          select from_account as name, amount, recorded_at from transfers
          where program_id = this_program() and recorded_at >= %(since)s and from_account = any(%(of)s)
            and from_account not in ('purse', 'pending', 'debt')
            and to_account <> %(f)s and to_account <> all(%(n)s)
          union all
          select to_account, -amount, recorded_at from transfers
          where program_id = this_program() and recorded_at >= %(since)s and to_account = any(%(of)s)
            and to_account not in ('purse', 'pending', 'debt')
            and from_account <> %(f)s and from_account <> all(%(n)s)
        )
        select name, sum(amount)::bigint, min(recorded_at) from moved group by name
        """,
            {"since": since, "n": list(names), "f": FUNDING, "of": list(names if of is None else of)},
        ).fetchall()
    return {
        name: Pace(outflow, min((today - first.astimezone(zone).date()).days + 1, PACE_DAYS))
        for name, outflow, first in rows
    }


def used_percent(line: BudgetLine) -> Decimal:
    """What is used of a node in percent, exactly."""
    return Decimal(100) * (line.total - line.left) / line.total if line.total > 0 else Decimal(0)
