"""The tree of budgets: who feeds whom, without circles, and never more than there is above."""

from collections.abc import Mapping
from dataclasses import replace

from guerdon.program.model import Budget, BudgetNode
from guerdon.program.places import Place
from guerdon.program.units import shown
from guerdon.values.money import AMOUNT_MINOR_MAX, Money, Unit

_WIDTHS = {"one": 0, "market": 1, "location": 2}


def rooted(places: Mapping[str, Place], budgets: Mapping[str, Budget]) -> dict[str, Budget]:
    """Give each node its parent's account; a parent that cannot be one is named, and then forgotten."""
    kept = dict(budgets)
    for key, budget in budgets.items():
        fault = _fault_of(budget, kept)
        if fault is not None:
            places[key].wrong(*fault)
            kept[key] = replace(budget, parent=None)
    return {key: replace(each, nodes=_fed(each, kept)) for key, each in kept.items()}


def parent_node(budget: Budget, node: BudgetNode, budgets: Mapping[str, Budget]) -> BudgetNode | None:
    """The node that gives to this one, if there is one in its unit."""
    parent = budgets.get(budget.parent or "")
    if parent is None:
        return None
    place = {"one": "", "market": node.market, "location": node.location}[parent.per]
    above = parent.nodes.get(place or "")
    return above if above is not None and above.unit == node.unit else None


def free_minor(parent: Budget, budgets: Mapping[str, Budget]) -> dict[str, int]:
    """What each node keeps for itself after all its children were given theirs; negative when it is short."""
    free = parent.amounts_minor
    for child in budgets.values():
        if child.parent == parent.key:
            for node in child.nodes.values():
                above = parent_node(child, node, budgets)
                if above is not None:
                    free[above.place] -= node.amount_minor
    return free


def check_tree(places: Mapping[str, Place], budgets: Mapping[str, Budget], units: Mapping[str, Unit]) -> None:
    """Name the parents that are to give more than they hold, or nothing at all."""
    for key, budget in budgets.items():
        fed = any(parent_node(budget, node, budgets) for node in budget.nodes.values())
        if budget.parent is not None and budget.nodes and not fed and budgets[budget.parent].nodes:
            held = budgets[budget.parent].unit
            places[key].wrong(
                f"{budget.parent} holds {held} and can give it nothing",
                f"hold {held} too, or leave `parent` out",
            )
        for place, free in free_minor(budget, budgets).items():
            node = budget.nodes[place]
            if free < 0:
                wanted = Money(min(node.amount_minor - free, AMOUNT_MINOR_MAX), node.unit)
                holds = shown(Money(node.amount_minor, node.unit), units)
                of = f" for {place}" if place else ""
                places[key].wrong(
                    f"it holds {holds}{of} and is to give {shown(wanted, units)} to the budgets below it",
                    "raise its amount, or lower those of the budgets that name it as their parent",
                )


def _fault_of(budget: Budget, budgets: Mapping[str, Budget]) -> tuple[str, str] | None:
    if budget.parent is None:
        return None
    path = [budget.key]
    at: str | None = budget.parent
    while at is not None and at not in path:
        path.append(at)
        at = budgets[at].parent
    if at == budget.key:
        way = " -> ".join([*path, at])
        return f"it is its own ancestor: {way}", "a budget's money comes from outside in the end"
    parent = budgets[budget.parent]
    if _WIDTHS[parent.per] > _WIDTHS[budget.per]:
        what = f"it has one account per {budget.per}, and {parent.key} one per {parent.per}"
        return what.replace("per one", "in all"), "a parent is divided as its children are, or less"
    return None


def _fed(budget: Budget, budgets: Mapping[str, Budget]) -> dict[str, BudgetNode]:
    fed = {}
    for place, node in budget.nodes.items():
        above = parent_node(budget, node, budgets)
        # Named as ledger/chart.py names it, which lies above programs; a test holds the two together.
        account = f"budget:{budget.parent}:{above.place}" if above is not None else None
        fed[place] = replace(node, parent_account=account)
    return fed
