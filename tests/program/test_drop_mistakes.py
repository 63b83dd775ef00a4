"""Mistakes in what a program says of files: each with its line, its place, what is wrong and what to do."""

import pytest
from tests.program.programs import SMALL, found_in, read_whole

from guerdon.program.declared import Drop, DropColumn, DropTime

DROPS = """drops:
  visits:
    format: csv
    event: visit.completed
    id: [garage, number]
    subject: { source: hubspot, column: contact }
    time: { column: day, format: "%d.%m.%Y", zone: Europe/Berlin }
    fields: { order_type: kind, paid: total }
    decimal: ","
    thousands: "."
    encoding: cp1252
    delimiter: tab
"""
TEXT = SMALL + DROPS
# In the file it follows what the small program has.
FIRST = SMALL.count("\n") + 1
Case = tuple[str, str, int, str, str, str]
MISTAKES: list[Case] = [
    ("format: csv", "format: xlsx", 2, "visits.format", "unknown format xlsx", ""),
    (
        "event: visit.completed\n    id",
        "event: visit.complete\n    id",
        3,
        "visits.event",
        "unknown event",
        "visit.completed?",
    ),
    ("id: [garage, number]", "id: []", 4, "visits.id", "no column tells rows apart", "natural key"),
    ("id: [garage, number]", "id: [a, a]", 4, "visits.id[1]", "a stands here twice", ""),
    (
        "id: [garage, number]",
        f"id: [{', '.join('abcdefghi')}]",
        4,
        "visits.id",
        "more than 8",
        "tell rows apart",
    ),
    (
        "source: hubspot, column: contact",
        "source: crm, column: contact",
        5,
        "visits.subject.source",
        "unknown source",
        "",
    ),
    (", column: contact", "", 5, "visits.subject", "column is missing", "add"),
    ('"%d.%m.%Y"', '"%d.%m.%Q"', 6, "visits.time.format", "unknown letter %Q", "%d.%m.%Y %H:%M"),
    ('"%d.%m.%Y"', '"%d.%m.%B"', 6, "visits.time.format", "unknown letter %B", ""),
    ('"%d.%m.%Y"', '"%H:%M"', 6, "visits.time.format", "names no day", ""),
    ('"%d.%m.%Y"', '"%d.%m.%Y %d"', 6, "visits.time.format", "cannot be read by this", ""),
    ('"%d.%m.%Y"', '"%d.%m.%Y%"', 6, "visits.time.format", "unknown letter %", ""),
    ('"%d.%m.%Y"', '"%d.%m.%Y %z"', 6, "visits.time.zone", "the zone already", "leave one"),
    (
        "Europe/Berlin }\n    fields",
        "Europe/Bonn }\n    fields",
        6,
        "visits.time.zone",
        "unknown time zone",
        "",
    ),
    (
        "order_type: kind",
        "order_typ: kind",
        7,
        "visits.fields.order_typ",
        "unknown visit.completed field",
        "order_type?",
    ),
    (
        "order_type: kind",
        "order_type: { column: kind, format: '%Y%m%d' }",
        7,
        "visits.fields.order_type.format",
        "is no time",
        "",
    ),
    (
        "event: visit.completed\n    id",
        "event: referral.succeeded\n    id",
        1,
        "visits",
        "needs the field referred_contact",
        "add `fields",
    ),
    ('thousands: "."', 'thousands: ","', 9, "visits.thousands", "the decimal mark is the same", ""),
    ('decimal: ","', "decimal: x", 8, "visits.decimal", "unknown decimal mark", ""),
    ("encoding: cp1252", "encoding: utf-16", 10, "visits.encoding", "unknown encoding", ""),
    ("delimiter: tab", "delimiter: x", 11, "visits.delimiter", "unknown delimiter", ""),
    ("format: csv", "format: jsonl", 10, "visits.encoding", "jsonl says itself", "leave the line out"),
    ("    delimiter: tab", "    delimiters: tab", 11, "visits.delimiters", "unknown key", "delimiter?"),
    ("  visits:\n", "  Visits:\n", 1, "Visits", "cannot be a key", "dealer_orders"),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case[1][:40])
def test_a_mistake_is_said_with_its_line_and_a_hint(case: Case) -> None:
    old, new, line, where, what, hint = case
    assert found_in(TEXT, (old, new, FIRST + line, f"drops.{where}", what, hint))


def test_a_drop_is_read_as_it_is_written() -> None:
    assert read_whole(TEXT).drops["visits"] == Drop(
        "visits",
        "csv",
        "visit.completed",
        ("garage", "number"),
        "hubspot",
        "contact",
        DropTime("day", "%d.%m.%Y", "Europe/Berlin"),
        {"order_type": DropColumn("kind"), "paid": DropColumn("total")},
        ",",
        ".",
        "cp1252",
        "\t",
    )
    assert read_whole(TEXT).drops["visits"].columns == ("garage", "number", "contact", "day", "kind", "total")
    # The program's own zone, where none is said.
    assert read_whole(TEXT.replace(", zone: Europe/Berlin", "")).drops["visits"].time.zone == "Europe/Oslo"
