"""Days and instants as rows of a file have them."""

import re
from datetime import UTC, date, datetime

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONED = re.compile(r".*(?:Z|[+-][0-9]{2}:?[0-9]{2})")


def read_day(text: str) -> date | None:
    """Read a day like 2026-03-09; None: it is none."""
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_instant(text: str) -> datetime | None:
    """Read an instant, in any way of ISO 8601 that says its zone, as UTC; None: it is none."""
    if _ZONED.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
