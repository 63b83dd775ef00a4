"""What an item is worth: some amounts or a range, in a currency that the program has."""

from collections.abc import Mapping
from random import Random
from typing import Any

from .countries import Country

# In whole euros: what cards are sold for, and from what to what one may choose.
LADDER = (5, 10, 15, 20, 25, 50, 75, 100, 150, 200, 250, 350, 500)
RANGES = ((5, 100), (5, 350), (10, 200), (10, 250), (10, 500), (20, 350), (25, 500), (25, 1000))
STEPS = ("0.01", "0.50", "1.00", "5.00")
SINGLE = {
    "product": (10, 15, 20, 25, 35, 45, 60, 80, 95, 120, 160, 200, 280, 350),
    "experience": (25, 40, 50, 65, 80, 100, 120, 150, 200, 250, 350),
    "service": (5, 10, 15, 20, 25, 40, 50, 75, 100, 200),
    "voucher": (5, 10, 15, 20, 25, 30, 40, 50),
}
RANGED = {"gift_card": 0.5, "prepaid": 0.7, "donation": 0.8}


def invent_face(dice: Random, kind: str, times: int, points: tuple[str, int] | None) -> Mapping[str, Any]:
    """Either `amounts` or a range, and a price in points where a single amount has one."""
    if dice.random() < RANGED.get(kind, 0.0):
        low, high = dice.choice(RANGES)
        step = dice.choices(STEPS, (2, 1, 4, 2))[0]
        return {"min": _amount(low * times), "max": _amount(high * times), "step": step}
    if kind in SINGLE:
        face = dice.choice(SINGLE[kind])
        prices = {points[0]: str(face * points[1])} if points else {}
        return {"amounts": [_amount(face * times)], "prices": prices}
    begin = dice.randrange(len(LADDER) - 3)
    faces = LADDER[begin : begin + dice.randint(2, 7)]
    return {"amounts": [_amount(face * times) for face in faces]}


def pick_currency(country: Country, currencies: tuple[str, ...]) -> tuple[str, int]:
    """The country's own currency if the program has it, else the first; and how much a euro is there."""
    if country.currency in currencies:
        return country.currency, country.prices
    return currencies[0], 1


def _amount(whole: int) -> str:
    return f"{whole}.00"
