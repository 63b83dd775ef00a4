"""Amounts and numbers as feeds write them: `25`, `25.5` and `25.50` are the same, none is ever rounded."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from guerdon.engine.catalog.wrong import WrongRow
from guerdon.values.money import AMOUNT_MINOR_MAX, Unit

LISTED_MAX = 200
# Feeds say the same few numbers all the time.
KNOWN_MAX = 4_096

# As many as the longest number has.
NUMBER_LETTERS_MAX = 25
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_BETWEEN = re.compile(r"[|\s,;]+")


def read_amount(given: object, unit: Unit, field: str) -> int:
    """An amount of a unit in its smallest part, more than zero."""
    amount = _number(given, field).scaleb(unit.digits)
    if amount != amount.to_integral_value():
        raise WrongRow("digits", field=field, given=str(given), unit=unit.key)
    if not 0 < amount <= AMOUNT_MINOR_MAX:
        raise WrongRow("not_positive", field=field, given=str(given))
    return int(amount)


def read_fee(given: object, unit: Unit) -> int:
    """The same, and nothing is an amount, too."""
    return 0 if _number(given, "fee") == 0 else read_amount(given, unit, "fee")


def read_part(given: object, field: str) -> int:
    """A part of one in 1/10000: `0.975` is 9750."""
    part = _number(given, field) * 10_000
    if part != part.to_integral_value() or part > 100_000:
        raise WrongRow("no_part", field=field, given=str(given))
    return int(part)


def read_whole(given: object, field: str, most: int, least: int = 0) -> int:
    """A whole number within bounds."""
    number = _number(given, field)
    if number != number.to_integral_value() or not least <= number <= most:
        raise WrongRow("no_whole", field=field, given=str(given), least=least, most=most)
    return int(number)


def read_words(given: object, field: str) -> list[str]:
    """A list of words: a list, or a text with spaces or strokes between them."""
    if given is None or given == "":
        return []
    if isinstance(given, str):
        given = [word for word in _BETWEEN.split(given) if word]
    if not isinstance(given, list | tuple) or len(given) > LISTED_MAX:
        raise WrongRow("no_list", field=field, most=LISTED_MAX)
    words = [
        str(word) if isinstance(word, int | float) and not isinstance(word, bool) else word for word in given
    ]
    if not all(isinstance(word, str) and word for word in words):
        raise WrongRow("no_words", field=field)
    return list(dict.fromkeys(words))


def read_prices(given: object, units: Mapping[str, Unit]) -> dict[str, int]:
    """A price by unit of points or credits."""
    if given is None or given in ("", {}):
        return {}
    if not isinstance(given, Mapping):
        raise WrongRow("prices_form")
    found = {}
    for key, price in given.items():
        unit = units.get(str(key))
        if unit is None or unit.kind not in ("points", "credits"):
            raise WrongRow("prices_unit", given=str(key)[:20])
        found[unit.key] = read_amount(price, unit, f"prices ({unit.key})")
    return found


def _number(given: object, field: str) -> Decimal:
    text = str(given).strip() if isinstance(given, str | int | float) and not isinstance(given, bool) else ""
    number = _decimal(text) if len(text) <= NUMBER_LETTERS_MAX else None
    if number is None:
        raise WrongRow("no_number", field=field, given=str(given)[:40])
    return number


@lru_cache(maxsize=KNOWN_MAX)
def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None
