"""A cell as a value of ours: numbers with the marks they are written with, times with theirs, texts."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from guerdon.program.declared import Drop, DropColumn, DropTime
from guerdon.program.fields import read_instant
from guerdon.program.model import Field
from guerdon.values.money import Unit

_DIGITS = re.compile(r"(-?)([0-9]{1,30})(?:\.([0-9]{1,30}))?", re.ASCII)
SHOWN_MAX = 60
# Beyond what fits any field, and written in few letters: 1e999999999 has a thousand million digits.
POWER_MAX = 40
Whole = int | None


def field_value(drop: Drop, column: DropColumn, field: Field, unit: Unit | None, given: object) -> object:
    """What is to be read as a field's value: a number where one is written, else what stands there.

    Whatever does not fit is left as it is, so that the field itself says what is wrong with it.
    """
    match field.type:
        case "money":
            digits = unit.digits if unit is not None and drop.decimal is not None else 0
            return _or_given(whole_number(drop, given, digits), given)
        case "int":
            return _or_given(whole_number(drop, given, 0), given)
        case "string":
            return given if isinstance(given, bool) else _or_given(text_of(given), given)
        case "timestamp" | "date":
            at = instant(DropTime(column.column, column.format, drop.time.zone), given)
            # A day is the same day everywhere.
            if at is not None and field.type == "date":
                return at.astimezone(ZoneInfo(drop.time.zone)).date().isoformat()
            return given if at is None else at.isoformat()
        case _:
            return given


def whole_number(drop: Drop, given: object, digits: int) -> Whole:
    """A whole number of the smallest parts of a unit with so many digits; None for whatever is none."""
    if isinstance(given, bool):
        return None
    text = _plain(drop, given)
    found = _DIGITS.fullmatch(text) if text is not None else None
    if found is None:
        return None
    sign, whole, part = found[1], found[2], (found[3] or "").rstrip("0")
    if len(part) > digits:
        return None
    number = int(whole + part.ljust(digits, "0"))
    return -number if sign else number


def text_of(given: object) -> str | None:
    """A text, or a whole number as one; None for whatever is neither."""
    if isinstance(given, str):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    return None


def instant(said: DropTime, given: object) -> datetime | None:
    """When something was, in UTC: by the format where one is said; else RFC 3339, or milliseconds."""
    zone = ZoneInfo(said.zone)
    try:
        match given:
            case datetime():
                at = given
            case date():
                at = datetime.combine(given, time())
            case str() if said.format is not None:
                at = datetime.strptime(given.strip(), said.format)  # noqa: DTZ007  the zone is said below
            case str() if len(given) <= SHOWN_MAX and not given.strip().isdigit():
                at = datetime.fromisoformat(given.strip())
            case _:
                return read_instant(given)
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _plain(drop: Drop, given: object) -> str | None:
    """A number as digits and a point."""
    match given:
        case int():
            return str(given)
        case Decimal():
            return _written_out(given)
        case float():
            # As its writer sees it: 12.34 is no binary fraction.
            return _written_out(Decimal(repr(given)))
        case str():
            text = given.strip().removesuffix("\N{NO-BREAK SPACE}")
        case _:
            return None
    if drop.thousands is not None:
        text = _without_thousands(text, drop.thousands, drop.decimal)
    if drop.decimal == ",":
        # A point that is left over is a mistake, and stays one.
        text = text.replace(".", "?").replace(",", ".")
    return text


def _written_out(number: Decimal) -> str | None:
    """A number without its power of ten; None for whatever is none, or too long for one."""
    power = number.as_tuple().exponent
    if not isinstance(power, int) or max(abs(power), abs(number.adjusted())) > POWER_MAX:
        return None
    return f"{number:f}"


def _without_thousands(text: str, mark: str, decimal: str | None) -> str:
    marks = "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]" if mark == " " else re.escape(mark)
    whole, point, part = text.partition(decimal) if decimal is not None else (text, "", "")
    # Only where groups of three are meant: 1.5 is not fifteen.
    if re.fullmatch(rf"-?[0-9]{{1,3}}(?:{marks}[0-9]{{3}})+", whole, re.ASCII):
        whole = re.sub(marks, "", whole)
    return whole + point + part


def _or_given(value: object, given: object) -> object:
    return given if value is None else value
