"""Rows of CSV and JSONL files: each is one line, read one at a time, so a file may be of any size.

No cell spans lines: a lost quotation mark costs its own row only.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import BinaryIO

import msgspec

from guerdon.engine.drops.sets import Unfit
from guerdon.program.declared import Drop
from guerdon.values.problems import did_you_mean

LINE_BYTES_MAX = 65_536
COLUMNS_MAX = 1_000
SHOWN_MAX = 2_000
_BOM = b"\xef\xbb\xbf"
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


@dataclass(frozen=True, slots=True)
class Row:
    """A row: what stands in its columns, or why it cannot be read; and the row as it was."""

    line: int
    cells: Mapping[str, object]
    raw: str
    fault: str = ""


def csv_rows(drop: Drop, file: BinaryIO) -> Iterator[Row]:
    """The rows of a CSV file, whose first line names the columns."""
    lines = _lines(file)
    line, first = next(lines, (1, b""))
    head = _cells(first, drop)
    if isinstance(head, str):
        raise Unfit(line, f"the first line names no columns: it {head}", "write the names of the columns")
    names = [name.strip() for name in head]
    _check_names(drop, names, line)
    for line, written in lines:
        if not written.strip():
            continue
        cells = _cells(written, drop)
        raw = _shown(written, drop.encoding)
        if isinstance(cells, str):
            yield Row(line, {}, raw, cells)
        elif len(cells) != len(names):
            yield Row(line, {}, raw, f"has {len(cells)} cells, and the first line names {len(names)} columns")
        else:
            yield Row(
                line, {name: cell.strip() or None for name, cell in zip(names, cells, strict=True)}, raw
            )


def json_rows(_: Drop, file: BinaryIO) -> Iterator[Row]:
    """The rows of a JSONL file: an object a line."""
    for line, written in _lines(file):
        if not written.strip():
            continue
        raw = _shown(written, "utf-8")
        if len(written) > LINE_BYTES_MAX:
            yield Row(line, {}, raw, f"is longer than {LINE_BYTES_MAX} bytes")
            continue
        try:
            cells = _decode(written)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError) as fault:
            yield Row(line, {}, raw, f"is no JSON: {str(fault)[:100]}")
            continue
        if isinstance(cells, dict):
            yield Row(line, cells, raw)
        else:
            yield Row(line, {}, raw, "is no JSON object")


def check_columns(drop: Drop, names: list[str], line: int) -> None:
    """Refuse a file without a column that the drop declares. Raises `Unfit`."""
    lost = next((name for name in drop.columns if name not in names), None)
    if lost is not None:
        raise Unfit(line, f"there is no column {lost[:64]!r}", did_you_mean(lost, names[:COLUMNS_MAX]))


def _check_names(drop: Drop, names: list[str], line: int) -> None:
    if len(names) > COLUMNS_MAX:
        raise Unfit(line, f"{len(names)} columns", f"at most {COLUMNS_MAX} fit a file")
    twice = next((name for name in drop.columns if names.count(name) > 1), None)
    if twice is not None:
        raise Unfit(line, f"two columns are named {twice[:64]!r}", "rename one of them")
    check_columns(drop, names, line)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines without their ends; of one that is too long no more than shows that it is."""
    line = 0
    while written := file.readline(LINE_BYTES_MAX + 1):
        line += 1
        if not written.endswith(b"\n") and len(written) > LINE_BYTES_MAX:
            while (rest := file.readline(LINE_BYTES_MAX)) and not rest.endswith(b"\n"):
                pass
        else:
            written = written.rstrip(b"\r\n")
        yield line, written.removeprefix(_BOM) if line == 1 else written


def _cells(written: bytes, drop: Drop) -> list[str] | str:
    """The cells of a line, or why it has none."""
    if len(written) > LINE_BYTES_MAX:
        return f"is longer than {LINE_BYTES_MAX} bytes"
    try:
        text = written.decode(drop.encoding)
    except UnicodeDecodeError:
        return f"is not {drop.encoding}"
    if "\0" in text:
        return "holds a NUL character"
    if "\r" in text:
        return "holds a carriage return: lines end in a line feed"
    try:
        return next(csv.reader(StringIO(text, newline=""), delimiter=drop.delimiter, strict=True), [])
    except csv.Error as fault:
        return f"is no row of CSV: {fault}"


def _shown(written: bytes, encoding: str) -> str:
    return written[:SHOWN_MAX].decode(encoding, "replace")
