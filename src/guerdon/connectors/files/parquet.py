"""Rows of Parquet files, read by DuckDB: page by page, in bounded memory, and nothing but this file."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import duckdb

from guerdon.connectors.files.lines import SHOWN_MAX, Row, check_columns
from guerdon.engine.drops.sets import ROWS_MAX, Unfit
from guerdon.program.declared import Drop
from guerdon.program.fields import TEXT_LENGTH_MAX

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "256MB",
    "threads": "1",
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_INSTANT, _FIRST = "TIMESTAMP WITH", datetime(1970, 1, 1, tzinfo=UTC)
_HINT = "write the file again, and send it whole"
# What a cell can be: of no other kind is a field, and cells of other kinds are of any size.
_TEXTS = ("VARCHAR", "JSON")
_KINDS = re.compile(
    r"VARCHAR|JSON|UUID|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\([0-9]+,[0-9]+\)|FLOAT|DOUBLE"
    r"|DATE|TIME|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE"
)
# Of each cell, so that those after it are seen, too.
_CELL_SHOWN_MAX = 200


def parquet_rows(drop: Drop, file: BinaryIO) -> Iterator[Row]:
    """The rows of a file, in its order; the first row is line 1."""
    line = 0
    descriptor = os.dup(file.fileno())
    try:
        # By its descriptor: in a name, * and [ would be other files.
        with duckdb.connect(":memory:", config=_SETTINGS) as db:
            there = [f"/dev/fd/{descriptor}"]
            found = db.execute("describe select * from read_parquet(?)", there).fetchall()
            kinds = {str(row[0]): str(row[1]) for row in found}
            check_columns(drop, list(kinds), 0)
            _check_kinds(drop, kinds)
            instants = {name for name in drop.columns if kinds[name].startswith(_INSTANT)}
            wanted = ", ".join(_read_as(name, kinds[name]) for name in drop.columns)
            # Names of columns, each quoted.
            statement = f"select {wanted} from read_parquet(?)"  # noqa: S608
            read = db.execute(statement, there)
            while some := read.fetchmany(ROWS_MAX):
                for values in some:
                    line += 1
                    cells = dict(zip(drop.columns, values, strict=True))
                    for name in instants:
                        cells[name] = _instant(cells[name])
                    yield Row(line, cells, _shown(cells))
    except duckdb.Error as fault:
        what = str(fault).partition("\n")[0].replace(f"/dev/fd/{descriptor}", "the file")
        raise Unfit(line + 1, f"it is no Parquet file that can be read: {what[:200]}", _HINT) from fault
    finally:
        os.close(descriptor)


def _check_kinds(drop: Drop, kinds: dict[str, str]) -> None:
    wrong = next((name for name in drop.columns if not _KINDS.fullmatch(kinds[name])), None)
    if wrong is not None:
        what = f"the column {wrong[:64]!r} is of the kind {kinds[wrong][:64]}"
        raise Unfit(0, what, "write it as texts, numbers or times")


def _read_as(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind in _TEXTS:
        # As much as shows that it is too long.
        return f"left({quoted}::varchar, {TEXT_LENGTH_MAX + 1})"
    return f"epoch_us({quoted})" if kind.startswith(_INSTANT) else quoted


def _instant(microseconds: int | None) -> datetime | None:
    try:
        return None if microseconds is None else _FIRST + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def _shown(cells: dict[str, object]) -> str:
    return ", ".join(f"{name}={str(value)[:_CELL_SHOWN_MAX]}" for name, value in cells.items())[:SHOWN_MAX]
