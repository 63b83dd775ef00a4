"""Rows of a CSV file as people save it: each is one line, and each is known by the number of its line.

A row that cannot be read has no cells; whoever knows the columns says what is wrong with it.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO

from guerdon.engine.files.refusing import refused
from guerdon.values.problems import Problem, did_you_mean

LINE_LENGTH_MAX = 4_096

# A row by its line: the cells without space around them by the names of their columns, or what is wrong.
Told = tuple[int, dict[str, str] | Problem]

_LINE_END = re.compile(r"\r\n|\r|\n")


def read_rows(data: bytes) -> Iterator[tuple[int, list[str]]] | Problem:
    """The rows that are not empty, each with its line; or why there is no text in the file."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        return refused("", line, "not_utf8")
    return _rows(text)


def read_table(
    data: bytes, needed: Sequence[str], optional: Sequence[str], hint: str
) -> Iterator[Told] | Problem:
    """The rows under a header, whose columns come in any order; or why none of the file can be read.

    `hint` says how the header is written.
    """
    rows = read_rows(data)
    if isinstance(rows, Problem):
        return rows
    line, cells = next(rows, (1, []))
    header = [cell.strip().casefold() for cell in cells]
    known = (*needed, *optional)
    if not set(needed) <= set(header):
        return Problem("", line, "the first line is not the header", hint)
    strange = [name for name in header if name not in known]
    if strange:
        return Problem(strange[0][:40], line, "unknown column", did_you_mean(strange[0], known))
    twice = [name for name, n in Counter(header).items() if n > 1]
    return Problem(twice[0], line, "the same column twice", hint) if twice else _told(header, rows)


def _told(header: Sequence[str], rows: Iterator[tuple[int, list[str]]]) -> Iterator[Told]:
    for line, row in rows:
        if len(row) == len(header):
            yield line, {name: cell.strip() for name, cell in zip(header, row, strict=True)}
        else:
            said = f"{len(row)} cells where the header has {len(header)}"
            yield line, Problem("", line, said, f"write {','.join(header)}")


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
