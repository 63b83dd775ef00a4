"""PostgreSQL array literals, written by joining: for statements to which a batch hands thousands of values.

It is several times faster than adapting each element. The statement casts the text: `%s::text::bigint[]`,
`%s::text::text[]`.
"""

from collections.abc import Iterable
from datetime import date


def numbers(values: Iterable[int]) -> str:
    """Whole numbers."""
    return "{" + ",".join(map(str, values)) + "}"


def texts(values: Iterable[str]) -> str:
    """Texts, each in quotes; the two letters that quotes cannot hold are escaped."""
    joined = '","'.join(listed := list(values))
    if "\\" in joined or joined.count('"') != 2 * (len(listed) - 1):
        joined = '","'.join([text.replace("\\", "\\\\").replace('"', '\\"') for text in listed])
    return '{"' + joined + '"}' if listed else "{}"


def days(values: Iterable[date]) -> str:
    """Calendar days."""
    return "{" + ",".join([day.isoformat() for day in values]) + "}"
