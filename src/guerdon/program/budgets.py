"""Budgets: accounts that pay for rewards, one for each market."""

from collections.abc import Mapping

from guerdon.program.model import Budget, Market
from guerdon.program.places import Place
from guerdon.program.texts import read_name
from guerdon.program.units import fits_one_account, read_amount, read_unit
from guerdon.values.money import Unit


def read_budgets(
    place: Place | None, units: Mapping[str, Unit], markets: Mapping[str, Market]
) -> dict[str, Budget]:
    """Read `budgets`."""
    if place is None:
        return {}
    found = {}
    for key, budget in place.keyed(example="by_market").items():
        fields = budget.fields(required=["per", "unit", "amounts"], optional=["name"])
        if "per" in fields:
            fields["per"].one_of(("market",), "division")
        unit = read_unit(fields["unit"], units) if "unit" in fields else None
        amounts = _read_amounts(fields["amounts"], unit, markets) if "amounts" in fields else {}
        found[key] = Budget(
            key, read_name(fields.get("name"), key), "market", unit.key if unit else "", amounts
        )
    return found


def _read_amounts(place: Place, unit: Unit | None, markets: Mapping[str, Market]) -> dict[str, int]:
    amounts = {}
    for market, amount in place.table().items():
        if market not in markets:
            amount.unknown("market", market, markets)
        elif unit is not None:
            amounts[market] = read_amount(amount, unit) or 0
    if unit is None or not (place.is_table() or place.is_empty()):
        return amounts
    missing = [market for market in markets if market not in amounts]
    if missing:
        place.wrong(f"no amount for the market {', '.join(missing)}", "write 0 where nothing may be paid")
    if not fits_one_account(amounts):
        place.wrong(
            "together these amounts are larger than an amount can be", "at most 63 bits of minor units"
        )
    return amounts


def check_one_unit(place: Place | None, budgets: Mapping[str, Budget]) -> None:
    """Name each budget that pays in another unit than the first: a purse holds one unit so far."""
    first = next((budget for budget in budgets.values() if budget.unit), None)
    if place is None or first is None:
        return
    for key, budget in place.table().items():
        unit = budgets[key].unit if key in budgets else ""
        if unit and unit != first.unit:
            budget.wrong(
                f"pays in {unit}, and {first.key} pays in {first.unit}",
                "one program pays in one unit; a second is not supported yet",
            )


def check_budgets_used(place: Place | None, used: set[str]) -> None:
    """Name each budget that no rule pays from: a slip in `pay_from` would look just like it."""
    if place is None:
        return
    for key, budget in place.table().items():
        if key not in used:
            budget.wrong(
                "no rule pays from this budget", f"write `pay_from: {key[:64]}` in a reward, or remove it"
            )
