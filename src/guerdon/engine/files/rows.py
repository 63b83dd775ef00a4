"""Rows of a CSV file as people save it: each is one line, and each is known by the number of its line.

A row that cannot be read has no cells; whoever knows the columns says what is wrong with it.
"""

import csv
import re
from collections.abc import Iterator
from io import StringIO

from guerdon.values.problems import Problem

LINE_LENGTH_MAX = 4_096

_LINE_END = re.compile(r"\r\n|\r|\n")


def read_rows(data: bytes) -> Iterator[tuple[int, list[str]]] | Problem:
    """The rows that are not empty, each with its line; or why there is no text in the file."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        return Problem("", line, "is not UTF-8", "save the file as UTF-8")
    return _rows(text)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    # No cell spans lines, so a lost quotation mark costs its own row only.
    for line, written in enumerate(_LINE_END.split(text), start=1):
        if not written.strip():
            continue
        if len(written) > LINE_LENGTH_MAX:
            yield line, []
            continue
        try:
            yield line, next(csv.reader(StringIO(written), strict=True), [])
        except csv.Error:
            yield line, []
