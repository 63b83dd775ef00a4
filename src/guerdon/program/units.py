"""Units of value that a program uses, and the amounts written in them."""

import re
from collections.abc import Iterable, Mapping
from typing import get_args

from guerdon.program.places import UNIT_KEY, Place
from guerdon.values.money import (
    AMOUNT_MINOR_MAX,
    BadAmount,
    Money,
    Unit,
    UnitKind,
    parse_amount,
    parse_money,
    plain_amount,
)

DIGITS_MAX = 6
FEW = 6
KINDS: tuple[UnitKind, ...] = get_args(UnitKind)
# Spent from a balance, a bit at a time: an item has a price in them.
FROM_A_BALANCE = frozenset({"points", "credits"})
LIFE_FIELDS = ("expires", "pending", "rounding", "cap")

_CURRENCY = re.compile(r"[A-Z]{3}")


def read_units(place: Place | None) -> dict[str, Unit]:
    """Read `units`; a program needs at least one. How their value lives is read in `lives.py`."""
    if place is None:
        return {}
    found = {}
    for key, unit in place.keyed(UNIT_KEY, "EUR").items():
        fields = unit.fields(required=["kind", "digits"], optional=LIFE_FIELDS)
        kind = fields["kind"].one_of(KINDS, "kind") if "kind" in fields else None
        digits = fields["digits"].whole(0, DIGITS_MAX) if "digits" in fields else None
        if kind == "money" and not _CURRENCY.fullmatch(key):
            unit.wrong(f"{key} is no currency", "money is named by its three ISO letters, like EUR")
        found[key] = Unit(key, kind or "money", digits or 0)
    if not found:
        place.wrong("no unit is declared", "add one like `EUR: { kind: money, digits: 2 }`")
    return found


def read_unit(place: Place, units: Mapping[str, Unit]) -> Unit | None:
    """Read the name of a unit."""
    return units.get(place.one_of(units, "unit") or "")


def read_money(place: Place, units: Mapping[str, Unit]) -> Money | None:
    """Read an amount with its unit, more than zero."""
    word = place.word()
    if word is None:
        return None
    money = parse_money(word, units)
    if isinstance(money, BadAmount):
        place.wrong(money.what, money.hint)
        return None
    if money.amount_minor <= 0:
        place.wrong(f"{word} is not more than zero", "nothing can be given or counted in such an amount")
        return None
    return money


def read_amount(place: Place, unit: Unit) -> int | None:
    """Read an amount of a known unit; zero is allowed, for a budget may be closed on purpose."""
    money = read_amount_or_money(place, unit, {unit.key: unit})
    return None if money is None else money.amount_minor


def read_amount_or_money(place: Place, unit: Unit, units: Mapping[str, Unit]) -> Money | None:
    """Read an amount of the unit, or of another one when it is named; zero is allowed."""
    word = place.word()
    if word is None:
        return None
    amount: Money | BadAmount
    if word.strip().partition(" ")[2].strip()[:1].isalpha():
        amount = parse_money(word, units)
    else:
        amount_minor = parse_amount(word, unit)
        amount = amount_minor if isinstance(amount_minor, BadAmount) else Money(amount_minor, unit.key)
    if isinstance(amount, BadAmount):
        place.wrong(amount.what, amount.hint)
        return None
    if amount.amount_minor < 0:
        place.wrong(f"{word} is less than zero", "write zero or more")
        return None
    return amount


def shown(amount: Money, units: Mapping[str, Unit]) -> str:
    """Write an amount as programs do: `25.00 EUR`."""
    return f"{plain_amount(amount.amount_minor, units[amount.unit])} {amount.unit}"


def named_few(words: Iterable[str]) -> str:
    """Name the first few of many, so that a problem stays one line."""
    listed = list(words)
    return ", ".join(listed[:FEW]) + (", ..." if len(listed) > FEW else "")


def fits_one_account(amounts_minor: Mapping[str, int]) -> bool:
    """Say whether the amounts, taken together, are still one amount."""
    return sum(amounts_minor.values()) <= AMOUNT_MINOR_MAX
