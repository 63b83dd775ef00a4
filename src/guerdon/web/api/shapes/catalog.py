"""What there is to choose: a page of what was found, with counts, and one item whole."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from guerdon.web.api.shapes.plain import Cursor, Filter, Instant, Name, Next, Text, Told, UnitName, whole
from guerdon.web.api.shapes.segments import SegmentKey
from guerdon.web.api.shapes.why import Market

ItemId = Annotated[
    str,
    Field(
        pattern="^itm_[0-7][0-9A-HJKMNP-TV-Z]{12}$",
        description="The id of an item of the catalog.",
        examples=["itm_0000000000001"],
        json_schema_extra={"format": "itm-id"},
    ),
]
Kind = Literal["gift_card", "prepaid", "donation", "product", "experience", "service", "voucher"]
Delivery = Literal["code", "link", "physical", "donation", "place", "account"]
Afford = Literal["enough", "almost"]
Bound = Annotated[
    int,
    BeforeValidator(whole),
    Field(ge=0, le=10**15, description="In the smallest part of `unit`."),
]
Amount = Annotated[int, Field(description="In the smallest part of `currency`.")]


class WhichItems(Filter):
    """What is looked for in a market. Prices are in `unit`, or each in its own where none is said."""

    market: Market
    q: Text | None = Field(default=None, description="What was typed, also in part or with a wrong letter.")
    language: Literal["en", "es", "de", "fr", "ar", "id"] = "en"
    category: Name | None = None
    kind: Kind | None = None
    brand: Text | None = None
    delivery: Delivery | None = None
    unit: UnitName | None = None
    price_from: Bound | None = None
    price_to: Bound | None = None
    left: Bound | None = Field(
        default=None, description="What a member has of `unit`: what it pays for comes first."
    )
    afford: Afford | None = Field(
        default=None, description="Only what `left` pays for, or what costs up to a quarter more."
    )
    segment: SegmentKey | None = Field(default=None, description="Shows what is kept for this segment, too.")
    stock: Literal["any", "in_stock"] = "any"
    sort: Literal["fit", "price", "dearest", "name", "newest", "soonest"] = "fit"
    limit: Annotated[int, BeforeValidator(whole), Field(ge=1, le=100, description="So many at most.")] = 24
    after: Cursor | None = None


class Range(Told):
    """Any amount between, in steps."""

    min: int
    max: int
    step: int


class FoundItem(Told):
    """An item that was found; `price` is the least that it is had for in the unit that was asked for."""

    id: ItemId
    key: str
    name: str
    brand: str
    category: str
    kind: Kind
    delivery: Delivery
    lead_minutes: int
    currency: str | None
    denominations: list[Amount]
    range: Range | None
    price: int | None
    afford: Afford | None
    in_stock: bool
    image: str | None = Field(description="Where its picture is, below the address of the installation.")


class Counted(Told):
    """A value that one can filter by, and how many there are if one does."""

    value: str
    items: int


class Facets(Told):
    """By what one can filter; `price` from-to, to be asked as `price_from` and `price_to`."""

    category: list[Counted]
    kind: list[Counted]
    brand: list[Counted]
    delivery: list[Counted]
    price: list[Counted]
    afford: list[Counted]


class FoundItems(Told):
    """A page of what was found. `meant`: what was looked for in place of what was typed."""

    items: list[FoundItem]
    total: int
    exact: bool
    meant: str | None
    facets: Facets
    next: Next


class CatalogItem(Told):
    """An item of the catalog; its texts by language."""

    id: ItemId
    key: str
    names: dict[str, str]
    abouts: dict[str, str]
    terms: dict[str, str]
    uses: dict[str, str]
    brand: str
    category: str
    kind: Kind
    delivery: Delivery
    lead_minutes: int
    markets: list[str]
    currency: str | None
    denominations: list[Amount]
    range: Range | None
    prices: dict[str, int] = Field(description="By unit of points or credits, in its smallest part.")
    segments: list[str] = Field(description="Only members of one of these may have it; empty: everybody.")
    visible_from: Instant | None
    visible_to: Instant | None
    image: str | None
