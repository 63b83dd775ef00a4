"""Budgets: accounts that pay for rewards, one for all, one a market or one a location, fed by a parent's.

A parent gives its children what they hold, so a child can never have more than what stands above it. What is
in another currency than its parent cannot come from there: it is funded on its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from guerdon.program.locations import ROWS_MAX
from guerdon.program.model import Beyond, Budget, BudgetNode, BudgetPer, BudgetPeriod, Location, Market
from guerdon.program.places import Place
from guerdon.program.policy.topups import read_top_up
from guerdon.program.policy.trees import check_tree, rooted
from guerdon.program.texts import read_name
from guerdon.program.units import fits_one_account, named_few, read_amount_or_money, read_unit
from guerdon.values.money import Money, Unit

PERS: tuple[BudgetPer, ...] = ("one", "market", "location")
PERIODS: tuple[BudgetPeriod, ...] = ("none", "month", "quarter", "year")
BEYOND: tuple[Beyond, ...] = ("refuse", "hold")
FIELDS = (
    *("amount", "amounts", "name", "parent", "period"),
    *("carry_over", "top_up", "warn", "when_empty"),
)
# The amount of every location that is not named.
DEFAULT = "default"
WARNINGS = (70, 90, 100)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a budget may be divided by and hold."""

    units: Mapping[str, Unit]
    markets: Mapping[str, Market]
    locations: Mapping[str, Location]


def read_budgets(place: Place | None, ground: Ground) -> dict[str, Budget]:
    """Read `budgets`, as a tree without a circle in it."""
    if place is None:
        return {}
    places = place.keyed(example="by_market")
    found = {}
    for key, where in places.items():
        before = len(where.problems)
        read = _read_budget(key, where, list(places), ground)
        # Amounts that could not be read are no ground for more complaints.
        found[key] = replace(read, nodes={}) if len(where.problems) > before else read
    inside = {key: where.table() if where.is_table() else {} for key, where in places.items()}
    found = rooted({key: inside[key].get("parent", where) for key, where in places.items()}, found)
    check_tree(places, found, ground.units)
    for key, budget in found.items():
        if "top_up" in inside[key]:
            where = inside[key]["top_up"]
            if "parent" not in inside[key]:
                where.wrong("a top-up comes from a parent, and this budget has none", "add `parent:`")
            found[key] = replace(budget, top_up=read_top_up(where, budget, found, ground.units))
    return found


def check_budgets_used(place: Place | None, budgets: Mapping[str, Budget], used: set[str]) -> None:
    """Name each budget that no rule pays from: a slip in `pay_from` would look just like it."""
    if place is None:
        return
    fed = set(used)
    for key in used:
        at = budgets.get(key)
        while at is not None and at.parent is not None:
            fed.add(at.parent)
            at = budgets.get(at.parent)
    for key, budget in place.table().items():
        if key not in fed:
            budget.wrong(
                "no rule pays from this budget", f"write `pay_from: {key[:64]}` in a reward, or remove it"
            )


def _read_budget(key: str, place: Place, keys: list[str], ground: Ground) -> Budget:
    fields = place.fields(["per", "unit"], FIELDS)
    named = fields["per"].one_of(PERS, "division") if "per" in fields else None
    per = named or "market"
    wanted, other = ("amount", "amounts") if per == "one" else ("amounts", "amount")
    if named is not None and other in fields:
        fields[other].wrong(f"a budget per {per} has {wanted}", f"write `{wanted}:` in place of `{other}:`")
    elif named is not None and wanted not in fields:
        place.wrong(f"{wanted} is missing", f"add `{wanted}:` here")
    period = (fields["period"].one_of(PERIODS, "period") if "period" in fields else None) or "none"
    beyond = fields["when_empty"].one_of(BEYOND, "answer") if "when_empty" in fields else None
    carry_over = fields["carry_over"].truth() if "carry_over" in fields else None
    if carry_over and period == "none":
        fields["carry_over"].wrong("nothing is carried over without a period", "add `period: year`")
    return Budget(
        key,
        read_name(fields.get("name"), key),
        per,
        fields["parent"].one_of(keys, "budget") if "parent" in fields else None,
        period,
        carry_over=bool(carry_over),
        nodes=_read_nodes(per, fields, ground),
        warn_percent=_read_warnings(fields["warn"]) if "warn" in fields else WARNINGS,
        when_empty=beyond or "refuse",
    )


def _read_nodes(per: BudgetPer, fields: Mapping[str, Place], ground: Ground) -> dict[str, BudgetNode]:
    unit = read_unit(fields["unit"], ground.units) if "unit" in fields else None
    if unit is None:
        return {}
    if per == "one":
        given = read_amount_or_money(fields["amount"], unit, ground.units) if "amount" in fields else None
        return {"": _node("", given or Money(0, unit.key), None, None)}
    if "amounts" not in fields:
        return {}
    if per == "market":
        return _read_markets(fields["amounts"], unit, ground)
    return _read_locations(fields["amounts"], unit, ground)


def _read_markets(place: Place, unit: Unit, ground: Ground) -> dict[str, BudgetNode]:
    amounts: dict[str, Money] = {}
    for market, amount in place.table().items():
        if market not in ground.markets:
            amount.unknown("market", market, ground.markets)
        else:
            amounts[market] = _read_given(amount, unit, ground.units)
    missing = [market for market in ground.markets if market not in amounts]
    if missing and (place.is_table() or place.is_empty()):
        place.wrong(f"no amount for the market {named_few(missing)}", "write 0 where nothing may be paid")
    _check_sum(place, amounts)
    return {
        market: _node(market, amounts[market], market, None) for market in ground.markets if market in amounts
    }


def _read_locations(place: Place, unit: Unit, ground: Ground) -> dict[str, BudgetNode]:
    amounts: dict[str, Money] = {}
    for location, amount in place.table(ROWS_MAX + 1).items():
        if location not in ground.locations and location != DEFAULT:
            amount.unknown("location", location, ground.locations)
        else:
            amounts[location] = _read_given(amount, unit, ground.units)
    missing = [location for location in ground.locations if location not in amounts]
    if not ground.locations:
        place.wrong("the program has no locations", "add `locations:`, or divide by market")
    elif missing and DEFAULT not in amounts and (place.is_table() or place.is_empty()):
        place.wrong(
            f"no amount for the location {named_few(missing)}", f"add `{DEFAULT}:` for those not named"
        )
    otherwise = amounts.pop(DEFAULT, None)
    if otherwise is not None:
        amounts |= dict.fromkeys(missing, otherwise)
    _check_sum(place, amounts)
    return {
        key: _node(key, amounts[key], location.market, key)
        for key, location in ground.locations.items()
        if key in amounts
    }


def _read_given(place: Place, unit: Unit, units: Mapping[str, Unit]) -> Money:
    given = read_amount_or_money(place, unit, units)
    if given is None:
        return Money(0, unit.key)
    if given.unit != unit.key and units[given.unit].kind != unit.kind:
        place.wrong(f"{given.unit} is no {unit.kind}", f"this budget holds {unit.key}")
    return given


def _node(place: str, amount: Money, market: str | None, location: str | None) -> BudgetNode:
    return BudgetNode(place, market, location, amount.unit, amount.amount_minor)


def _check_sum(place: Place, amounts: Mapping[str, Money]) -> None:
    for unit in {amount.unit for amount in amounts.values()}:
        if not fits_one_account({key: a.amount_minor for key, a in amounts.items() if a.unit == unit}):
            place.wrong(
                "together these amounts are larger than an amount can be", "at most 63 bits of minor units"
            )


def _read_warnings(place: Place) -> tuple[int, ...]:
    found: list[int] = []
    for item in place.listing():
        percent = item.whole(1, 100)
        if percent is not None and found and percent <= found[-1]:
            item.wrong(f"{percent} does not lie above {found[-1]}", "write them rising, like [70, 90, 100]")
        elif percent is not None:
            found.append(percent)
    return tuple(found)
