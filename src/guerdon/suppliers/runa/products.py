"""What Runa lists, as rows of a feed."""

from decimal import Decimal

from guerdon.engine.orders.port import Listed
from guerdon.suppliers.amounts import is_currency
from guerdon.suppliers.reading import Record, Unreadable, inner, name_in, number, picture, text, texts
from guerdon.suppliers.rows import Amounts, Product, countries, wrong

# Which of their kinds of payout are cards: a subscription is bought for a time, a payment goes to an account.
CARD = "gift_card"


def listed(product: Record) -> Listed | None:
    """The row of a product; None where it is no card, or cannot be ordered."""
    try:
        return _listed(product)
    except Unreadable:
        return wrong(product, "code")


def _listed(product: Record) -> Listed | None:
    if text(product, "payout_type") != CARD or product.get("is_orderable") is not True:
        return None
    name, currency, card = text(product, "name"), text(product, "currency"), inner(product, CARD)
    categories, assets = texts(product, "categories"), inner(card, "assets")
    if not is_currency(currency):
        raise Unreadable("its currency is none")
    return Product(
        sku=name_in(product, "code"),
        name=name,
        brand=name,
        category=categories[0] if categories else "",
        kind=CARD,
        currency=currency,
        markets=countries(texts(product, "countries_redeemable_in")),
        amounts=_amounts(inner(card, "denominations")),
        image=picture(assets, "card_image_url") or picture(assets, "icon_image_url"),
        cost=_cost(product),
    ).listed()


def _amounts(said: Record) -> Amounts:
    if text(said, "type").lower() == "fixed":
        named = [number({"each": each}, "each") for each in texts(said, "available_list")]
        return Amounts(tuple(each for each in named if each is not None))
    return Amounts((), number(said, "minimum_value"), number(said, "maximum_value"))


def _cost(product: Record) -> Decimal | None:
    off = number(product, "discount_multiplier")
    return None if off is None or not 0 <= off <= 1 else (Decimal(1) - off).quantize(Decimal("0.0001"))
