"""Who delivers an item, and at which dates and places: the lists within a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.catalog.amounts import read_fee, read_part, read_whole, read_words
from guerdon.engine.catalog.ground import Ground, all_of, one_of, read_moment, read_truth
from guerdon.engine.catalog.texts import plain_text
from guerdon.engine.catalog.wrong import WrongRow, unknown_word
from guerdon.values.ids import derived_id
from guerdon.values.money import Unit

OFFER_FIELDS = ("supplier", "sku", "prefer", "cost", "fee", "stock", "needs", "quantity_max")
SLOT_FIELDS = ("id", "capacity", "starts_at", "ends_at", "venue", "market")
NEEDS = ("email", "phone", "address", "name")
OFFERS_MAX = 20
SLOTS_MAX = 500
CAPACITY_MAX = 1_000_000
SKU_MAX = 200
Given = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OfferedRow:
    """What the lists of a row say of the row itself: what it calls itself, and in which currency."""

    id: str
    currency: Unit | None
    markets: Sequence[str]


def read_offers(row: Given, item: OfferedRow, ground: Ground) -> list[dict[str, object]]:
    """Who delivers it: as a list, or one offer by fields of the row itself, or the feed's own supplier."""
    given = row.get("offers")
    flat = {name: row[name] for name in OFFER_FIELDS if row.get(name) not in (None, "")}
    if given in (None, "", []):
        listed: list[Given] = [{"supplier": ground.supplier, **flat}]
    elif flat:
        raise WrongRow("offers_beside", field=next(iter(flat)))
    else:
        listed = _objects(given, "offers", OFFER_FIELDS, OFFERS_MAX)
    found = [_read_offer(each, item, ground) for each in listed]
    if len({str(each["supplier"]) for each in found}) < len(found):
        raise WrongRow("supplier_twice")
    return sorted(found, key=lambda each: str(each["supplier"]))


def _read_offer(given: Given, item: OfferedRow, ground: Ground) -> dict[str, object]:
    supplier = one_of(given.get("supplier"), ground.suppliers, "supplier")
    sku = given.get("sku") or item.id
    if (
        not isinstance(sku, str | int)
        or isinstance(sku, bool)
        or not 0 < len(plain_text(str(sku))) <= SKU_MAX
    ):
        raise WrongRow("sku_form", most=SKU_MAX)
    fee = given.get("fee")
    if fee not in (None, "", 0) and item.currency is None:
        raise WrongRow("fee_currency")
    stock = given.get("stock")
    return {
        "supplier": supplier,
        "sku": plain_text(str(sku)),
        "prefer": (
            ground.suppliers[supplier]
            if given.get("prefer") in (None, "")
            else read_whole(given["prefer"], "prefer", 1000)
        ),
        "cost_bp": None if given.get("cost") in (None, "") else read_part(given["cost"], "cost"),
        "fee_minor": 0 if fee in (None, "", 0) or item.currency is None else read_fee(fee, item.currency),
        "in_stock": True if stock in (None, "") else _in_stock(stock),
        "needs": sorted(all_of(read_words(given.get("needs"), "needs"), NEEDS, "needs")),
        "quantity_max": (
            1
            if given.get("quantity_max") in (None, "")
            else read_whole(given["quantity_max"], "quantity_max", 1000, 1)
        ),
    }


def _in_stock(given: object) -> bool:
    if isinstance(given, int) and not isinstance(given, bool):
        return given > 0
    text = str(given).strip()
    return (
        int(text) > 0
        if text.isascii() and text.isdecimal() and len(text) < 16
        else read_truth(given, "stock")
    )


def read_slots(row: Given, item_id: int, item: OfferedRow, ground: Ground) -> list[dict[str, object]]:
    """Dates and places, or the one slot of a limited edition."""
    limited, given = row.get("limited_to"), row.get("slots")
    if limited not in (None, ""):
        if given not in (None, "", []):
            raise WrongRow("exclude", field="limited_to", other="slots")
        return [_slot(item_id, "", read_whole(limited, "limited_to", CAPACITY_MAX))]
    if given in (None, "", []):
        return []
    found = [
        _read_slot(each, item_id, item, ground) for each in _objects(given, "slots", SLOT_FIELDS, SLOTS_MAX)
    ]
    if len({each["ref"] for each in found}) < len(found):
        raise WrongRow("slot_twice")
    return sorted(found, key=lambda each: str(each["ref"]))


def _read_slot(given: Given, item_id: int, item: OfferedRow, ground: Ground) -> dict[str, object]:
    if given.get("capacity") in (None, ""):
        raise WrongRow("missing", field="slots (capacity)")
    starts = read_moment(given.get("starts_at"), "starts_at", ground)
    ends = read_moment(given.get("ends_at"), "ends_at", ground)
    if ends is not None and (starts is None or datetime.fromisoformat(ends) < datetime.fromisoformat(starts)):
        raise WrongRow("slot_order")
    venue = plain_text(str(given["venue"]))[:300] if given.get("venue") not in (None, "") else None
    market = given.get("market")
    ref = str(given["id"]) if given.get("id") not in (None, "") else f"{starts or ''} {venue or ''}".strip()
    slot = _slot(item_id, plain_text(ref)[:200], read_whole(given["capacity"], "capacity", CAPACITY_MAX))
    return {
        **slot,
        "starts_at": starts,
        "ends_at": ends,
        "venue": venue,
        "market": None if market in (None, "") else one_of(market, item.markets, "slots (market)"),
    }


def _slot(item_id: int, ref: str, capacity: int) -> dict[str, object]:
    return {
        "id": derived_id(item_id, "slot", ref),
        "ref": ref,
        "capacity": capacity,
        **dict.fromkeys(("starts_at", "ends_at", "venue", "market")),
    }


def _objects(given: object, field: str, known: Sequence[str], most: int) -> list[Given]:
    if isinstance(given, Mapping):
        given = [given]
    if (
        not isinstance(given, list)
        or len(given) > most
        or not all(isinstance(each, Mapping) for each in given)
    ):
        raise WrongRow("no_objects", field=field, most=most)
    for each in given:
        unknown = next((key for key in each if key not in known), None)
        if unknown is not None:
            raise unknown_word("unknown_part", str(unknown)[:40], known, field=field)
    return given
