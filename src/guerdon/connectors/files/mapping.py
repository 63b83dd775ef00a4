"""Rows as events, by what the program declares: sets of them, and every mistake of the rows that are none."""

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

import msgspec

from guerdon.connectors.cloudevents.payload import TEXT_MAX, read_arrivals
from guerdon.connectors.files.lines import Row, csv_rows, json_rows
from guerdon.connectors.files.values import SHOWN_MAX, field_value, instant, text_of
from guerdon.engine.drops.sets import BODY_BYTES_MAX, ROWS_MAX, DropSet, Mistake
from guerdon.program.declared import Drop
from guerdon.program.fields import Read, read_field, read_instant
from guerdon.program.model import Program

SOURCE = "/drops/"
# Room for the key of a source of members before it.
PART_MAX = TEXT_MAX - 66
_HINTS = {
    "unreadable_row": "write the row again, in one line with a cell for each column",
    "no_id": "fill the columns that tell rows apart, with no more than 134 letters each",
    "no_subject": "say whose row it is, as the other system names them",
    "no_time": "write when it happened as the program declares it, between 2000 and 2100",
    "missing": "fill the column; the event needs it",
    "wrong_value": "write it as the program declares the field",
}


def drop_sets(program: Program, drop: Drop, file: BinaryIO) -> Iterator[DropSet]:
    """Every row of a file, in sets; raises `Unfit` where it cannot be read, or not from there on."""
    events: list[dict[str, object]] = []
    mistakes: list[Mistake] = []
    rows = wrong = size = 0
    for row in _rows_of(drop)(drop, file):
        read = _read(program, drop, row)
        rows += 1
        if isinstance(read, dict):
            length = len(msgspec.json.encode(read)) + 1
            if size + length > BODY_BYTES_MAX:
                yield _set(rows - 1, events, mistakes, wrong)
                events, mistakes, rows, wrong, size = [], [], 1, 0, 0
            events.append(read)
            size += length
        else:
            mistakes += read
            wrong += 1
        if rows == ROWS_MAX:
            yield _set(rows, events, mistakes, wrong)
            events, mistakes, rows, wrong, size = [], [], 0, 0, 0
    if rows:
        yield _set(rows, events, mistakes, wrong)


def _rows_of(drop: Drop) -> Callable[[Drop, BinaryIO], Iterator[Row]]:
    if drop.format == "parquet":
        # Only who reads such a file loads what reads it.
        from guerdon.connectors.files.parquet import parquet_rows  # noqa: PLC0415

        return parquet_rows
    return csv_rows if drop.format == "csv" else json_rows


def _set(rows: int, events: list[dict[str, object]], mistakes: list[Mistake], wrong: int) -> DropSet:
    return DropSet(rows, msgspec.json.encode(events), read_arrivals(events), tuple(mistakes), wrong)


def _read(program: Program, drop: Drop, row: Row) -> dict[str, object] | list[Mistake]:
    """A row as a CloudEvent, or everything that is wrong with it."""
    if row.fault:
        return [_mistake(row, "", "unreadable_row", f"the row {row.fault}")]
    wrong: list[Mistake] = []
    key = _key(drop, row, wrong)
    subject = _text(row, drop.subject)
    if subject is None:
        wrong.append(_mistake(row, drop.subject, "no_subject", _said(row, drop.subject, "no subject")))
    at = instant(drop.time, row.cells.get(drop.time.column))
    if at is None or read_instant(at.isoformat()) is None:
        wrong.append(_mistake(row, drop.time.column, "no_time", _said(row, drop.time.column, "no time")))
    data = _data(program, drop, row, wrong)
    if wrong or at is None:
        return wrong
    return {
        "specversion": "1.0",
        "id": key,
        "source": SOURCE + drop.key,
        "type": drop.event,
        "subject": f"{drop.source}:{subject}",
        "time": at.isoformat(),
        "data": data,
    }


def _key(drop: Drop, row: Row, wrong: list[Mistake]) -> str:
    """The natural key: what tells the row apart, its parts kept apart, too."""
    parts = []
    for column in drop.id:
        part = _text(row, column)
        if part is None:
            wrong.append(_mistake(row, column, "no_id", _said(row, column, "no part of a key")))
        else:
            parts.append(part.replace("%", "%25").replace("/", "%2F") if len(drop.id) > 1 else part)
    key = "/".join(parts)
    if len(key) > TEXT_MAX:
        wrong.append(_mistake(row, drop.id[0], "no_id", f"the key is longer than {TEXT_MAX} letters"))
    return key


def _data(program: Program, drop: Drop, row: Row, wrong: list[Mistake]) -> Mapping[str, object]:
    data: dict[str, object] = {}
    declared = program.events[drop.event].fields
    for name, column in drop.fields.items():
        field, given = declared[name], row.cells.get(column.column)
        if given is None or given == "":
            if field.required:
                wrong.append(_mistake(row, column.column, "missing", "is empty"))
            continue
        unit = program.units.get(field.unit) if field.unit is not None else None
        value = field_value(drop, column, field, unit, given)
        read = read_field(field, value)
        if isinstance(read, Read):
            data[name] = value
        else:
            wrong.append(_mistake(row, column.column, "wrong_value", read))
    return data


def _text(row: Row, column: str) -> str | None:
    found = text_of(row.cells.get(column))
    found = found.strip() if found is not None else ""
    return found if found and found.isprintable() and len(found) <= PART_MAX else None


def _said(row: Row, column: str, what: str) -> str:
    given = row.cells.get(column)
    return "is empty" if given is None or given == "" else f"{str(given)[:SHOWN_MAX]!r} is {what}"


def _mistake(row: Row, column: str, reason: str, what: str) -> Mistake:
    return Mistake(row.line, column, reason, what, _HINTS[reason], row.raw)
