"""A row of a feed becomes an item of the catalog, or says why it cannot be one.

What comes out is what is written down, canonical: the same row always has the same hash, whoever wrote it.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

import msgspec

from guerdon.engine.catalog.amounts import read_amount, read_prices, read_whole, read_words
from guerdon.engine.catalog.ground import Ground, all_of, one_of, read_moment, read_truth
from guerdon.engine.catalog.images import Image, read_image
from guerdon.engine.catalog.offers import OFFER_FIELDS, OfferedRow, read_offers, read_slots
from guerdon.engine.catalog.texts import NAME_MAX, plain_text, read_text
from guerdon.engine.catalog.wrong import WrongRow, unknown_word
from guerdon.store.catalog.items import Delivery, ItemKind
from guerdon.values.ids import derived_id
from guerdon.values.money import Unit
from guerdon.values.texts import FALLBACK_LANGUAGE

FIELDS = (
    *("id", "name", "category", "kind", "markets", "currency", "amounts", "min", "max", "step", "prices"),
    *("brand", "delivery", "lead_minutes", "about", "terms", "use", "image", "segments", "visible_from"),
    *("visible_to", "popularity", "limited_to", "slots", "offers", "gone", *OFFER_FIELDS),
)
# How a kind comes where the row does not say.
USUAL: Mapping[ItemKind, Delivery] = {
    "gift_card": "code",
    "prepaid": "link",
    "donation": "donation",
    "product": "physical",
    "experience": "place",
    "service": "account",
    "voucher": "code",
}
DELIVERIES: tuple[Delivery, ...] = get_args(Delivery)
LEAD_MAX = 60 * 24 * 365
POPULARITY_MAX = 1_000_000
BRAND_MAX = 120
# Of a key in the catalog: the feed and what the feed calls it.
KEY_MAX = 120

SKU_LETTERS_MAX = 80

_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,79}")
_KNOWN = frozenset(FIELDS)
# By their keys, without spaces, letters as they are.
_canonical = msgspec.json.Encoder(order="sorted").encode
Given = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Checked:
    """A good row: the item as it would be written down, and its hash; `gone`: a delta takes it away.

    `text`: the item as JSON, as it was hashed.
    """

    sku: str
    item: Mapping[str, object]
    hash: bytes
    image: Image | None = field(default=None, repr=False)
    gone: bool = False
    text: bytes = field(default=b"", repr=False)


def item_id(program_id: int, key: str) -> int:
    """The number of an item by its key, the same for ever."""
    return derived_id(program_id, "item", key)


def sku_of(row: Given) -> str:
    """What the feed calls it; raises `WrongRow`."""
    given = row.get("id")
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if given in (None, ""):
        raise WrongRow("missing", field="id")
    if not isinstance(given, str) or not _SKU.fullmatch(given.strip()):
        raise WrongRow("id_form", given=str(given)[:40], most=SKU_LETTERS_MAX)
    return given.strip()


def check_row(row: Given, ground: Ground, picture: str | None = None) -> Checked:
    """Check a row; raises `WrongRow` with the first thing that is wrong.

    `picture`: the hash of an image that is kept already, for a row that brings none.
    """
    sku = sku_of(row)
    if "gone" in row and row["gone"] not in (None, "") and read_truth(row["gone"], "gone"):
        if not ground.delta:
            raise WrongRow("gone_in_full")
        return Checked(sku, {}, b"", gone=True)
    unknown = next((key for key in row if key not in _KNOWN and not key.startswith("x_")), None)
    if unknown is not None:
        raise unknown_word("unknown_field", unknown[:40], FIELDS)
    image = read_image(row.get("image"), ground.beside)
    said = _item(sku, row, ground)
    said["image"] = image.hash if image is not None else picture
    return checked(sku, said, image)


def checked(sku: str, said: Mapping[str, object], image: Image | None = None) -> Checked:
    """An item as it is written down, with the hash of all that it says."""
    text = _canonical(said)
    return Checked(sku, said, hashlib.sha256(text).digest(), image, text=text)


def _item(sku: str, row: Given, ground: Ground) -> dict[str, object]:
    program = ground.program
    key = f"{ground.feed}:{sku}".lower()
    if len(key) > KEY_MAX:
        raise WrongRow("id_long", n=len(sku), most=KEY_MAX)
    kind = one_of(row.get("kind"), USUAL, "kind")
    # Known just now.
    usual = USUAL[kind]  # type: ignore[index]
    names = read_text(row.get("name"), "name", NAME_MAX)
    if FALLBACK_LANGUAGE not in names:
        raise WrongRow("no_english") if names else WrongRow("missing", field="name")
    markets = all_of(read_words(row.get("markets"), "markets"), program.markets, "markets")
    if not markets:
        raise WrongRow("missing", field="markets")
    unit = _currency(row, ground)
    number = item_id(ground.program_id, key)
    offered = OfferedRow(sku, unit, markets)
    offers = read_offers(row, offered, ground)
    return {
        "id": number,
        "key": key,
        "sku": sku,
        "kind": kind,
        "markets": sorted(markets),
        "names": names,
        "category": one_of(row.get("category"), program.catalog.kinds, "category"),
        "delivery": one_of(row["delivery"], DELIVERIES, "delivery") if row.get("delivery") else usual,
        "brand": _brand(row.get("brand")),
        "lead_minutes": _whole(row, "lead_minutes", LEAD_MAX),
        "popularity": _whole(row, "popularity", POPULARITY_MAX),
        **_amounts(row, unit, read_prices(row.get("prices"), program.units)),
        **{name: read_text(row.get(name[:-1]), name[:-1]) for name in ("abouts", "uses")},
        "terms": read_text(row.get("terms"), "terms"),
        "segments": sorted(all_of(read_words(row.get("segments"), "segments"), program.segments, "segments")),
        **_times(row, ground),
        "supplier": min(offers, key=lambda offer: (offer["prefer"], offer["supplier"]))["supplier"],
        "offers": offers,
        "slots": read_slots(row, number, offered, ground),
        "other_amounts": {},
    }


def _currency(row: Given, ground: Ground) -> Unit | None:
    given = row.get("currency")
    if given in (None, ""):
        return None
    return ground.money[one_of(given, ground.money, "currency")]


def _amounts(row: Given, unit: Unit | None, prices: Mapping[str, int]) -> dict[str, object]:
    """What it can be had for: fixed amounts, or a range, or a price in points alone."""
    listed = read_words(row.get("amounts"), "amounts")
    bounds = {name: row[name] for name in ("min", "max", "step") if row.get(name) not in (None, "")}
    if (listed or bounds) and unit is None:
        raise WrongRow("missing", field="currency")
    if listed and bounds:
        raise WrongRow("exclude", field="amounts", other=next(iter(bounds)))
    if not listed and not bounds and not prices:
        raise WrongRow("no_price")
    if prices and (bounds or len(listed) > 1):
        raise WrongRow("prices_beside")
    found: dict[str, object] = {
        "currency": unit.key if unit is not None else None,
        "prices": dict(prices),
        "denominations": [],
        **dict.fromkeys(("range_min", "range_max", "range_step")),
    }
    if unit is None:
        return found
    if listed:
        return {**found, "denominations": sorted({read_amount(each, unit, "amounts") for each in listed})}
    return {**found, **_range(bounds, unit)} if bounds else found


def _range(bounds: Given, unit: Unit) -> dict[str, object]:
    missing = next((name for name in ("min", "max") if name not in bounds), None)
    if missing is not None:
        raise WrongRow("missing", field=missing)
    least, most = (read_amount(bounds[name], unit, name) for name in ("min", "max"))
    step = read_amount(bounds["step"], unit, "step") if "step" in bounds else 10**unit.digits
    if most < least:
        raise WrongRow("range_order")
    return {"range_min": least, "range_max": most, "range_step": step}


def _times(row: Given, ground: Ground) -> dict[str, object]:
    begin = read_moment(row.get("visible_from"), "visible_from", ground)
    end = read_moment(row.get("visible_to"), "visible_to", ground)
    if begin is not None and end is not None and datetime.fromisoformat(end) <= datetime.fromisoformat(begin):
        raise WrongRow("times_order")
    return {"visible_from": begin, "visible_to": end}


def _brand(given: object) -> str:
    brand = plain_text(str(given)) if given not in (None, "") else ""
    if len(brand) > BRAND_MAX:
        raise WrongRow("long", field="brand", n=len(brand), most=BRAND_MAX)
    return brand


def _whole(row: Given, name: str, most: int) -> int:
    return 0 if row.get(name) in (None, "") else read_whole(row[name], name, most)
