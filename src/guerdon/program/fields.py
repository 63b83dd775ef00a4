"""Reading a value from outside as a declared field or attribute: the one place that says what fits a type.

Texts (a CRM's properties, a CSV's cells) and JSON values are both read here, so an event means the same by
whichever door it came.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from guerdon.program.model import Field

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
TEXT_LENGTH_MAX = 1000
YEAR_MIN, YEAR_MAX = 2000, 2100
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
    at = read_instant(given)
    if at is None:
        return f"{_shown(given)} is not a {kind} between {YEAR_MIN} and {YEAR_MAX}"
    return Read(at)


def read_instant(given: object) -> datetime | None:
    """Read RFC 3339 text, an ISO day, or milliseconds since 1970; None when it is none of them."""
    try:
        if isinstance(given, int) and not isinstance(given, bool):
            at = datetime.fromtimestamp(given / 1000, UTC)
        elif isinstance(given, str) and given.isascii() and given.isdigit() and 9 < len(given) < 16:
            at = datetime.fromtimestamp(int(given) / 1000, UTC)
        elif isinstance(given, str) and len(given) <= 40:
            at = datetime.fromisoformat(given.strip())
        else:
            return None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if YEAR_MIN <= at.year < YEAR_MAX else None


def _shown(given: object) -> str:
    if isinstance(given, list | dict):
        return "a list" if isinstance(given, list) else "an object"
    text = repr(given) if not isinstance(given, int) or abs(given) < 10**40 else "a very long number"
    return text if len(text) <= 60 else f"{text[:60]}..."
