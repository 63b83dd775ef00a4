"""Items of feeds that codes of one's own deliver: a file of codes names them by their keys, `cards:b-17`."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from guerdon.engine.catalog.offered import item_of
from guerdon.program.model import Item, Program
from guerdon.rules.choice.prices import is_whole
from guerdon.store.catalog.items import POOL, PROGRAM_FEED, load_items, load_offers
from guerdon.store.database import Transaction


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
        found[row.key] = _by_face(program, item_of(program, row, "")) if pooled else None
    return found


def _by_face(program: Program, item: Item) -> Item:
    """An item as its codes are found: by what they are worth, whatever that costs; by its price without."""
    faces = tuple(value for value in item.values if is_whole(program, value.unit))
    return replace(item, values=faces) if faces or item.range is not None else item
