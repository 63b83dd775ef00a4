"""An item of the catalog as the rules see it: what buys it, and at what price, in a market.

The rules know no catalog: they are handed an `Item`, made here of what the catalog has and the program says.
"""

from decimal import ROUND_CEILING, Decimal

from guerdon.program.model import Item, Program
from guerdon.store.catalog.items import PROGRAM_FEED, CatalogItem
from guerdon.values.money import Money


def is_offered(program: Program, item: CatalogItem, market: str) -> bool:
    """Whether a market has an item and allows its category."""
    allowed = program.allowed.get(market)
    return market in item.markets and (allowed is None or item.category in allowed)


def item_of(program: Program, item: CatalogItem, market: str) -> Item:
    """An item as it can be had in a market; without markets where that neither has nor allows it."""
    markets = (market,) if is_offered(program, item, market) else ()
    own = program.items.get(item.key) if item.feed == PROGRAM_FEED else None
    if own is not None:
        return Item(own.key, own.name, own.category, own.values, markets, own.about, own.use)
    return Item(
        key=item.key,
        name=item.names,
        category=item.category,
        values=_values(program, item),
        markets=markets,
        about=item.abouts,
        use=item.uses,
        range=item.range,
        currency=item.currency,
    )


def worth_of(program: Program, unit: str, face: Money) -> int | None:
    """What a face value costs in a unit of points or credits, in its smallest part; None: it does not pay.

    Nothing is given away by rounding: a part of a point that is needed is a whole one.
    """
    worth = program.catalog.worth.get(unit)
    if worth is None or worth[1] != face.unit:
        return None
    money, points = program.units[face.unit], program.units[unit]
    wanted = Decimal(face.amount_minor).scaleb(-money.digits) / worth[0]
    return int(wanted.scaleb(points.digits).to_integral_value(ROUND_CEILING))


def _values(program: Program, item: CatalogItem) -> tuple[Money, ...]:
    """What buys it: amounts of money, and a price by unit; what only has a face costs what that is worth.

    Worth stands for a price only where there is one amount: of several, a member says which.
    """
    money = [Money(amount, item.currency) for amount in item.denominations if item.currency is not None]
    prices = {unit: amount for unit, amount in item.prices.items() if unit in program.units}
    if len(money) == 1:
        for unit in program.catalog.worth:
            price = worth_of(program, unit, money[0])
            if price is not None:
                prices.setdefault(unit, price)
    others = [
        Money(amount, unit)
        for unit, amounts in item.other_amounts.items()
        for amount in amounts
        if unit in program.units
    ]
    known = [value for value in money if value.unit in program.units]
    return (*known, *others, *(Money(amount, unit) for unit, amount in prices.items()))
