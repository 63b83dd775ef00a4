"""Items as a feed has them: what suppliers list, brought to one form. Amounts are texts with their point."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from guerdon.engine.orders.port import Listed
from guerdon.suppliers.reading import Record, Unreadable, name_in

# What a feed takes of a text; theirs are cut, for an item without its last words is better than none.
NAME_CHARS_MAX, BRAND_CHARS_MAX, TEXT_CHARS_MAX = 200, 120, 5_000


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an item may be worth: some amounts, or any from the least to the most."""

    denominations: Sequence[Decimal] = ()
    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One item in one currency."""

    sku: str
    name: str
    brand: str
    category: str
    kind: str
    currency: str
    markets: Sequence[str]
    amounts: Amounts
    about: str = ""
    terms: str = ""
    use: str = ""
    image: str = ""
    # What it costs of its face value: 0.95.
    cost: Decimal | None = None

    def listed(self) -> Listed:
        """The row of a feed; what is not known is left out."""
        row: dict[str, object] = {
            "id": self.sku,
            "name": self.name[:NAME_CHARS_MAX],
            "brand": self.brand[:BRAND_CHARS_MAX],
            # Theirs are not the program's: each kind is a category of its own.
            "category": self.kind,
            "x_category": self.category,
            "kind": self.kind,
            "delivery": "donation" if self.kind == "donation" else "link",
            "currency": self.currency,
            "markets": sorted(self.markets),
            "amounts": [_written(each) for each in sorted(set(self.amounts.denominations))],
            "min": _written(self.amounts.least),
            "max": _written(self.amounts.most),
            "about": self.about[:TEXT_CHARS_MAX],
            "terms": self.terms[:TEXT_CHARS_MAX],
            "use": self.use[:TEXT_CHARS_MAX],
            # Its address: what is there is fetched while the list is read.
            "x_image": self.image,
            "cost": _written(self.cost),
        }
        return Listed({name: said for name, said in row.items() if said not in (None, "", [])})


def wrong(product: Record, name: str) -> Listed:
    """The row of an item that cannot be read: a wrong one, under its number if it has one."""
    try:
        return Listed({"id": name_in(product, name)})
    except Unreadable:
        return Listed({})


def countries(codes: Sequence[str]) -> Sequence[str]:
    """Those that are written as countries are."""
    return [each for each in codes if len(each) == 2 and each.isascii() and each.isalpha()]


def amounts_of(bands: Sequence[tuple[Decimal, Decimal]]) -> Amounts:
    """How bands of amounts are said: all of one amount as a choice, otherwise the widest as a range."""
    if all(least == most for least, most in bands):
        return Amounts(tuple(least for least, _ in bands))
    return Amounts((), *max(bands, key=lambda band: band[1] - band[0]))


def _written(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
