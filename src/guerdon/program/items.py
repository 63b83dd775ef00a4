"""Items: the catalog entries that a member may choose with a reward."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from guerdon.program.model import Item, Market, Rule
from guerdon.program.places import Place
from guerdon.program.texts import NO_TEXT, read_text
from guerdon.program.units import FROM_A_BALANCE, named_few, read_money, shown
from guerdon.values.money import Money, Unit


def read_items(
    place: Place | None, units: Mapping[str, Unit], markets: Mapping[str, Market]
) -> dict[str, Item]:
    """Read `items`; an item that names no markets is in all of them."""
    if place is None:
        return {}
    found = {}
    for key, item in place.keyed(example="green_basket").items():
        fields = item.fields(required=["name", "category", "values"], optional=["markets", "about", "use"])
        category = fields["category"].key(example="gift_card") if "category" in fields else None
        values = _read_values(fields["values"], units) if "values" in fields else ()
        named = tuple(markets)
        if "markets" in fields:
            named = fields["markets"].some_of(markets, "market")
        found[key] = Item(
            key,
            read_text(fields.get("name")),
            category or "",
            values,
            named,
            read_text(fields["about"]) if "about" in fields else NO_TEXT,
            read_text(fields["use"]) if "use" in fields else NO_TEXT,
        )
    return found


def _read_values(place: Place, units: Mapping[str, Unit]) -> tuple[Money, ...]:
    found: list[Money] = []
    for item in place.listing("no reward buys this item", "list values like [25.00 EUR]"):
        value = read_money(item, units)
        if value is None:
            continue
        if units[value.unit].kind == "status":
            item.wrong(
                f"{value.unit} is a status and buys nothing",
                "give a price in another unit, or points beside it",
            )
        elif value in found:
            item.wrong("this value stands here twice", "remove one of the two")
        elif units[value.unit].kind in FROM_A_BALANCE and value.unit in {each.unit for each in found}:
            item.wrong(f"this item has a price in {value.unit} already", "remove one of the two")
        else:
            found.append(value)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Shelves:
    """The catalog as it was written, and as the allow-lists leave it."""

    written: Mapping[str, Item]
    allowed: Mapping[str, Item]


def check_every_reward_buys(
    place: Place, policy: Place, rules: Mapping[str, Rule], shelves: Shelves, units: Mapping[str, Unit]
) -> None:
    """Name each reward for which a member in some market would find nothing to choose."""
    for (wanted, market_list), rule_key in _wanted(rules, units).items():
        written = _without(wanted, market_list, shelves.written.values(), units)
        if written:
            amount, hint = _said(wanted, units)
            place.wrong(
                f"no item for {amount} (rule {rule_key}) in {named_few(written)}",
                f"list {hint} among the `values` of an item that these markets have",
            )
        left = [
            market
            for market in _without(wanted, market_list, shelves.allowed.values(), units)
            if market not in written
        ]
        if left:
            amount, _ = _said(wanted, units)
            policy.wrong(
                f"no allowed item for {amount} (rule {rule_key}) in {named_few(left)}",
                "allow a category that has one",
            )


def _wanted(rules: Mapping[str, Rule], units: Mapping[str, Unit]) -> dict[tuple[Money, tuple[str, ...]], str]:
    """What members look for and in which markets: an amount of money, or of points at least one."""
    found: dict[tuple[Money, tuple[str, ...]], str] = {}
    for rule in rules.values():
        markets: dict[Money, list[str]] = {}
        for market in rule.markets:
            unit = rule.reward.unit_in(market) if rule.reward is not None else None
            if rule.reward is None or unit is None:
                continue
            if units[unit].kind in FROM_A_BALANCE:
                markets.setdefault(Money(0, unit), []).append(market)
            elif units[unit].kind == "money":
                for value in rule.reward.values_in(market):
                    markets.setdefault(value, []).append(market)
        for wanted, listed in markets.items():
            found.setdefault((wanted, tuple(listed)), rule.key)
    return found


def _without(
    wanted: Money, markets: Collection[str], items: Collection[Item], units: Mapping[str, Unit]
) -> list[str]:
    def buys(item: Item) -> bool:
        if units[wanted.unit].kind == "money":
            return wanted in item.values
        return item.price_minor(wanted.unit) is not None

    with_one = {market for item in items if buys(item) for market in item.markets}
    return [market for market in markets if market not in with_one]


def _said(wanted: Money, units: Mapping[str, Unit]) -> tuple[str, str]:
    if units[wanted.unit].kind == "money":
        amount = shown(wanted, units)
        return f"a reward of {amount}", amount
    return f"rewards in {wanted.unit}", f"a price like `500 {wanted.unit}`"
