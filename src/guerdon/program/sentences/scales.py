"""Scales: on which a value counts, so that 15000 is read as €150 and 6 as Saturday."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from babel.dates import get_day_names, get_month_names

from guerdon.program.model import Program
from guerdon.text import formats
from guerdon.text.catalogs import Words
from guerdon.values.texts import text_in

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Scale:
    """How a value is read. from_one: CEL counts from nothing, people from one. choice: one of a few words."""

    kind: Literal[
        "plain", "money", "day", "choice", "market", "location", "language", "weekday", "month", "from_one"
    ] = "plain"
    unit: str = ""


PLAIN = Scale()


def shown(  # noqa: PLR0911  a kind of value each
    value: object, scale: Scale, program: Program, spoken: Words, locale: str
) -> str:
    """A value as people read it."""
    match value:
        case None:
            return spoken.gettext("not known")
        case bool():
            return spoken.gettext("yes") if value else spoken.gettext("no")
        case int():
            return _number(value, scale, program, locale)
        case str():
            return _text(value, scale, program, spoken, locale)
        case datetime():
            if scale.kind == "day":
                return formats.day(value.astimezone(UTC).date(), locale)
            return formats.moment(value, program.time_zone, locale)
        case timedelta():
            sign = formats.MINUS if value < timedelta() else ""
            return sign + formats.duration(abs(value) // MILLISECOND, locale)
        case list() | tuple():
            return formats.number(len(value), locale)
        case _:
            return str(value)


def _number(value: int, scale: Scale, program: Program, locale: str) -> str:
    place = formats.cldr_locale(locale)
    match scale.kind:
        case "money":
            unit = program.units.get(scale.unit)
            return formats.money(value, scale.unit, unit.digits if unit is not None else 2, locale)
        case "weekday" if 0 <= value < 7:
            # Sunday is CEL's first day, Monday is CLDR's.
            return str(get_day_names("wide", "stand-alone", locale=place)[(value - 1) % 7])
        case "month" if 0 <= value < 12:
            return str(get_month_names("wide", "stand-alone", locale=place)[value + 1])
        case "from_one" | "month":
            return formats.number(value + 1, locale)
        case _:
            return formats.number(value, locale)


def _text(value: str, scale: Scale, program: Program, spoken: Words, locale: str) -> str:
    match scale.kind:
        case "market" if value in program.markets:
            return text_in(program.markets[value].name, locale)
        case "location" if value in program.locations:
            return program.locations[value].name
        case "language":
            return str(formats.cldr_locale(locale).languages.get(value, value))
        case "choice":
            return value.replace("_", " ")
        case _:
            return spoken.gettext("“%(text)s”") % {"text": value}
