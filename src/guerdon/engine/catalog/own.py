"""Items of the program's own text, put into the catalog as the feed `program` when a version goes live."""

from collections.abc import Mapping
from datetime import datetime
from typing import get_args

from guerdon.engine.catalog.applying import put_in_place
from guerdon.engine.catalog.checking import USUAL, Checked, checked, item_id
from guerdon.program.model import Item, Program
from guerdon.store.catalog.feeds import Counts, beat, record_feed, record_sync
from guerdon.store.catalog.items import POOL, PROGRAM_FEED, ItemKind
from guerdon.store.catalog.staged import StagedRow, load_known, record_staged
from guerdon.store.database import Transaction
from guerdon.values.texts import Text

_KINDS: tuple[ItemKind, ...] = get_args(ItemKind)


def put_own_items(tx: Transaction, program_id: int, program: Program, by: str, now: datetime) -> int:
    """Put a program's items into its catalog; how many changed. What is as it was costs one question."""
    known = load_known(tx, program_id, PROGRAM_FEED)
    rows: list[StagedRow] = []
    for item in program.items.values():
        found = own_item(program_id, item, program)
        if known.hashes.get(item.key) != found.hash or item.key in known.gone:
            what = "changed" if item.key in known.hashes else "new"
            rows.append(StagedRow(len(rows) + 1, item.key, what, found.item, found.hash))  # type: ignore[arg-type]
    gone = [key for key in known.live() if key not in program.items or not program.items[key].markets]
    rows += [
        StagedRow(10**9 + n, key, "gone", {"key": key, "id": item_id(program_id, key)})
        for n, key in enumerate(gone)
    ]
    rows = [row for row in rows if row.what == "gone" or program.items[row.sku].markets]
    if not rows:
        return 0
    feed = record_feed(tx, program_id, PROGRAM_FEED, POOL)
    sync_id = record_sync(tx, program_id, feed, "full", by, now)
    changed, new = (sum(1 for row in rows if row.what == what) for what in ("changed", "new"))
    same = len(program.items) - changed - new
    beat(tx, program_id, sync_id, Counts(len(program.items), new, changed, same, len(gone), 0), now)
    record_staged(tx, program_id, sync_id, rows)
    # That the version went live is told already.
    _, touched, _ = put_in_place(tx, program_id, sync_id, by, now)
    return touched


def own_item(program_id: int, item: Item, program: Program) -> Checked:
    """An item of the program as the catalog has it: codes of one's own deliver it."""
    units = program.units
    money: dict[str, list[int]] = {}
    for value in item.values:
        if units[value.unit].kind == "money":
            money.setdefault(value.unit, []).append(value.amount_minor)
    currency = next(iter(money), None)
    number = item_id(program_id, item.key)
    kind = item.category if item.category in _KINDS else "voucher"
    return checked(
        item.key,
        {
            "id": number,
            "key": item.key,
            "sku": item.key,
            "brand": "",
            "category": item.category,
            "kind": kind,
            # Its code is what a member is handed, whatever it is for.
            "delivery": "donation" if kind == "donation" else USUAL["voucher"],
            "lead_minutes": 0,
            "markets": sorted(item.markets),
            "currency": currency,
            "denominations": sorted(money.get(currency or "", ())),
            **dict.fromkeys(("range_min", "range_max", "range_step")),
            "other_amounts": {unit: sorted(amounts) for unit, amounts in money.items() if unit != currency},
            "prices": {
                value.unit: value.amount_minor for value in item.values if units[value.unit].kind != "money"
            },
            "names": dict(item.name),
            "abouts": _said(item.about),
            "terms": {},
            "uses": _said(item.use),
            "image": None,
            "supplier": POOL,
            "segments": [],
            "visible_from": None,
            "visible_to": None,
            "popularity": 0,
            "offers": [_pooled(item.key)],
            "slots": [],
        },
    )


def _pooled(key: str) -> Mapping[str, object]:
    return {
        "supplier": POOL,
        "sku": key,
        "prefer": 50,
        "cost_bp": None,
        "fee_minor": 0,
        "in_stock": True,
        "needs": [],
        "quantity_max": 1,
    }


def _said(text: Text) -> dict[str, str]:
    return {language: words for language, words in text.items() if words}
