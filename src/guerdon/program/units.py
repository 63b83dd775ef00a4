"""Units of value that a program uses, and the amounts written in them."""

import re
from collections.abc import Mapping

from guerdon.program.places import UNIT_KEY, Place
from guerdon.values.money import AMOUNT_MINOR_MAX, BadAmount, Money, Unit, parse_amount, parse_money

DIGITS_MAX = 6

_CURRENCY = re.compile(r"[A-Z]{3}")


def read_units(place: Place | None) -> dict[str, Unit]:
    """Read `units`; a program needs at least one."""
    if place is None:
        return {}
    found = {}
    for key, unit in place.keyed(UNIT_KEY, "EUR").items():
        fields = unit.fields(required=["kind", "digits"])
        kind = fields["kind"].one_of(("money", "points"), "kind") if "kind" in fields else None
        digits = fields["digits"].whole(0, DIGITS_MAX) if "digits" in fields else None
        if kind == "money" and not _CURRENCY.fullmatch(key):
            unit.wrong(f"{key} is no currency", "money is named by its three ISO letters, like EUR")
        found[key] = Unit(key, "points" if kind == "points" else "money", digits or 0)
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
    word = place.word()
    if word is None:
        return None
    amount_minor = parse_amount(word.removesuffix(f" {unit.key}"), unit)
    if isinstance(amount_minor, BadAmount):
        place.wrong(amount_minor.what, amount_minor.hint)
        return None
    if amount_minor < 0:
        place.wrong(f"{word} is less than zero", "a budget holds zero or more")
        return None
    return amount_minor


def fits_one_account(amounts_minor: Mapping[str, int]) -> bool:
    """Say whether the amounts, taken together, are still one amount."""
    return sum(amounts_minor.values()) <= AMOUNT_MINOR_MAX
