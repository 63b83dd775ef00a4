"""The functions of CEL: those that are taken, and those that are refused.

A function that CEL has and Guerdon does not is refused with a word on what to write instead, so that nobody
looks for a slip of the pen where there is none.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from guerdon.expressions.declarations import Type

# What RFC 3339 and CEL allow; finer than microseconds would be cut in silence.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a function is called: with a target or not, and with how many arguments."""

    forms: tuple[tuple[bool, int], ...]
    type: Type
    example: str


TAKEN = {
    "has": Shape(((False, 1),), Type.BOOL, "has(event.x)"),
    "size": Shape(((False, 1), (True, 0)), Type.INT, "size(event.x)"),
    "startsWith": Shape(((True, 1),), Type.BOOL, "event.x.startsWith('a')"),
    "endsWith": Shape(((True, 1),), Type.BOOL, "event.x.endsWith('a')"),
    "contains": Shape(((True, 1),), Type.BOOL, "event.x.contains('a')"),
    "timestamp": Shape(((False, 1),), Type.TIMESTAMP, "timestamp('2026-01-31T00:00:00Z')"),
}

_MACRO_HINT = "compare fields one by one, or write event.x in ['a', 'b']"
_CONVERSION_HINT = "declare the field with the type you want to compare"
_TIME_HINT = "compare instants, such as event.happened_at < timestamp('2026-01-31T00:00:00Z')"
FOREIGN: dict[str, tuple[str, str]] = {
    **{
        name: (f"{name}() over a list is not taken", _MACRO_HINT)
        for name in ("all", "exists", "exists_one", "existsOne", "map", "filter")
    },
    **{
        name: (f"conversion with {name}() is not taken", _CONVERSION_HINT)
        for name in ("int", "uint", "double", "string", "bytes", "bool", "dyn", "type")
    },
    "matches": ("matches() is not taken", "use startsWith, endsWith or contains"),
    **{
        name: (f"{name}() is not taken", _TIME_HINT)
        for name in (
            "duration",
            *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
            *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
        )
    },
}


def read_timestamp(text: str) -> datetime | None:
    """Read an RFC 3339 instant with its offset, as UTC."""
    if _INSTANT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
