"""What a market allows: categories of items, by an allow-list for each market.

An item is only in the markets that allow its category; reading says so once, and nobody asks again.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from guerdon.program.model import Item
from guerdon.program.places import Place


def read_allowed(
    place: Place | None, markets: Collection[str], categories: Collection[str]
) -> dict[str, frozenset[str]]:
    """Read `policy.allow`; a market that is not named allows every category."""
    fields = place.fields(optional=["allow", "personal_data"]) if place is not None else {}
    if "allow" not in fields:
        return {}
    found = {}
    for market, listed in fields["allow"].table().items():
        if market not in markets:
            listed.unknown("market", market, markets)
        else:
            before = len(listed.problems)
            some = frozenset(listed.some_of(categories, "category of items"))
            if len(listed.problems) == before:
                found[market] = some
    return found


def within(
    items: Mapping[str, Item], allowed: Mapping[str, frozenset[str]], place: Place | None
) -> dict[str, Item]:
    """Give the items with the markets that allow them; name those that are left without one."""
    kept = {
        key: replace(
            item, markets=tuple(m for m in item.markets if item.category in allowed.get(m, [item.category]))
        )
        for key, item in items.items()
    }
    for key, item in (place.table() if place is not None and allowed else {}).items():
        if key in kept and items[key].markets and not kept[key].markets:
            item.wrong(
                f"no market of this item allows the category {kept[key].category}",
                "add the category to a list of `policy.allow`, or remove the item",
            )
    return kept
