"""Amounts: whole numbers of a unit's smallest part, never floats.

A unit is money (EUR, two digits) or points (no digits), and an amount always names its unit. An amount
that PostgreSQL's bigint could not hold is refused here, at the edge, so that no later part meets one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from guerdon.values.problems import near_or_known, written_hint

AMOUNT_MINOR_MAX = 2**63 - 1

UnitKind = Literal["money", "points", "credits", "status"]
# What is said of each for staff stands in `text/code_rows.py`, with the values that it is given here.
AmountFault = Literal["no_unit", "unknown_unit", "no_amount", "amount_digits", "amount_large"]

_NUMBER = re.compile(r"(-?)([0-9]{1,40})(?:\.([0-9]{1,40}))?")


@dataclass(frozen=True, slots=True)
class Unit:
    """A currency of value, with the number of digits after its decimal point.

    A reward of money is redeemed whole; points and credits are spent from a balance; status is only counted.
    """

    key: str
    kind: UnitKind
    digits: int


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one unit; points are an amount of a unit of points."""

    amount_minor: int
    unit: str

    def __post_init__(self) -> None:
        assert -AMOUNT_MINOR_MAX <= self.amount_minor <= AMOUNT_MINOR_MAX, "an amount beyond 64 bits"


@dataclass(frozen=True, slots=True)
class BadAmount:
    """Why a text is no amount, and how to write one; the same as a code, and the values of its text."""

    what: str
    hint: str = ""
    code: AmountFault | Literal[""] = ""
    said: Mapping[str, str | int] = field(default_factory=dict)


def parse_money(text: str, units: Mapping[str, Unit]) -> Money | BadAmount:
    """Read `25.00 EUR`."""
    number, _, unit_key = text.strip().partition(" ")
    unit_key = unit_key.strip()
    example = next(iter(units), "EUR")
    if not unit_key:
        said = {"given": _cut(text), "example": f"25.00 {example}"}
        what = f"{_cut(text)} is not an amount with its unit"
        return BadAmount(what, f"write it like 25.00 {example}", "no_unit", said)
    unit = units.get(unit_key)
    if unit is None:
        near, given = near_or_known(unit_key, units), _cut(unit_key)
        hint = written_hint(near)
        return BadAmount(f"unknown unit {given}", hint, "unknown_unit", {"given": given, **near})
    amount = parse_amount(number, unit)
    return amount if isinstance(amount, BadAmount) else Money(amount, unit.key)


def parse_amount(text: str, unit: Unit) -> int | BadAmount:
    """Read `25.00` as so many of the unit's smallest part."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return BadAmount(
            f"{_cut(text)} is not an amount",
            f"write digits and a point only, like {_example(unit)}",
            "no_amount",
            {"given": _cut(text), "example": _example(unit)},
        )
    minus, whole, fraction = found.group(1), found.group(2), found.group(3)
    if fraction is not None and len(fraction) != unit.digits:
        return BadAmount(
            f"digits after the point: {_cut(text)} has {len(fraction)}, {unit.key} has {unit.digits}",
            f"write it like {_example(unit)}",
            "amount_digits",
            {
                "given": _cut(text),
                "n": len(fraction),
                "unit": unit.key,
                "digits": unit.digits,
                "example": _example(unit),
            },
        )
    amount_minor = int(whole) * _scale(unit) + int(fraction or "0")
    if amount_minor > AMOUNT_MINOR_MAX:
        what, hint = f"{_cut(text)} is larger than an amount can be", "at most 63 bits of minor units"
        return BadAmount(what, hint, "amount_large", {"given": _cut(text)})
    return -amount_minor if minus else amount_minor


def plain_amount(amount_minor: int, unit: Unit) -> str:
    """Write an amount as programs and exports do: `25.00`, whatever the language."""
    minus = "-" if amount_minor < 0 else ""
    whole, rest = divmod(abs(amount_minor), _scale(unit))
    return f"{minus}{whole}.{rest:0{unit.digits}d}" if unit.digits else f"{minus}{whole}"


def _example(unit: Unit) -> str:
    return plain_amount(25 * _scale(unit), unit)


def _scale(unit: Unit) -> int:
    return int(10**unit.digits)


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."
