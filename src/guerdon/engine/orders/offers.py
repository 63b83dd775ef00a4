"""What a member may choose: the item as it stands this minute, who delivers it, and its places.

An item of the program's own text needs no row of the catalog: it is had for codes of our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.program.model import Item, Program
from guerdon.rules.choice.wishes import Reason
from guerdon.store.catalog.items import (
    POOL,
    PROGRAM_FEED,
    CatalogItem,
    Offer,
    Slot,
    load_items,
    load_offers,
    load_slots,
)
from guerdon.store.database import Transaction
from guerdon.store.orders.choices import belongs_to
from guerdon.values.money import Money


@dataclass(frozen=True, slots=True)
class Offered:
    """An item for one member: as the rules see it, who delivers it, and why they may not have it."""

    item: Item | None
    row: CatalogItem | None
    offers: Sequence[Offer]
    slots: Sequence[Slot]
    barred: Reason | None


def load_offered(
    tx: Transaction, program: Program, member: tuple[int, int], key: str, now: datetime
) -> Offered:
    """What a member (program, member) may choose under a key."""
    program_id, member_id = member
    row = load_items(tx, program_id, [key]).get(key)
    if row is None or (row.feed == PROGRAM_FEED and row.gone_at is not None):
        # The program's text says what it sells, whether or not its items were read into the catalog yet.
        return Offered(program.items.get(key), None, (Offer(0, POOL, key),), (), None)
    if row.gone_at is not None:
        return Offered(None, row, (), (), None)
    own = program.items.get(key) if row.feed == PROGRAM_FEED else None
    return Offered(
        own or _item_of(row),
        row,
        load_offers(tx, program_id, [row.id]).get(row.id, ()),
        load_slots(tx, program_id, [row.id]).get(row.id, ()),
        _bar(tx, program_id, member_id, row, now),
    )


def _bar(tx: Transaction, program_id: int, member_id: int, row: CatalogItem, now: datetime) -> Reason | None:
    if not row.is_visible(now):
        return "item:hidden"
    locked = row.segments and not belongs_to(tx, program_id, member_id, row.segments)
    return "item:locked" if locked else None


def _item_of(row: CatalogItem) -> Item:
    faces = [Money(amount, row.currency) for amount in row.denominations] if row.currency else []
    others = [Money(amount, unit) for unit, amounts in row.other_amounts.items() for amount in amounts]
    prices = [Money(amount, unit) for unit, amount in row.prices.items()]
    return Item(
        row.key,
        row.names,
        row.category,
        (*faces, *others, *prices),
        row.markets,
        row.abouts,
        row.uses,
        row.range,
        row.currency,
    )


def slot_of(slots: Sequence[Slot], wanted: int | None, market: str) -> Slot | Reason | None:
    """The place of a market that is meant: a limited edition has one without a date; None: there is no limit.

    A limit that was lifted is none; but an item whose dates are all gone has no place for anybody.
    """
    here = [slot for slot in slots if slot.gone_at is None]
    if wanted is not None:
        meant = (slot for slot in here if slot.id == wanted and slot.market in (None, market))
        return next(meant, "slot:unknown")
    if not here:
        return "slot:unknown" if any(slot.starts_at is not None for slot in slots) else None
    if len(here) > 1 or here[0].starts_at is not None or here[0].market not in (None, market):
        return "slot:unknown"
    return here[0]
