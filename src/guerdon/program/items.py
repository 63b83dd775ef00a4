"""Items: the catalog entries that a member may choose with a reward."""

from collections.abc import Mapping

from guerdon.program.model import Item, Market, Rule
from guerdon.program.places import Place
from guerdon.program.texts import NO_TEXT, read_text
from guerdon.program.units import read_money
from guerdon.values.money import Money, Unit, plain_amount

_MARKETS_NAMED = 6


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
        if value is not None and value in found:
            item.wrong("this value stands here twice")
        elif value is not None:
            found.append(value)
    return tuple(found)


def check_every_reward_buys(
    place: Place,
    rules: Mapping[str, Rule],
    items: Mapping[str, Item],
    markets: Mapping[str, Market],
    units: Mapping[str, Unit],
) -> None:
    """Name each reward value for which a member in some market would find nothing to choose."""
    values: dict[Money, str] = {}
    for rule in rules.values():
        if rule.reward is not None:
            values.setdefault(rule.reward.value, rule.key)
    for value, rule_key in values.items():
        with_one = {market for item in items.values() if value in item.values for market in item.markets}
        without = [market for market in markets if market not in with_one]
        if without:
            amount = f"{plain_amount(value.amount_minor, units[value.unit])} {value.unit}"
            named = ", ".join(without[:_MARKETS_NAMED]) + (", ..." if len(without) > _MARKETS_NAMED else "")
            place.wrong(
                f"no item for a reward of {amount} (rule {rule_key}) in {named}",
                f"list {amount} among the `values` of an item that these markets have",
            )
