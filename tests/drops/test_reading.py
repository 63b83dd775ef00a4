"""What rows of a file mean: numbers, times and keys as the program declares them; every mistake of a row."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from tests.api.house import ApiHouse
from tests.drops.files import HEAD, counts, csv_file, mistakes_of, order, rehearsed, sets_of

from guerdon.connectors.files import lines
from guerdon.connectors.files.lines import LINE_BYTES_MAX
from guerdon.connectors.files.mapping import drop_sets
from guerdon.connectors.files.parquet import parquet_rows
from guerdon.connectors.files.values import instant, whole_number
from guerdon.engine.drops.sets import BODY_BYTES_MAX, ROWS_MAX, Unfit
from guerdon.program.declared import Drop, DropTime

PARQUET = Path(__file__).parent / "parquet"


def events_of(house: ApiHouse, raw: bytes, name: str = "dealer_orders") -> list[dict[str, Any]]:
    return [event for each in sets_of(house, raw, name) for event in msgspec.json.decode(each.body)]


def test_a_row_of_csv_is_an_event_by_its_natural_key(house: ApiHouse) -> None:
    (event,) = events_of(house, csv_file(order("A/1", total="12.345")))
    assert event == {
        "specversion": "1.0",
        "id": "HH/A%2F1",
        "source": "/drops/dealer_orders",
        "type": "order.paid",
        "subject": "crm:ada",
        # 9:30 in Berlin, in summer.
        "time": "2026-05-04T07:30:00+00:00",
        "data": {"order_no": "A/1", "amount": 12345},
    }


def test_keys_of_several_columns_are_never_each_others(house: ApiHouse) -> None:
    rows = [
        "a;b/c;ada;04.05.2026 09:30;1\n",
        "a/b;c;ada;04.05.2026 09:30;1\n",
        "a%2Fb;c;ada;04.05.2026 09:30;1\n",
    ]
    assert len({event["id"] for event in events_of(house, csv_file(*rows))}) == 3


@pytest.mark.parametrize(
    ("row", "mistakes"),
    [
        (order(total="1,50"), [("total", "wrong_value")]),
        (order(total="1.5"), [("total", "wrong_value")]),
        (order(total="12.34.567"), [("total", "wrong_value")]),
        (order(total="=1+1"), [("total", "wrong_value")]),
        (order(total="9" * 25), [("total", "wrong_value")]),
        (order(total=""), [("total", "missing")]),
        (order(closed="2026-05-04"), [("closed", "no_time")]),
        (order(closed="31.02.2026 09:30"), [("closed", "no_time")]),
        (order(closed="04.05.1999 09:30"), [("closed", "no_time")]),
        (order(customer=" "), [("customer", "no_subject")]),
        (order(customer="x" * 300), [("customer", "no_subject")]),
        (order(number=" "), [("order_no", "no_id"), ("order_no", "missing")]),
        (order(number="x" * 300), [("order_no", "no_id")]),
        (order(total="x", closed="y"), [("closed", "no_time"), ("total", "wrong_value")]),
        ("HH;1;ada\n", [("", "unreadable_row")]),
        ('HH;"1;ada;04.05.2026 09:30;1\n', [("", "unreadable_row")]),
        ("HH;1;ada;04.05.2026 09:30;1;\n", [("", "unreadable_row")]),
        ("HH;a\0b;ada;04.05.2026 09:30;1\n", [("", "unreadable_row")]),
        (order().replace("\n", "\r") + order(), [("", "unreadable_row")]),
        (order('"a\rb"'), [("", "unreadable_row")]),
        ("x" * (LINE_BYTES_MAX + 10) + "\n", [("", "unreadable_row")]),
    ],
)
def test_every_mistake_of_a_row_is_told_and_the_next_row_stands(
    house: ApiHouse, row: str, mistakes: list[tuple[str, str]]
) -> None:
    raw = csv_file(order(), row, order())
    assert [(line, *rest) for line, *rest in mistakes_of(house, raw)] == [(3, *each) for each in mistakes]
    assert len(events_of(house, raw)) == 2


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"", 1),
        (b"\n", 1),
        (b"a;b\n1;2\n", 1),
        ((HEAD.rstrip() + ";total\n").encode(), 1),
        (b"\xff\xfe" + HEAD.encode("utf-16-le"), 1),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), 1),
        (";".join(f"c{n}" for n in range(2000)).encode() + b"\n", 1),
        (b"x" * 1_000_000, 1),
        ((HEAD + order() + order()).replace("\n", "\r").encode(), 1),
    ],
    ids=[
        "nothing",
        "an empty line",
        "other columns",
        "a column twice",
        "UTF-16",
        "a PNG",
        "many",
        "a long line",
        "lines that end in CR alone",
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(house: ApiHouse, raw: bytes, line: int) -> None:
    with pytest.raises(Unfit) as refused:
        list(sets_of(house, raw))
    assert refused.value.mistake.line == line
    assert refused.value.mistake.hint


def test_a_column_that_is_lost_is_told_with_the_nearest(house: ApiHouse) -> None:
    with pytest.raises(Unfit) as refused:
        list(sets_of(house, csv_file(order(), head=HEAD.replace("order_no", "order_nr"))))
    assert "'order_no'" in refused.value.mistake.what
    assert "order_nr" in refused.value.mistake.hint


def test_encodings_ends_of_lines_and_marks_of_order(house: ApiHouse) -> None:
    program = house.inner.program
    utf8 = replace(program.drops["dealer_orders"], encoding="utf-8")
    raw = (
        b"\xef\xbb\xbf"
        + (HEAD + order("Ü1")).replace("\n", "\r\n").encode()
        + "Hß".encode("cp1252")
        + b";1;a;b;1"
    )
    from io import BytesIO  # noqa: PLC0415  here alone

    (read,) = drop_sets(program, utf8, BytesIO(raw))
    assert msgspec.json.decode(read.body)[0]["id"] == "HH/Ü1"
    assert [m.what for m in read.mistakes] == ["the row is not utf-8"]
    assert events_of(house, csv_file(order("Ü2")))[0]["id"] == "HH/Ü2"


DROP = Drop("d", "csv", "e", ("a",), "crm", "b", DropTime("c", None, "UTC"), {})


@pytest.mark.parametrize(
    ("decimal", "thousands", "given", "digits", "wanted"),
    [
        (",", ".", "1.234,56", 2, 123456),
        (",", ".", "-1.234,5", 2, -123450),
        (",", ".", "1,234.56", 2, None),
        (",", None, "1.234", 2, None),
        (".", ",", "1,234.56", 2, 123456),
        (".", ",", "1,23.56", 2, None),
        (".", " ", "1 234 567.00", 0, 1234567),
        (".", " ", "1\u202f234\u00a0567", 0, 1234567),
        (".", "'", "1'234.50", 2, 123450),
        (".", None, "12.345", 2, None),
        (".", None, "12.340", 2, 1234),
        (".", None, 12.34, 2, 1234),
        (".", None, 0.1, 2, 10),
        (",", ".", 12.5, 2, 1250),
        (None, None, "12.34", 2, None),
        (None, None, 12, 0, 12),
        (None, None, True, 0, None),
        (None, None, "1e3", 0, None),
        (None, None, "\u0661", 0, None),
        (None, None, float("nan"), 0, None),
        (None, None, float("-inf"), 0, None),
        (None, None, Decimal("NaN"), 0, None),
        (None, None, Decimal("1.5e3"), 0, 1500),
        (None, None, Decimal("12.000"), 0, 12),
        (None, None, None, 0, None),
        (".", None, [1], 2, None),
    ],
)
def test_numbers_are_read_with_the_marks_they_are_written_with(
    decimal: str | None, thousands: str | None, given: object, digits: int, wanted: int | None
) -> None:
    # Money is in whole units only where a mark for its parts is declared.
    digits = digits if decimal is not None else 0
    assert whole_number(replace(DROP, decimal=decimal, thousands=thousands), given, digits) == wanted


@pytest.mark.parametrize(
    ("form", "zone", "given", "wanted"),
    [
        (None, "Europe/Berlin", "2026-05-04T09:30:00", "2026-05-04T07:30:00+00:00"),
        (None, "Europe/Berlin", "2026-05-04T09:30:00Z", "2026-05-04T09:30:00+00:00"),
        (None, "America/New_York", "2026-05-04", "2026-05-04T04:00:00+00:00"),
        (None, "UTC", 1_777_887_000_000, "2026-05-04T09:30:00+00:00"),
        (None, "UTC", "yesterday", None),
        ("%m/%d/%Y %I:%M %p", "America/New_York", "05/04/2026 03:30 PM", "2026-05-04T19:30:00+00:00"),
        ("%Y%m%d %z", "UTC", "20260504 +0200", "2026-05-03T22:00:00+00:00"),
        ("%Y%m%d", "UTC", "20260231", None),
    ],
)
def test_times_are_read_by_their_format_in_their_zone(
    form: str | None, zone: str, given: object, wanted: str | None
) -> None:
    found = instant(DropTime("c", form, zone), given)
    assert (None if found is None else found.isoformat()) == wanted


def test_rows_of_jsonl(house: ApiHouse) -> None:
    good = {"trip": 7, "customer": "ada", "at": "2026-05-04T09:30:00Z", "amount": 150, "beside": {"x": 1}}
    written = [
        json.dumps(good),
        "",
        "{",
        "[1]",
        json.dumps(good | {"trip": 8, "amount": 1.5}),
        json.dumps(good | {"trip": [1], "at": 5}),
        '{"trip": 1' + "0" * 5000 + "}",
        "[" * 50_000,
        json.dumps(good | {"trip": 9}),
    ]
    raw = "\n".join(written).encode()
    assert [event["id"] for event in events_of(house, raw, "trips")] == ["7", "9"]
    assert [(line, reason) for line, _, reason in mistakes_of(house, raw, "trips") if line < 7] == [
        (3, "unreadable_row"),
        (4, "unreadable_row"),
        (5, "wrong_value"),
        (6, "no_id"),
        (6, "no_time"),
    ]
    assert {line for line, *_ in mistakes_of(house, raw, "trips")} == {3, 4, 5, 6, 7, 8}


def parquet(house: ApiHouse, name: str) -> list[Any]:
    program = house.inner.program
    with (PARQUET / name).open("rb") as file:
        return list(drop_sets(program, program.drops["exports"], file))


def test_rows_of_parquet_as_another_program_wrote_it(house: ApiHouse) -> None:
    (read,) = parquet(house, "orders.parquet")
    events = msgspec.json.decode(read.body)
    # Without a zone of its own it is the time of Oslo.
    assert [(e["id"], e["time"], e["data"]["amount"]) for e in events] == [
        ("p-1", "2026-05-04T07:30:00+00:00", 1000),
        ("p-2", "2026-05-04T08:00:00+00:00", 700),
    ]
    assert [(m.line, m.column, m.reason) for m in read.mistakes] == [
        (3, "order_no", "no_id"),
        (3, "order_no", "missing"),
        (4, "at", "no_time"),
    ]
    (zoned,) = parquet(house, "zoned.parquet")
    assert msgspec.json.decode(zoned.body)[0]["time"] == "2026-05-04T07:30:00+00:00"


def test_a_parquet_file_that_is_broken_is_refused(house: ApiHouse, tmp_path: Path) -> None:
    whole = (PARQUET / "orders.parquet").read_bytes()
    torn = [b"", b"PAR1", whole[:-10], whole[:200] + b"\0" * 50 + whole[250:], HEAD.encode()]
    program = house.inner.program
    for number, raw in enumerate(torn):
        path = tmp_path / f"{number} [*].parquet"
        path.write_bytes(raw)
        with path.open("rb") as file, pytest.raises(Unfit) as refused:
            list(drop_sets(program, program.drops["exports"], file))
        assert "Parquet" in refused.value.mistake.what
        assert "/dev/" not in refused.value.mistake.what
    with pytest.raises(Unfit, match="there is no column 'at'"):
        parquet(house, "no_time.parquet")


@pytest.mark.parametrize("power", ["e999999999", "e-999999999", "e41", "e-41"])
def test_a_number_of_a_great_power_is_never_written_out(
    house: ApiHouse, power: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Short(Decimal):
        """A number that is not written out: a thousand million digits would take this machine with them."""

        def __format__(self, *_: object, **__: object) -> str:
            pytest.fail("it was written out")

    monkeypatch.setattr(lines, "_decode", msgspec.json.Decoder(float_hook=Short).decode)
    good = {"trip": f"p{power}", "customer": "ada", "at": "2026-05-04T09:30:00Z", "amount": 1}
    raw = "\n".join(json.dumps(good).replace('"amount": 1', f'"amount": {n}{power}') for n in (1, 0, -2))
    assert mistakes_of(house, raw.encode(), "trips") == [(n, "amount", "wrong_value") for n in (1, 2, 3)]
    assert whole_number(DROP, float("1e300"), 0) is None


def test_a_cell_of_parquet_is_no_longer_than_a_field(house: ApiHouse, tmp_path: Path) -> None:
    drop = house.inner.program.drops["exports"]
    path = tmp_path / "long.parquet"
    long = "repeat('x', 3000000)"
    row = f"{long} as order_no, {long} as customer, timestamp '2026-05-04 09:30:00' as at, 7 as total"
    duckdb.sql(f"copy (select {row}) to '{path}' (format parquet)")
    with path.open("rb") as file:
        (read,) = parquet_rows(drop, file)
    assert {name: len(str(read.cells[name])) for name in ("order_no", "customer")} == {
        "order_no": 1001,
        "customer": 1001,
    }
    assert "total=7" in read.raw, "what stands beside it is seen, too"
    with path.open("rb") as file:
        (told,) = drop_sets(house.inner.program, drop, file)
    assert {m.reason for m in told.mistakes} >= {"no_id", "no_subject"}


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("'x'::blob", "BLOB"),
        ("[repeat('x', 5000)]", "VARCHAR[]"),
        ("{'a': 1}", "STRUCT(a INTEGER)"),
        ("map {'a': 1}", "MAP(VARCHAR, INTEGER)"),
    ],
)
def test_a_column_of_parquet_that_is_no_value_is_refused(
    house: ApiHouse, tmp_path: Path, cell: str, kind: str
) -> None:
    path = tmp_path / "nested.parquet"
    row = f"'p' as order_no, {cell} as customer, timestamp '2026-05-04 09:30:00' as at, 7 as total"
    duckdb.sql(f"copy (select {row}) to '{path}' (format parquet)")
    with path.open("rb") as file, pytest.raises(Unfit) as refused:
        list(drop_sets(house.inner.program, house.inner.program.drops["exports"], file))
    assert refused.value.mistake.what == f"the column 'customer' is of the kind {kind}"


def test_sets_are_no_larger_than_a_delivery(house: ApiHouse) -> None:
    many = list(sets_of(house, csv_file(*(order() for _ in range(2_500)))))
    assert [each.rows for each in many] == [ROWS_MAX, ROWS_MAX, 500]
    wide = csv_file(*(order("n" * 100 + str(n), customer="c" * 130) for n in range(3_000)))
    found = list(sets_of(house, wide.replace(b"\n", b"\n", 1)))
    assert all(len(each.body) <= BODY_BYTES_MAX + 2 for each in found)
    assert sum(len(each.arrivals) for each in found) == 3_000
    assert [a.position for a in found[0].arrivals] == list(range(found[0].rows))


def test_a_rehearsal_counts_what_a_file_holds_twice(house: ApiHouse) -> None:
    one, two = order("twice-1"), order("twice-2")
    other = order("twice-2", total="2")
    assert counts(rehearsed(house, csv_file(one, two, one, other, "x\n"))) == (5, 2, 1, 1, 1)
