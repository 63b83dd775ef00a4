"""Budgets as rules see them: whether a node can pay, and what its parent has to add so that it can.

A node that would fall below its threshold is topped up out of what its parent has free, once a period: in
full while there is time, and when a reward would fail, with whatever is there, if that is enough. It never
makes new money, and the transfer's id comes from account and period, so that it is the same one whoever makes
it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from guerdon.ledger.chart import budget_account, is_bounded
from guerdon.ledger.effects import Post, TopUp
from guerdon.program.model import Budget, BudgetPeriod, Program
from guerdon.values.ids import derived_id

# The one period of what knows no periods; a budget without them is topped up once for good.
NO_PERIOD = date(1, 1, 1)
QUARTER_MONTHS = 3


def period_start(period: BudgetPeriod, day: date) -> date:
    """The first day of the period that a day (of the program's time zone) belongs to."""
    match period:
        case "none":
            return NO_PERIOD
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % QUARTER_MONTHS, day=1)
        case "year":
            return day.replace(month=1, day=1)


def period_end(period: BudgetPeriod, start: date) -> date | None:
    """The first day after a period; None when it does not end."""
    months = {"none": 0, "month": 1, "quarter": QUARTER_MONTHS, "year": 12}[period]
    if not months:
        return None
    later = start.month - 1 + months
    return date(start.year + later // 12, later % 12 + 1, 1)


def current_periods(day: date) -> tuple[date, ...]:
    """All periods that a day belongs to, whatever their length."""
    return (NO_PERIOD, *sorted({period_start(each, day) for each in ("month", "quarter", "year")}))


class Pools(Protocol):
    """What of a batch's facts is asked here."""

    topped_up: set[tuple[str, date]]

    def pool_left(self, account: str) -> int:
        """What a pool can still pay."""

    def fold_pool(self, account: str, change: int, unit: str) -> None:
        """Change a pool."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A node that is topped up by its parent: below which balance, and by how much."""

    account: str
    parent: str
    unit: str
    period: BudgetPeriod
    below: int
    amount: int


@dataclass(frozen=True, slots=True)
class Tree:
    """The nodes of a program's budgets that are topped up, by account."""

    branches: Mapping[str, Branch]

    def pools_above(self, payers: Iterable[str]) -> set[str]:
        """The accounts that may have to give so that these can pay: to be loaded beside them."""
        found: set[str] = set()
        for payer in payers:
            branch = self.branches.get(payer)
            while branch is not None and branch.parent not in found:
                found.add(branch.parent)
                branch = self.branches.get(branch.parent)
        return found


@dataclass(frozen=True, slots=True)
class _Given:
    branch: Branch
    period: date
    amount: int


def budget_tree(program: Program) -> Tree:
    """The tree of a program's budgets."""
    return Tree(
        {branch.account: branch for budget in program.budgets.values() for branch in _branches(budget)}
    )


def _branches(budget: Budget) -> Iterable[Branch]:
    if budget.top_up is None:
        return
    for place, node in budget.nodes.items():
        amount = budget.top_up.amount.get(place, 0)
        if node.parent_account is not None and amount > 0:
            below = budget.top_up.below.get(place, 0)
            account = budget_account(budget.key, place)
            yield Branch(account, node.parent_account, node.unit, budget.period, below, amount)


def cover(tree: Tree, facts: Pools, payer: str, value: int, day: date) -> tuple[Post | TopUp, ...] | None:
    """What has to be done first so that a node can pay so much on a day; None: it cannot.

    Folded into the facts already. The payment itself is the caller's to fold.
    """
    if not is_bounded(payer):
        return ()
    given: list[_Given] = []
    if not _provide(tree, facts, payer, value, day, given):
        return None
    effects: list[Post | TopUp] = []
    for each in given:
        branch = each.branch
        facts.fold_pool(branch.parent, -each.amount, branch.unit)
        facts.fold_pool(branch.account, each.amount, branch.unit)
        facts.topped_up.add((branch.account, each.period))
        effects += [
            Post(
                top_up_id(branch.account, each.period),
                branch.parent,
                branch.account,
                branch.unit,
                each.amount,
            ),
            TopUp(branch.account, each.period, each.amount),
        ]
    return tuple(effects)


def top_up_id(account: str, period: date) -> int:
    """The id of the one transfer that tops a node up in a period."""
    return derived_id(0, "top_up", account, period.isoformat())


def _provide(tree: Tree, facts: Pools, account: str, value: int, day: date, given: list[_Given]) -> bool:
    """Whether an account can pay; adds what has to be given for it, the highest first."""
    left = facts.pool_left(account)
    branch = tree.branches.get(account)
    if branch is None or left - value >= branch.below:
        return left >= value
    period = period_start(branch.period, day)
    if (account, period) in facts.topped_up:
        return left >= value
    above: list[_Given] = []
    if _provide(tree, facts, branch.parent, branch.amount, day, above):
        given += [*above, _Given(branch, period, branch.amount)]
        return left + branch.amount >= value
    rest = facts.pool_left(branch.parent)
    if left < value <= left + rest:
        given.append(_Given(branch, period, rest))
        return True
    return left >= value
