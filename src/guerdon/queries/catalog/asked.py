"""What one may ask of a catalog, and what is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from guerdon.program.model import Program
from guerdon.rules.ranking import SOUND, Taste, Weights
from guerdon.store.catalog.items import CatalogItem
from guerdon.values.money import Money

Sort = Literal["fit", "price", "dearest", "name", "newest", "soonest"]
Afford = Literal["enough", "almost"]
# Nearly paid for: dearer than what is left, by a quarter of it at most.
ALMOST_PERCENT = 125
PAGE_MOST = 100
# How deep one may leaf; whoever looks for more says more of what they look for.
LEAFED_MOST = 10_000
BRANDS_SHOWN_MAX = 40
# Where prices are counted apart, in whole units of money.
BANDS = (10, 25, 50, 100, 250)
# Larger amounts are all the same dear.
PRICE_MOST = 10**12


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. Prices are in the smallest part of `unit`, or each in its own where it is not said.

    `left` is what the member has; `afford` shows only what it pays for, or nearly. `segments`: those of the
    member, for what is locked. `favorites_of`: only what this member marked. `exactly`: only what is had for
    this amount of money.
    """

    market: str
    language: str
    now: datetime
    text: str = ""
    category: str | None = None
    kind: str | None = None
    brand: str | None = None
    delivery: str | None = None
    unit: str | None = None
    price_from: int | None = None
    price_to: int | None = None
    left: Money | None = None
    afford: Afford | None = None
    exactly: int | None = None
    segments: Sequence[str] = ()
    favorites_of: int | None = None
    in_stock: bool = False
    sort: Sort = "fit"
    page: int = 1
    limit: int = 24
    weights: Weights = field(default_factory=lambda: SOUND.weigh(Taste()))


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that was found: what it is had for at least in the unit asked for, if it has a price there."""

    item: CatalogItem
    price_minor: int | None
    afford: Afford | None
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, and how it is distributed.

    `facets`: by what one may filter (category, kind, brand, delivery, price, afford) each value with how
    many there are if one does, the most first; of prices, `1000-2499`. `exact`: all of it was counted.
    `meant`: what was looked for in place of what was typed.
    """

    items: Sequence[Hit]
    facets: Mapping[str, Sequence[tuple[str, int]]]
    total: int
    exact: bool
    meant: str | None = None


@dataclass(frozen=True, slots=True)
class Pricing:
    """How the least that an item is had for becomes a price: of `money`, times `num`, by `den`, up."""

    unit: str | None
    money: str | None
    num: int
    den: int
    edges: tuple[int, ...]


def pricing_of(program: Program, unit: str | None) -> Pricing:
    """How prices are told in a unit: money as it is, points and credits by what they are worth."""
    known = program.units.get(unit) if unit is not None else None
    if unit is None or known is None:
        return Pricing(unit, None, 1, 1, tuple(band * 100 for band in BANDS))
    if known.kind == "money":
        return Pricing(unit, unit, 1, 1, tuple(band * 10**known.digits for band in BANDS))
    worth, money = program.catalog.worth.get(unit, (Decimal(1), ""))
    if money not in program.units:
        return Pricing(unit, None, 1, 1, tuple(band * 100 * 10**known.digits for band in BANDS))
    digits = program.units[money].digits
    ratio = Fraction(10**known.digits) / (Fraction(worth) * 10**digits)
    edges = tuple(-(-band * 10**digits * ratio.numerator // ratio.denominator) for band in BANDS)
    return Pricing(unit, money, ratio.numerator, ratio.denominator, edges)


def band_name(edges: Sequence[int], band: int) -> str:
    """What a band of prices is called: from its least to its most."""
    low = edges[band - 1] if band > 0 else 0
    return f"{low}-{edges[band] - 1}" if band < len(edges) else f"{low}-"
