"""The items that a supplier has, as that supplier's own documents write its products: for its stand-in."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .rows import Row

CATEGORIES = {"donation": "charity", "prepaid": "visa_card"}
Product = dict[str, Any]


def products(kind: str, rows: Iterable[Row]) -> Iterator[Product]:
    """Products of all accounts of a kind of supplier, `tremendous` or `runa`."""
    write = {"tremendous": _of_tremendous, "runa": _of_runa}[kind]
    for row in rows:
        for offer in row["offers"]:
            if offer["supplier"].startswith(kind):
                yield write(row, offer)


def _of_tremendous(row: Row, offer: Mapping[str, Any]) -> Product:
    faces = row.get("amounts")
    skus = [(face, face) for face in faces] if faces else [(row["min"], row["max"])]
    return {
        "id": offer["sku"],
        "name": row["name"]["en"],
        "description": row["about"]["en"],
        "category": CATEGORIES.get(row["kind"], "merchant_card"),
        "disclosure": row["terms"]["en"],
        "skus": [
            {"min": float(low), "max": float(high), "currency_code": row["currency"]} for low, high in skus
        ],
        "currency_codes": [row["currency"]],
        "countries": [{"abbr": market} for market in row["markets"]],
        "images": [],
        "usage_instructions": row["use"]["en"],
    }


def _of_runa(row: Row, offer: Mapping[str, Any]) -> Product:
    faces = row.get("amounts")
    return {
        "name": row["name"]["en"],
        "code": offer["sku"],
        "currency": row["currency"],
        "state": "LIVE",
        "is_orderable": True,
        "payout_type": "gift_card",
        "categories": ["food-and-drink"],
        "countries_redeemable_in": row["markets"],
        "customer_service": {"phone_number": None, "website_url": None},
        "discount_multiplier": "0.05",
        "availability": "stocked",
        "gift_card": {
            "denominations": {
                "type": "fixed" if faces else "open",
                "minimum_value": faces[0] if faces else row["min"],
                "maximum_value": faces[-1] if faces else row["max"],
                "available_list": faces,
            },
            "redeemable_at": "all",
            "barcode_format": "code-128",
        },
    }
