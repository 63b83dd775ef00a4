"""How a value is written for its reader: by its type, or by the filter that the author chose.

Which filters fit a type is fixed here, so that `{{reward.ends|money}}` is found when the program is checked
and not when the mail goes out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import assert_never
from zoneinfo import ZoneInfo

from babel.numbers import is_currency

from guerdon.text import formats
from guerdon.text.templating.names import Amount, Kind, Value
from guerdon.text.units.words import UnitWords, has_words, naming_units, unit_words
from guerdon.values.money import AMOUNT_MINOR_MAX

# The types that each filter takes.
FILTERS: Mapping[str, frozenset[Kind]] = {
    "money": frozenset({"money"}),
    "day": frozenset({"date", "moment"}),
    "moment": frozenset({"moment"}),
    "number": frozenset({"number", "money"}),
}
# How a type is written where the author asks for nothing else; texts and links have no filter.
USUAL: Mapping[Kind, str] = {"money": "money", "date": "day", "moment": "moment", "number": "number"}
DIGITS_MAX = 8
DIGITS_KEPT = 40
WRITTEN_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: one of our languages, a market or nothing, and the time zone they live by."""

    language: str
    market: str = ""
    zone: str = "UTC"

    @property
    def locale(self) -> str:
        """The language as it is written in that market: `de-AT`."""
        return f"{self.language}-{self.market}" if self.market else self.language


def filters_of(kind: Kind) -> list[str]:
    """The filters that fit a type; none for texts and links."""
    return [key for key, kinds in FILTERS.items() if kind in kinds]


def is_of(value: Value, kind: Kind) -> bool:
    """Whether a value is of this type, and one that can be written down."""
    match kind:
        case "text" | "link":
            return isinstance(value, str)
        case "money":
            return (
                isinstance(value, Amount)
                and abs(value.amount_minor) <= AMOUNT_MINOR_MAX
                and 0 <= value.digits <= DIGITS_MAX
            )
        case "date":
            return isinstance(value, date) and not isinstance(value, datetime)
        case "moment":
            return isinstance(value, datetime) and value.tzinfo is not None
        case "number":
            return _is_number(value)
        case _:
            assert_never(kind)


def is_nothing(value: Value) -> bool:
    """Whether there is nothing to speak of: zero, or an amount of zero."""
    if isinstance(value, Amount):
        return value.amount_minor == 0
    if isinstance(value, Decimal):
        # What is no number at all cannot even be compared.
        return value.is_zero()
    return isinstance(value, int) and value == 0


def written(value: Value, filter_key: str, reader: Reader) -> str | None:
    """Write a value of a type that the filter takes; None for what no calendar or zone can say."""
    return _kept(value, filter_key, reader, unit_words())


# Babel takes longer over one amount than all the rest over a text, and amounts and days repeat.
@lru_cache(WRITTEN_KEPT)
def _kept(value: Value, filter_key: str, reader: Reader, spoken: UnitWords) -> str | None:
    try:
        with naming_units(spoken):
            return _written(value, filter_key, reader)
    except (OverflowError, ValueError, OSError, LookupError):
        # The first and the last day of the calendar in another zone, and zones that are none.
        return None


def _written(value: Value, filter_key: str, reader: Reader) -> str:
    text = str(value)
    match filter_key, value:
        case "money", Amount():
            text = _money(value, reader.locale)
        case "number", Amount():
            text = formats.number(Decimal(value.amount_minor).scaleb(-value.digits), reader.locale)
        case "number", int() | Decimal():
            text = formats.number(value, reader.locale)
        case "moment", datetime():
            text = formats.moment(value, reader.zone, reader.locale)
        case "day", datetime():
            text = formats.day(value.astimezone(ZoneInfo(reader.zone)).date(), reader.locale)
        case "day", date():
            text = formats.day(value, reader.locale)
    return text


def _money(value: Amount, locale: str) -> str:
    text = formats.money(value.amount_minor, value.unit, value.digits, locale)
    # A unit of the program's own has no sign, so it is named.
    named = is_currency(value.unit) or has_words(value.unit)
    return text if named else f"{text}\N{NO-BREAK SPACE}{value.unit}"


def _is_number(value: Value) -> bool:
    if isinstance(value, Decimal):
        # One with a million zeros behind its point is short in memory and long on paper.
        digits = len(value.as_tuple().digits)
        return value.is_finite() and digits <= DIGITS_KEPT and -DIGITS_KEPT <= value.adjusted() <= DIGITS_KEPT
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= AMOUNT_MINOR_MAX
