"""Feeds as files: a row a line as JSON, or as a table with a column for each language of a text."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import TextIO

from .rows import Row
from .words import LANGUAGES

TEXTS = ("name", "about", "terms", "use")
FIELDS = (
    "id", "kind", "category", "brand", "delivery", "lead_minutes", "markets", "currency", "amounts", "min",
    "max", "step", "prices", "segments", "visible_from", "visible_to", "popularity", "limited_to", "image",
    "offers", "slots",
)  # fmt: skip
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write_jsonl(rows: Iterable[Row], file: TextIO) -> int:
    """Write a row a line; returns how many."""
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  it is what is returned
        file.write(_encode(row) + "\n")
    return count


def write_csv(rows: Iterable[Row], file: TextIO) -> int:
    """Write a table; returns how many rows."""
    count = 0
    table = csv.writer(file, lineterminator="\n")
    table.writerow([*FIELDS, *(f"{name}_{tongue}" for name in TEXTS for tongue in LANGUAGES)])
    for count, row in enumerate(rows, 1):  # noqa: B007  it is what is returned
        table.writerow([*_cells(row), *(row[name][tongue] for name in TEXTS for tongue in LANGUAGES)])
    return count


def _cells(row: Row) -> Iterator[str]:
    for name in FIELDS:
        value = row.get(name)
        if not value and value != 0:
            yield ""
        elif isinstance(value, list) and isinstance(value[0], str):
            yield " ".join(value)
        else:
            yield _encode(value) if isinstance(value, (list, dict)) else str(value)
