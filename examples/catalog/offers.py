"""Who supplies an item, at what cost, and whether they have it."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

# How often an item of a kind comes from: both suppliers, the first, the second, own codes, staff.
SHARES: Mapping[str, tuple[int, int, int, int, int]] = {
    "gift_card": (28, 36, 28, 8, 0),
    "prepaid": (30, 45, 25, 0, 0),
    "donation": (0, 80, 0, 0, 20),
    "product": (0, 0, 0, 0, 100),
    "experience": (0, 0, 0, 35, 65),
    "service": (0, 0, 0, 80, 20),
    "voucher": (0, 0, 0, 90, 10),
}
NEEDS_BY_HAND = {"physical": ["name", "address", "phone"], "place": ["name", "email"]}
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def invent_offers(dice: Random, row: Mapping[str, Any], suppliers: Sequence[str]) -> list[Mapping[str, Any]]:
    """The offers of an item, the preferred one first; without accounts of suppliers all are our own."""
    both, first, second, pool, _hand = SHARES[row["kind"]]
    chance = dice.randrange(100)
    named: Sequence[str] = ()
    if chance < both:
        named = suppliers[:2]
    elif chance < both + first:
        named = suppliers[:1]
    elif chance < both + first + second:
        named = suppliers[1:2] or suppliers[:1]
    elif chance < both + first + second + pool:
        named = ("pool",)
    else:
        named = ("manual",)
    return [_offer(dice, row, name, place) for place, name in enumerate(named or ("pool",), 1)]


def _offer(dice: Random, row: Mapping[str, Any], supplier: str, prefer: int) -> Mapping[str, Any]:
    own = supplier in ("pool", "manual")
    needs = (
        NEEDS_BY_HAND.get(row["delivery"], ["email"])
        if own
        else ["email"]
        if _is_runa(supplier)
        else ["email", "name"]
    )
    return {
        "supplier": supplier,
        "sku": row["id"] if own else _their_sku(dice, supplier, row),
        "prefer": prefer,
        # As a part of what the member gets.
        "cost": "1" if own else f"{dice.randrange(8_800, 10_150, 25) / 10_000:.4f}",
        "fee": "0.00" if own or dice.random() < 0.8 else "0.35",
        "stock": dice.random() > 0.03,
        "needs": needs if supplier != "pool" else [],
        "quantity_max": 1 if row["kind"] in ("experience", "service") else 10,
    }


def _their_sku(dice: Random, supplier: str, row: Mapping[str, Any]) -> str:
    """As theirs look: a dozen letters, or words with a country."""
    if _is_runa(supplier):
        words = "".join(each for each in row["brand"].upper() if each.isascii() and each.isalpha())[:10]
        return f"{words}{row['id'][-6:]}-{row['markets'][0]}"
    return "".join(dice.choices(LETTERS, k=12))


def _is_runa(supplier: str) -> bool:
    return supplier.startswith("runa")
