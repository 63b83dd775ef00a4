"""Top-ups: below which balance a node gets how much more, once a period, from what its parent keeps free.

It is never new money, so a parent that gives all it has to its children can top up nothing.
"""

import re
from collections.abc import Mapping

from guerdon.program.locations import ROWS_MAX
from guerdon.program.model import Budget, TopUp
from guerdon.program.places import Place
from guerdon.program.policy.trees import free_minor, parent_node
from guerdon.program.units import read_amount, shown
from guerdon.values.money import Money, Unit

_PERCENT = re.compile(r"([0-9]{1,3})%")


def read_top_up(
    place: Place, budget: Budget, budgets: Mapping[str, Budget], units: Mapping[str, Unit]
) -> TopUp | None:
    """Read `top_up: { below: 10%, amount: 1000.00 }`; both may be written for single places."""
    fields = place.fields(required=["below", "amount"])
    if len(fields) < len(("below", "amount")) or not budget.nodes:
        return None
    amounts = _read_each(fields["amount"], budget, units, percents=False)
    below = _read_each(fields["below"], budget, units, percents=True)
    places = [key for key in budget.nodes if key in amounts and key in below]
    if fields["below"].is_table():
        _check_both(fields["below"], set(below), set(amounts), "amount")
    if fields["amount"].is_table() and fields["below"].is_table():
        _check_both(fields["amount"], set(amounts), set(below), "threshold")
    top_up = TopUp({key: below[key] for key in places}, {key: amounts[key] for key in places})
    parent = budgets.get(budget.parent or "")
    if parent is not None and parent.nodes:
        free = free_minor(parent, budgets)
        faults = (_fault_of(top_up, key, budget, (budgets, free, units)) for key in places)
        fault = next((fault for fault in faults if fault is not None), None)
        if fault is not None:
            place.wrong(*fault)
    return top_up


def _read_each(place: Place, budget: Budget, units: Mapping[str, Unit], *, percents: bool) -> dict[str, int]:
    """Read what holds for each place, or for those that are named."""
    named = dict.fromkeys(budget.nodes, place)
    if place.is_table():
        named = place.table(ROWS_MAX)
    found = {}
    for key, each in named.items():
        if key not in budget.nodes:
            each.unknown("place", key, budget.nodes)
            continue
        node, before = budget.nodes[key], len(place.problems)
        amount = _read_threshold(each, node.amount_minor, units[node.unit], percents=percents)
        if amount == 0:
            each.wrong("it is zero", "a top-up gives something, before a budget is empty")
        if amount is not None:
            found[key] = amount
        if not place.is_table() and len(place.problems) > before:
            # One slip in an amount for all places is one slip.
            return found
    return found


def _read_threshold(place: Place, whole_minor: int, unit: Unit, *, percents: bool) -> int | None:
    word = place.word()
    percent = _PERCENT.fullmatch((word or "").strip())
    if percent is None:
        return read_amount(place, unit) if word is not None else None
    if not percents:
        place.wrong("an amount is not a share", f"write it like 1000.00, in {unit.key}")
        return None
    if not 1 <= int(percent.group(1)) <= 99:
        place.wrong(f"{percent.group()} is no part of a budget", "write 1% to 99%")
        return None
    # A place that was given nothing has no share: it is never below it.
    return whole_minor * int(percent.group(1)) // 100 or None


def _check_both(place: Place, named: set[str], other: set[str], noun: str) -> None:
    for key in sorted(named - other):
        place.wrong(f"{key} has no {noun}", "name the same places in `below` and in `amount`")


def _fault_of(
    top_up: TopUp,
    key: str,
    budget: Budget,
    known: tuple[Mapping[str, Budget], Mapping[str, int], Mapping[str, Unit]],
) -> tuple[str, str] | None:
    """Say why a place can never be topped up: what, hint."""
    budgets, free, units = known
    node = budget.nodes[key]
    of = f" of {key}" if key else ""
    above = parent_node(budget, node, budgets)
    if above is None:
        return (
            f"a top-up{of} can never happen: {budget.parent} does not hold {node.unit}",
            "name only places that their parent can top up",
        )
    if top_up.amount[key] > max(free[above.place], 0):
        amount = shown(Money(top_up.amount[key], node.unit), units)
        kept = shown(Money(max(free[above.place], 0), node.unit), units)
        return (
            f"a top-up{of} by {amount} can never happen: {budget.parent} keeps {kept} free",
            "lower the amount, or give the parent more than its children take",
        )
    if top_up.below[key] > node.amount_minor:
        below = shown(Money(top_up.below[key], node.unit), units)
        return (
            f"{below} lies above what the budget{of} is given",
            "write a threshold below it, or a share like 10%",
        )
    return None
