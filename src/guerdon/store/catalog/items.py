"""Items of the catalog as they stand: what redeeming and pages read of them, gone ones too."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from guerdon.store.database import Transaction
from guerdon.values.texts import Text

ItemKind = Literal["gift_card", "prepaid", "donation", "product", "experience", "service", "voucher"]
Delivery = Literal["code", "link", "physical", "donation", "place", "account"]
# Who delivers that is no account with a supplier: codes of one's own, and staff.
POOL = "pool"
MANUAL = "manual"
# The feed that holds the items of the program's own text.
PROGRAM_FEED = "program"


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """An item of the catalog. Amounts are in the smallest part of `currency`; `prices` by unit, in its.

    `denominations` or a range (least, most, step), or neither where it has a price in points or credits
    alone. `other_amounts`: what it is sold in besides, by other units of money. `segments`: who may have it;
    empty: everybody. Gone: its feed has it no more. `hidden_at`: people took it out of sight.
    """

    id: int
    key: str
    feed: str
    sku: str
    category: str
    kind: ItemKind
    delivery: Delivery
    markets: tuple[str, ...]
    names: Text
    supplier: str
    brand: str = ""
    lead_minutes: int = 0
    currency: str | None = None
    denominations: tuple[int, ...] = ()
    range_min: int | None = None
    range_max: int | None = None
    range_step: int | None = None
    other_amounts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    prices: Mapping[str, int] = field(default_factory=dict)
    abouts: Text = field(default_factory=dict)
    terms: Text = field(default_factory=dict)
    uses: Text = field(default_factory=dict)
    image: str | None = None
    segments: tuple[str, ...] = ()
    visible_from: datetime | None = None
    visible_to: datetime | None = None
    popularity: int = 0
    generation: int = 0
    changed_at: datetime | None = None
    gone_at: datetime | None = None
    hidden_at: datetime | None = None

    @property
    def range(self) -> tuple[int, int, int] | None:
        """The least, the most and the step, where any amount between may be had."""
        if self.range_min is None or self.range_max is None or self.range_step is None:
            return None
        return self.range_min, self.range_max, self.range_step

    def is_visible(self, at: datetime) -> bool:
        """Whether it may be chosen at an instant, whoever asks."""
        return (
            self.gone_at is None
            and self.hidden_at is None
            and (self.visible_from is None or self.visible_from <= at)
            and (self.visible_to is None or at < self.visible_to)
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """Who delivers an item, the lowest `prefer` first; it costs `cost_bp`/10000 of its face and a fee."""

    item_id: int
    supplier: str
    sku: str
    prefer: int = 100
    cost_bp: int | None = None
    fee_minor: int = 0
    in_stock: bool = True
    needs: tuple[str, ...] = ()
    quantity_max: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A date and place of an experience; without a date, the one slot of a limited edition."""

    item_id: int
    id: int
    ref: str
    starts_at: datetime | None
    ends_at: datetime | None
    venue: str | None
    market: str | None
    capacity: int
    taken: int
    gone_at: datetime | None = None
    # So many wait for a place of it.
    waiting: int = 0

    @property
    def left(self) -> int:
        """Places that are left."""
        return 0 if self.gone_at is not None else self.capacity - self.taken


def load_items(tx: Transaction, program_id: int, keys: Collection[str]) -> dict[str, CatalogItem]:
    """Items by their keys, gone ones too; those that never were are left out."""
    if not keys:
        return {}
    rows = tx.execute(
        """
        select id, key, feed, sku, category, kind, delivery, markets, names, supplier, brand, lead_minutes,
               currency, denominations, range_min, range_max, range_step, other_amounts, prices, abouts,
               terms, uses, image, segments, visible_from, visible_to, popularity, generation, changed_at,
               gone_at, hidden_at
        from catalog_items where program_id = %s and key = any(%s)
        """,
        (program_id, list(keys)),
    ).fetchall()
    found = [CatalogItem(*_frozen(row)) for row in rows]
    return {item.key: item for item in found}


def load_offers(tx: Transaction, program_id: int, item_ids: Collection[int]) -> dict[int, tuple[Offer, ...]]:
    """Who delivers each item, in the order in which they are preferred."""
    rows = tx.execute(
        """
        select item_id, supplier, sku, prefer, cost_bp, fee_minor, in_stock, needs, quantity_max
        from catalog_offers where program_id = %s and item_id = any(%s)
        order by item_id, prefer, cost_bp nulls last, supplier
        """,
        (program_id, list(item_ids)),
    ).fetchall()
    found: dict[int, tuple[Offer, ...]] = {}
    for row in rows:
        found[row[0]] = (*found.get(row[0], ()), Offer(*_frozen(row)))
    return found


def load_slots(tx: Transaction, program_id: int, item_ids: Collection[int]) -> dict[int, tuple[Slot, ...]]:
    """Dates and places of each item that has any, in their order; gone ones too."""
    rows = tx.execute(
        """
        select item_id, id, ref, starts_at, ends_at, venue, market, capacity, taken, gone_at,
               waiting
        from catalog_slots where program_id = %s and item_id = any(%s)
        order by item_id, starts_at nulls first, ref
        """,
        (program_id, list(item_ids)),
    ).fetchall()
    found: dict[int, tuple[Slot, ...]] = {}
    for row in rows:
        found[row[0]] = (*found.get(row[0], ()), Slot(*row))
    return found


def _frozen(row: Sequence[Any]) -> list[Any]:
    return [
        tuple(value)
        if isinstance(value, list)
        else {key: tuple(each) if isinstance(each, list) else each for key, each in value.items()}
        if isinstance(value, dict)
        else value
        for value in row
    ]
