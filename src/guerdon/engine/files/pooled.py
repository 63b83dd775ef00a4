"""Items of feeds that codes of one's own deliver: a file of codes names them by their keys, `cards:b-17`."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from guerdon.engine.catalog.offered import item_of, worth_of
from guerdon.program.model import Item, Program
from guerdon.store.catalog.items import POOL, PROGRAM_FEED, load_items, load_offers
from guerdon.store.database import Transaction
from guerdon.values.money import Money


def load_pooled(
    tx: Transaction, program_id: int, program: Program, keys: Collection[str]
) -> Mapping[str, Item | None]:
    """Items of feeds by their keys, in lower case; None: there, but not delivered by own codes."""
    rows = load_items(tx, program_id, {key.lower() for key in keys})
    there = [row for row in rows.values() if row.feed != PROGRAM_FEED and row.gone_at is None]
    offers = load_offers(tx, program_id, [row.id for row in there])
    found: dict[str, Item | None] = {}
    for row in there:
        pooled = any(offer.supplier == POOL for offer in offers.get(row.id, ()))
        found[row.key] = _priced(program, item_of(program, row, "")) if pooled else None
    return found


def _priced(program: Program, item: Item) -> Item:
    """An item with what each of its amounts costs in points: that is what its code is found by then."""
    costs = [
        Money(points, unit)
        for unit in program.catalog.worth
        for face in item.values
        if (points := worth_of(program, unit, face)) is not None
    ]
    return replace(item, values=tuple(dict.fromkeys((*item.values, *costs))))
