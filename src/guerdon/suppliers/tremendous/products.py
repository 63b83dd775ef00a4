"""What Tremendous lists, as rows of a feed: a product in each currency that its bands of amounts name."""

from collections.abc import Sequence
from decimal import Decimal

from guerdon.engine.orders.port import Listed
from guerdon.suppliers.amounts import is_currency
from guerdon.suppliers.reading import Record, Unreadable, name_in, number, picture, records, text
from guerdon.suppliers.rows import Product, amounts_of, countries, wrong
from guerdon.suppliers.tremendous.orders import BETWEEN

# Their categories, and what ours calls that.
KINDS = {"charity": "donation", "merchant_card": "gift_card", "visa_card": "prepaid"}


def listed(product: Record) -> Sequence[Listed]:
    """The rows of a product; none where it may not be had by a card, or its amounts are not known."""
    try:
        return _listed(product)
    except Unreadable:
        return [wrong(product, "id")]


def _listed(product: Record) -> Sequence[Listed]:
    kind = KINDS.get(text(product, "category"))
    if kind is None:
        return []
    their_id, codes = name_in(product, "id"), _codes(product)
    bands = {code: _bands(product, code, alone=len(codes) == 1) for code in codes}
    found = {code: each for code, each in bands.items() if each}
    return [
        _product(
            product, kind, their_id if len(found) == 1 else f"{their_id}{BETWEEN}{code}", code, each
        ).listed()
        for code, each in found.items()
    ]


def _product(
    product: Record, kind: str, sku: str, code: str, bands: Sequence[tuple[Decimal, Decimal]]
) -> Product:
    name = text(product, "name")
    # That of the card first; one that has no address is none.
    images = sorted(records(product, "images"), key=lambda each: each.get("type") != "card")
    return Product(
        sku=sku,
        name=name,
        brand=name,
        category=text(product, "subcategory") or text(product, "category"),
        kind=kind,
        currency=code,
        markets=countries([text(each, "abbr") for each in records(product, "countries")]),
        amounts=amounts_of(bands),
        about=text(product, "description"),
        terms=text(product, "disclosure"),
        use=text(product, "usage_instructions"),
        image=next(filter(None, (picture(each, "src") for each in images)), ""),
    )


def _codes(product: Record) -> Sequence[str]:
    given = product.get("currency_codes")
    found = [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
    return [each for each in dict.fromkeys(found) if is_currency(each)]


def _bands(product: Record, code: str, *, alone: bool) -> Sequence[tuple[Decimal, Decimal]]:
    found = []
    for each in records(product, "skus"):
        least, most = number(each, "min"), number(each, "max")
        # A band that names no currency is one of the product's only one.
        of = text(each, "currency_code") or (code if alone else "")
        if of == code and least is not None and most is not None and 0 < least <= most:
            found.append((least, most))
    return found
