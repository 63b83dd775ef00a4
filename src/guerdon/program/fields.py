"""Reading a value from outside as a declared field or attribute: the one place that says what fits a type.

Texts (a CRM's properties, a CSV's cells) and JSON values are both read here, so an event means the same by
whichever door it came.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from guerdon.program.model import Field

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
TEXT_LENGTH_MAX = 1000
# What a date of the world may be, a birth or a first registration; and when something can have happened here.
YEAR_MIN, YEAR_MAX = 1900, 2100
HAPPENED_YEAR_MIN = 2000
# Of milliseconds since 1970: fewer digits are a slip, and what could be seconds of our time is a whole day.
MS_MIN, MS_SECONDS_MAX, MS_DAY = 10**9, 4_102_444_800, 86_400_000
TRUE_WORDS, FALSE_WORDS = ("true", "1", "yes"), ("false", "0", "no")


@dataclass(frozen=True, slots=True)
class Read:
    """A value that fits: bool, int (minor units for money), str or an aware datetime."""

    value: object


def read_field(field: Field, given: object) -> Read | str:
    """Read a value as a field, or say in words why it does not fit."""
    match field.type:
        case "bool":
            return _read_bool(given)
        case "int" | "money":
            return _read_int(given)
        case "string":
            return _read_string(field, given)
        case "timestamp" | "date":
            return _read_time(field.type, given)


def _read_bool(given: object) -> Read | str:
    if isinstance(given, bool):
        return Read(given)
    if isinstance(given, str) and given.strip().lower() in TRUE_WORDS + FALSE_WORDS:
        return Read(given.strip().lower() in TRUE_WORDS)
    return f"{_shown(given)} is neither true nor false"


def _read_int(given: object) -> Read | str:
    if isinstance(given, str) and len(given) <= 20:
        digits = given.strip().removeprefix("-")
        if digits.isascii() and digits.isdigit():
            given = int(given)
    if isinstance(given, bool) or not isinstance(given, int):
        return f"{_shown(given)} is not a whole number (money is in minor units)"
    if not INT_MIN <= given <= INT_MAX:
        return f"{_shown(given)} is beyond 64 bits"
    return Read(given)


def _read_string(field: Field, given: object) -> Read | str:
    if not isinstance(given, str):
        return f"{_shown(given)} is not a text"
    if len(given) > TEXT_LENGTH_MAX:
        return f"is longer than {TEXT_LENGTH_MAX} characters"
    if "\x00" in given:
        return "holds a NUL character"
    if field.one_of and given not in field.one_of:
        return f"{_shown(given)} is not one of {', '.join(field.one_of)}"
    return Read(given)


def _read_time(kind: str, given: object) -> Read | str:
    at = _instant(given)
    if at is None or not YEAR_MIN <= at.year < YEAR_MAX:
        return f"{_shown(given)} is not a {kind} between {YEAR_MIN} and {YEAR_MAX}"
    return Read(at)


def read_instant(given: object) -> datetime | None:
    """Read when something happened: not before the year 2000, nothing that we are told of is older."""
    at = _instant(given)
    return at if at is not None and HAPPENED_YEAR_MIN <= at.year < YEAR_MAX else None


def _instant(given: object) -> datetime | None:
    """Read RFC 3339 text, an ISO day, or milliseconds since 1970; None when it is none of them."""
    try:
        if isinstance(given, str) and len(given) <= 40:
            digits = given.removeprefix("-")
            if not (digits.isascii() and digits.isdigit() and 9 < len(digits) < 16):
                at = datetime.fromisoformat(given.strip())
                return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
            given = int(given)
        if not isinstance(given, int) or isinstance(given, bool):
            return None
        if abs(given) < MS_MIN or (abs(given) < MS_SECONDS_MAX and given % MS_DAY):
            return None
        return datetime.fromtimestamp(given / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _shown(given: object) -> str:
    if isinstance(given, list | dict):
        return "a list" if isinstance(given, list) else "an object"
    text = repr(given) if not isinstance(given, int) or abs(given) < 10**40 else "a very long number"
    return text if len(text) <= 60 else f"{text[:60]}..."
