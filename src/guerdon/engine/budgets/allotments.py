"""How money spreads over a tree of budgets: what publishing moves, and what the beginning of a period does.

Pure: from the nodes as they stand to the moves in their order. Everything goes from parent to child or back,
and only what is free moves; what a parent lacks is left out and named.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from guerdon.ledger.chart import FUNDING, budget_account
from guerdon.program.model import Budget, BudgetNode, Program
from guerdon.rules.budgets import NO_PERIOD, period_start
from guerdon.store.budgets import AccountKey, NodeRow


class Move(NamedTuple):
    """So much from one account to another."""

    from_account: str
    to_account: str
    unit: str
    amount: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A node as the program has it."""

    name: str
    budget: Budget
    node: BudgetNode

    @property
    def above(self) -> str:
        """Where its money comes from."""
        return self.node.parent_account or FUNDING


@dataclass(slots=True)
class Spread:
    """Moves in their order, and what they lead to; `missing` is what a parent did not have for a node."""

    free: dict[AccountKey, int]
    moves: list[Move] = field(default_factory=list)
    missing: dict[str, int] = field(default_factory=dict)
    planned: dict[str, int] = field(default_factory=dict)

    def move(self, from_account: str, to_account: str, unit: str, at_most: int) -> int:
        """Move up to so much of what is free; how much it was."""
        amount = at_most
        if from_account != FUNDING:
            amount = min(at_most, self.free.get((from_account, unit), 0))
        if amount <= 0:
            return 0
        self.moves.append(Move(from_account, to_account, unit, amount))
        self.free[from_account, unit] = self.free.get((from_account, unit), 0) - amount
        self.free[to_account, unit] = self.free.get((to_account, unit), 0) + amount
        return amount

    def changes(self) -> dict[str, int]:
        """By how much each node has more or less of its own now."""
        totals: dict[str, int] = defaultdict(int)
        for move in self.moves:
            totals[move.from_account] -= move.amount
            totals[move.to_account] += move.amount
        return {name: change for name, change in totals.items() if change and name != FUNDING}


def wanted_nodes(program: Program) -> dict[str, Wanted]:
    """Every node of a program, parents before their children."""
    found = {
        budget_account(budget.key, place): Wanted(budget_account(budget.key, place), budget, node)
        for budget in program.budgets.values()
        for place, node in budget.nodes.items()
    }
    parents = {name: each.node.parent_account for name, each in found.items()}
    return {name: found[name] for name in sorted(found, key=lambda name: len(list(_above(parents, name))))}


def _above(parents: Mapping[str, str | None], name: str) -> Iterator[str]:
    above = parents.get(name)
    while above is not None:
        yield above
        above = parents.get(above)


def opened_node(wanted: Wanted, row: NodeRow | None, today: date) -> NodeRow:
    """A node's row as the program has it; one that is there keeps the period it stands in."""
    period = period_start(wanted.budget.period, today)
    if row is not None and NO_PERIOD not in {period, row.period}:
        period = row.period
    node = wanted.node
    return NodeRow(
        wanted.name,
        node.unit,
        wanted.budget.key,
        node.market,
        node.location,
        node.parent_account,
        period,
    )


def plan_publication(
    wanted: dict[str, Wanted], rows: Mapping[str, NodeRow], free: Mapping[AccountKey, int]
) -> Spread:
    """What a new text moves: differences to what the text before had given, nothing else.

    Leaf to root, what became less goes back as far as it is free; then root to leaf, what became more is
    given.
    """
    spread = Spread(dict(free))
    gone = [row for row in rows.values() if row.name not in wanted or wanted[row.name].node.unit != row.unit]
    kept = _kept(rows)
    for row in _deepest_first(gone):
        back = spread.move(row.name, row.parent or FUNDING, row.unit, _free(spread, row.name, row.unit))
        if row.parent in kept:
            # What it had spent stays spent, so it counts where it came from.
            kept[row.parent] += kept[row.name]
            kept[row.name] = 0
        else:
            kept[row.name] = max(kept[row.name] - back, 0) if row.name not in wanted else 0
    planned = spread.planned = _added_up(wanted, kept)
    for row in gone:
        planned.setdefault(row.name, kept[row.name])
    for each in reversed(wanted.values()):
        excess = planned[each.name] - each.node.amount_minor
        if excess > 0:
            planned[each.name] -= spread.move(each.name, each.above, each.node.unit, excess)
    for each in wanted.values():
        more = each.node.amount_minor - planned[each.name]
        if more > 0:
            given = spread.move(each.above, each.name, each.node.unit, more)
            planned[each.name] += given
            if given < more:
                spread.missing[each.name] = more - given
    return spread


def _kept(rows: Mapping[str, NodeRow]) -> dict[str, int]:
    """What of each node's plan is not its children's: it stays with the node when the tree is another."""
    kept = {name: row.planned for name, row in rows.items()}
    for row in rows.values():
        if row.parent in kept:
            kept[row.parent] -= row.planned
    return kept


def _added_up(wanted: dict[str, Wanted], kept: Mapping[str, int]) -> dict[str, int]:
    planned = {name: kept.get(name, 0) for name in wanted}
    for each in reversed(wanted.values()):
        if each.node.parent_account in planned:
            planned[each.node.parent_account] += planned[each.name]
    return planned


@dataclass(slots=True)
class Turn:
    """What the beginning of a period moves: what went back and what was given by node.

    `causes` says of each move whose return or allotment it is.
    """

    spread: Spread
    returned: dict[str, int]
    given: dict[str, int]
    causes: list[tuple[str, str]] = field(default_factory=list)


def plan_turn(due: dict[str, Wanted], free: Mapping[AccountKey, int]) -> Turn:
    """Leaf to root, what is left and not carried over goes back; then root to leaf, each gets its amount."""
    spread = Spread(dict(free))
    turn = Turn(spread, dict.fromkeys(due, 0), dict.fromkeys(due, 0))
    for each in reversed(due.values()):
        if not each.budget.carry_over:
            left = _free(spread, each.name, each.node.unit)
            back = spread.move(each.name, each.above, each.node.unit, left)
            turn.returned[each.name] = back
            turn.causes += [("returned", each.name)] if back else []
    for each in due.values():
        amount = each.node.amount_minor
        given = spread.move(each.above, each.name, each.node.unit, amount)
        turn.given[each.name] = given
        turn.causes += [("allotted", each.name)] if given else []
        if given < amount:
            spread.missing[each.name] = amount - given
    return turn


def due_nodes(wanted: Mapping[str, Wanted], rows: Mapping[str, NodeRow], today: date) -> dict[str, Wanted]:
    """The nodes whose period is over, parents before their children."""
    return {
        name: each
        for name, each in wanted.items()
        if name in rows and rows[name].period < period_start(each.budget.period, today)
    }


def with_plan(node: NodeRow, spread: Spread) -> NodeRow:
    """A node with what the text gave it by now."""
    return replace(node, planned=spread.planned.get(node.name, 0))


def _free(spread: Spread, name: str, unit: str) -> int:
    return spread.free.get((name, unit), 0)


def _deepest_first(rows: Iterable[NodeRow]) -> list[NodeRow]:
    by_name = {row.name: row for row in rows}
    parents = {name: row.parent for name, row in by_name.items()}
    return sorted(by_name.values(), key=lambda row: (-len(list(_above(parents, row.name))), row.name))
