"""The three forms of a feed: read alike, a row at a time, and said where they are broken."""

import io
import json
import time
from typing import Any

import pytest
from tests.feeds.house import GROUND, row, rows, written
from tests.feeds.images import encoded, png

from guerdon.engine.catalog.checking import check_row
from guerdon.engine.catalog.feeds import RawRow, read_feed
from guerdon.engine.catalog.wrong import UnfitFeed
from guerdon.text.feed_rows import wrong_row_in_english

CSV = (
    "id,name,name_de,category,kind,markets,currency,amounts,price_stars,offers\r\n"
    'b1,"Book, b1","Buch\nb1",books,gift_card,DE NO,EUR,10.00,900,"[{""supplier"": ""pool""}]"\r\n'
    "b2,Book b2,,books,gift_card,DE,EUR,10,,\r\n"
)


class Dribble(io.RawIOBase):
    """Bytes that come a few at a time."""

    def __init__(self, raw: bytes, step: int) -> None:
        self._raw, self._step, self._at = raw, step, 0

    def read(self, _size: int = -1) -> bytes:
        found = self._raw[self._at : self._at + self._step]
        self._at += len(found)
        return found


def read(raw: bytes | str) -> list[RawRow]:
    return list(read_feed(io.BytesIO(raw if isinstance(raw, bytes) else raw.encode())))


def said(row: RawRow) -> str:
    return "" if row.problem is None else wrong_row_in_english(row.problem.code, row.problem.values)


def read_until_unfit(raw: bytes | str) -> tuple[list[RawRow], UnfitFeed]:
    found: list[RawRow] = []
    with pytest.raises(UnfitFeed) as fault:
        found.extend(read_feed(io.BytesIO(raw if isinstance(raw, bytes) else raw.encode())))
    return found, fault.value


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_all_forms_say_the_same(step: int) -> None:
    listed = [
        {**row(f"b{n}"), "about": {"en": "Ärger “ü”", "ar": "قهوة"}, "x_note": ']}\\"'} for n in range(5)
    ]
    forms = [
        written(listed),
        json.dumps(listed).encode(),
        json.dumps(listed, indent=3, ensure_ascii=False).encode(),
    ]
    for raw in (*forms, b"\xef\xbb\xbf \n" + forms[1], forms[0].rstrip()):
        found = list(read_feed(Dribble(raw, step)))  # type: ignore[arg-type]
        assert [each.row for each in found] == listed


def test_a_csv_has_texts_and_prices_in_columns_of_their_own() -> None:
    for text in (CSV, CSV.replace(",", ";").replace("Book; b1", "Book, b1").replace("DE NO", "DE|NO")):
        one, two = read(text)
        assert (one.line, two.line, one.problem, two.problem) == (2, 4, None, None)
        assert one.row["name"] == {"en": "Book, b1", "de": "Buch\nb1"}
        assert one.row["prices"] == {"stars": "900"}
        assert "amounts" in two.row
        assert "offers" not in two.row
        assert check_row(one.row, GROUND).item["supplier"] == "pool"


def test_an_image_fits_in_a_cell() -> None:
    image = encoded(png(padding=300_000))
    (found,) = read(f'id,image,name\r\nb1,{image},"a ""b"", c"\r\n')
    assert found.row == {"id": "b1", "image": image, "name": {"en": 'a "b", c'}}


WRONG: list[tuple[str, list[str]]] = [
    (
        CSV + "b3,too,few\r\nb4,Book,,books,gift_card,DE,EUR,10,,\r\n",
        ["", "", "another number of cells (3) than the first line (10)", ""],
    ),
    ("id,offers\nb1,[\nb2,\n", ["offers is no JSON", ""]),
    ("id,name,name_en\nb1,a,b\n", ["name (en) stands in two columns"]),
    ('{"id": "b1"}\n{"id": \n{"id": "b3"}\n[]\n', ["", "no JSON from its letter 9 on", "", "no JSON object"]),
    ('{"id": 1e400}\n{"id": ' + "9" * 5000 + '}\n{"id": "b3"}\n', ["", "a number is too long", ""]),
    ("id,brand\nb1,a\rb\nb2,x\n", ["a line ends within one without quotes", ""]),
    ('{"id": "b1"}\n{"id": ' + "[" * 100_000 + '\n{"id": "b3"}\n', ["", "nested too deeply", ""]),
    ('[{"id": "b1"}, 5, {"id": "b3"}]', ["", "no JSON object", ""]),
]


@pytest.mark.parametrize(("text", "problems"), WRONG)
def test_a_row_that_cannot_be_read_leaves_the_others(text: str, problems: list[str]) -> None:
    found = read(text)
    assert len(found) == len(problems)
    assert all(problem in said(each) for each, problem in zip(found, problems, strict=True))
    assert [bool(said(each)) for each in found] == [bool(problem) for problem in problems]


def test_letters_that_are_no_utf_8_are_wrong_where_they_stand() -> None:
    assert [said(each) for each in read(b'{"id": "b1"}\n{"id": "\xe4"}\n{"id": "b3"}\n')] == [
        *("", "the row is not UTF-8", "")
    ]
    assert [said(each) for each in read(b"id,brand\nb1,x\nb2,\xe4\n")] == ["", "the row is not UTF-8"]
    assert read_until_unfit(b'[{"id": "b1", "brand": "\xe4"}]')[1].why == "encoding"


UNFIT: list[tuple[str, str, int]] = [
    (written(rows(3)).decode().rstrip()[:-9], "cut", 2),
    (json.dumps(rows(3))[:-9], "cut", 2),
    (json.dumps(rows(3))[:-1], "cut", 3),
    (json.dumps(rows(2)) + " x", "form", 2),
    ('[{"id": "b1"} {"id": "b2"}]', "form", 1),
    ("[" * 50_000, "form", 0),
    (CSV.rstrip()[:-12], "cut", 1),
    (CSV + 'b3,"open', "cut", 2),
    ("sku,name\nb1,x\n", "form", 0),
    ("id,name,name\nb1,x,y\n", "form", 0),
    ("<html>not found</html>", "form", 0),
    ("id,name\rb1,x\rb2,y\r", "form", 0),
]


@pytest.mark.parametrize(("text", "why", "before"), UNFIT)
def test_a_feed_that_is_broken_says_so(text: str, why: str, before: int) -> None:
    found, fault = read_until_unfit(text)
    assert (fault.why, len(found)) == (why, before)


def test_nothing_is_a_feed_of_nothing() -> None:
    assert read(b"") == read(b" \n") == read(b"[]") == read(b"id,name\n") == []


def test_megabytes_are_one_row_and_the_rest_is_read() -> None:
    great: dict[str, Any] = {**row("b2"), "about": "x" * 20_000_000}
    began = time.process_time()
    found = read(written([row("b1"), great, row("b3")]))
    assert [bool(each.problem) for each in found] == [False, True, False]
    five = {**row("b2"), "about": "x" * 5_000_000}
    for raw in (written([row("b1"), five, row("b3")]), json.dumps([row("b1"), five, row("b3")]).encode()):
        assert [each.row["id"] for each in read(raw)] == ["b1", "b2", "b3"]
    assert time.process_time() - began < 10
