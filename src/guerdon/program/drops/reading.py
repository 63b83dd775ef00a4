"""File drops: files of rows that another system leaves, and how a row becomes one of our events.

What a row is known by (`id`) is its natural key: the same row in another file is the same event.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from guerdon.program.declared import Drop, DropColumn, DropFormat, DropTime, Event
from guerdon.program.markets import read_time_zone
from guerdon.program.places import Place

FORMATS: tuple[DropFormat, ...] = ("csv", "jsonl", "parquet")
# One letter a byte in all of them, or UTF-8: so a row is a line, whatever stands in it.
ENCODINGS = ("utf-8", "cp1252", "iso-8859-1", "iso-8859-15")
MARKS = (",", ".")
THOUSANDS = (",", ".", "'", "space")
DELIMITERS = (",", ";", "|", "tab")
ID_COLUMNS_MAX = 8
_ONLY_CSV = ("encoding", "delimiter")
_LETTERS = frozenset("YymdHIpMSfz%")
_DIRECTIVE = re.compile(r"%(.?)")


def read_drops(
    place: Place | None, sources: tuple[str, ...], events: Mapping[str, Event], zone: str
) -> dict[str, Drop]:
    """Read `drops`."""
    if place is None:
        return {}
    return {
        key: _read_drop(key, drop, sources, events, zone)
        for key, drop in place.keyed(example="dealer_orders").items()
    }


def _read_drop(
    key: str, place: Place, sources: tuple[str, ...], events: Mapping[str, Event], zone: str
) -> Drop:
    given = place.fields(
        required=["format", "event", "id", "subject", "time"],
        optional=["fields", "decimal", "thousands", *_ONLY_CSV],
    )
    kind: DropFormat = (given["format"].one_of(FORMATS, "format") if "format" in given else None) or "csv"
    for name in _ONLY_CSV:
        if name in given and kind != "csv":
            given[name].wrong(f"{kind} says itself how it is written", "leave the line out")
    event = events.get((given["event"].one_of(events, "event") if "event" in given else None) or "")
    subject = given["subject"].fields(required=["source", "column"]) if "subject" in given else {}
    return Drop(
        key=key,
        format=kind,
        event=event.key if event is not None else "",
        id=_read_id(given.get("id")),
        source=(subject["source"].one_of(sources, "source of members") if "source" in subject else None)
        or "",
        subject=_column(subject.get("column")),
        time=_read_time(given.get("time"), zone),
        fields=_read_fields(place, given.get("fields"), event),
        **_read_marks(given),
        encoding=(given["encoding"].one_of(ENCODINGS, "encoding") if "encoding" in given else None)
        or "utf-8",
        delimiter=_sign(given["delimiter"].one_of(DELIMITERS, "delimiter") if "delimiter" in given else None)
        or ",",
    )


def _read_id(place: Place | None) -> tuple[str, ...]:
    if place is None:
        return ()
    found = place.words("no column tells rows apart", "name the columns that are a row's natural key")
    if len(found) > ID_COLUMNS_MAX:
        place.wrong(f"more than {ID_COLUMNS_MAX} columns", "name those that tell rows apart")
    return tuple(found)


def _read_time(place: Place | None, zone: str) -> DropTime:
    given = place.fields(required=["column"], optional=["format", "zone"]) if place is not None else {}
    own = read_time_zone(given["zone"]) if "zone" in given else zone
    form = _read_form(given["format"]) if "format" in given else None
    if form is not None and "%z" in form and "zone" in given:
        given["zone"].wrong("the format holds the zone already (%z)", "leave one of the two out")
    return DropTime(_column(given.get("column")), form, own)


def _read_form(place: Place) -> str | None:
    """How times are written, with the letters of strptime that mean the same in every language."""
    form = place.word()
    if form is None:
        return None
    hint = "write it like %d.%m.%Y %H:%M"
    letters = _DIRECTIVE.findall(form)
    odd = next((letter for letter in letters if letter not in _LETTERS), None)
    if odd is not None:
        place.wrong(f"unknown letter %{odd} in a time", hint)
        return None
    if not {"m", "d"} <= set(letters) or not {"Y", "y"} & set(letters):
        place.wrong("this names no day: year, month and day are needed", hint)
        return None
    try:
        datetime.strptime(datetime(2026, 5, 4, 9, 30, tzinfo=UTC).strftime(form), form)  # noqa: DTZ007
    except (ValueError, re.error):
        place.wrong("times cannot be read by this", hint)
        return None
    return form


def _read_fields(drop: Place, place: Place | None, event: Event | None) -> dict[str, DropColumn]:
    found: dict[str, DropColumn] = {}
    for key, each in (place.table() if place is not None else {}).items():
        field = event.fields.get(key) if event is not None else None
        if event is not None and field is None:
            each.unknown(f"{event.key} field", key, event.fields)
        form = None
        if each.is_table():
            given = each.fields(required=["column"], optional=["format"])
            column = _column(given.get("column"))
            form = _read_form(given["format"]) if "format" in given else None
            if form is not None and field is not None and field.type not in ("date", "timestamp"):
                given["format"].wrong(f"{key} is no time", "leave the format out")
        else:
            column = _column(each)
        found[key] = DropColumn(column, form)
    for name in event.fields if event is not None else ():
        if event is not None and event.fields[name].required and name not in found:
            drop.wrong(f"{event.key} needs the field {name}", f"add `fields: {{ {name}: column }}`")
    return found


def _read_marks(given: Mapping[str, Place]) -> dict[str, str | None]:
    decimal = given["decimal"].one_of(MARKS, "decimal mark") if "decimal" in given else None
    thousands = given["thousands"].one_of(THOUSANDS, "mark of thousands") if "thousands" in given else None
    if decimal is not None and decimal == thousands:
        given["thousands"].wrong("the decimal mark is the same", "one of the two is written otherwise")
    return {"decimal": decimal, "thousands": _sign(thousands)}


def _sign(word: str | None) -> str | None:
    return {"tab": "\t", "space": " "}.get(word, word) if word is not None else None


def _column(place: Place | None) -> str:
    return (place.word() or "").strip() if place is not None else ""
