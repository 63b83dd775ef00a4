"""A starter filled in: a few inputs, checked, become the text of a real program, as a person would write it.

What comes out is read and checked like any program; nothing of a starter is known to the rest of the house.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import NamedTuple

from guerdon.program.places import KEY, well_formed
from guerdon.program.starters.countries import COUNTRIES, CURRENCIES, ZONES
from guerdon.values.texts import LANGUAGES

BRAND_LETTERS_MAX = 60
KEY_LETTERS_MAX = 40
# The source of ids, and the attribute, by which a member is one that was made to try the program.
SAMPLE = "sample"
# What takes a sample member's rewards back, an event like any other.
SAMPLE_REMOVED = "sample.removed"
_MONEY = re.compile(r"[0-9]{1,7}(\.[0-9]{2})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,6}", re.ASCII)


class Amount(NamedTuple):
    """An input of a starter: what it is called there, what it is without another word, money or a count."""

    name: str
    usual: str
    money: bool = True


@dataclass(frozen=True, slots=True)
class Starter:
    """A program to begin with: the file of its text, its amounts, and those that an item must be worth."""

    key: str
    amounts: tuple[Amount, ...]
    bought: tuple[str, ...] = ()


_BUDGET = Amount("budget", "10000.00")
STARTERS: Mapping[str, Starter] = {
    each.key: each
    for each in (
        Starter(
            "ev_maker",
            (
                Amount("test_drive", "25.00"),
                Amount("booking", "200.00"),
                Amount("referral", "350.00"),
                _BUDGET,
            ),
            ("test_drive", "booking", "referral"),
        ),
        Starter(
            "service_points",
            (Amount("visit", "150", money=False), Amount("price", "600", money=False)),
        ),
        Starter(
            "early_renewal",
            (Amount("reward", "100.00"), Amount("days", "30", money=False), _BUDGET),
            ("reward",),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What somebody says of their program, as typed; `language` empty: each country's own."""

    brand: str
    key: str
    countries: tuple[str, ...]
    currency: str
    time_zone: str
    language: str
    amounts: Mapping[str, str]


def check_inputs(starter: Starter, inputs: Inputs) -> list[str]:
    """The names of inputs that are wrong, in the order of a form; none where it can be filled in."""
    brand = inputs.brand
    wrong = {
        "brand": not 0 < len(brand) <= BRAND_LETTERS_MAX or brand != brand.strip() or not brand.isprintable(),
        "key": not well_formed(inputs.key, KEY) or len(inputs.key) > KEY_LETTERS_MAX,
        "countries": not inputs.countries or not set(inputs.countries) <= COUNTRIES.keys(),
        "currency": inputs.currency not in CURRENCIES,
        "time_zone": inputs.time_zone not in ZONES,
        "language": inputs.language not in {"", *LANGUAGES},
    }
    for amount in starter.amounts:
        typed = inputs.amounts.get(amount.name, "")
        pattern = _MONEY if amount.money else _COUNT
        wrong[amount.name] = pattern.fullmatch(typed) is None or not float(typed) > 0
    return [name for name, is_wrong in wrong.items() if is_wrong]


def fill(starter: Starter, inputs: Inputs) -> str:
    """The program's text; the inputs were found right (`check_inputs`)."""
    text = files(__package__).joinpath(f"{starter.key}.yaml").read_text(encoding="utf-8")
    amounts = {each.name: _written(each, inputs.amounts[each.name]) for each in starter.amounts}
    # Each amount once: an item has one price for it.
    worths = dict.fromkeys(amounts[name] for name in starter.bought)
    return Template(text).substitute(
        amounts,
        brand=json.dumps(inputs.brand, ensure_ascii=False),
        key=inputs.key,
        zone=inputs.time_zone,
        currency=inputs.currency,
        markets="\n".join(_market(key, inputs.language) for key in sorted(set(inputs.countries))),
        worths=", ".join(f"{worth} {inputs.currency}" for worth in worths),
    )


def _written(amount: Amount, typed: str) -> str:
    if not amount.money:
        return str(int(typed))
    whole, _, rest = typed.partition(".")
    return f"{int(whole)}.{rest or '00'}"


def _market(key: str, language: str) -> str:
    country = COUNTRIES[key]
    names = ", ".join(
        f"{tongue}: {json.dumps(name, ensure_ascii=False)}"
        for tongue, name in zip(LANGUAGES, country.names, strict=True)
    )
    return (
        f"  {key}:\n    name: {{ {names} }}\n"
        f"    language: {language or country.language}\n    time_zone: {country.time_zone}"
    )
