"""Files for a sheet: nothing in them computes, amounts and instants are plain, both forms say the same."""

import csv
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from tests.sheets import has_formulas, rows_of

from guerdon.text.exporting import LETTERS_MAX, MARK, Row, amount, csv_parts, write_xlsx

AT = datetime(2026, 11, 23, 18, 5, 9, 123_456, tzinfo=timezone(timedelta(hours=1)))
FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1", "\0=1", "\uff1d1", '=HYPERLINK("http://x")'),
)


def sheet_of(rows: list[Row], columns: tuple[str, ...] = ("a", "b")) -> bytes:
    file = BytesIO()
    write_xlsx(file, columns, [rows[:1], [], rows[1:]], AT)
    return file.getvalue()


def lines_of(rows: list[Row], columns: tuple[str, ...] = ("a", "b")) -> list[list[str]]:
    whole = b"".join(csv_parts(columns, [rows[:1], [], rows[1:]]))
    assert whole.startswith(MARK)
    return list(csv.reader(StringIO(whole[len(MARK) :].decode(), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_begins_a_formula(text: str) -> None:
    (_, (cell,)) = lines_of([(text,)], ("a",))
    assert cell.startswith("'") or "\0" in text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    book = sheet_of([(text,)], ("a",))
    assert not has_formulas(book)
    assert not rows_of(book)[1]["A"].startswith(("=", "+", "-", "@"))


def test_numbers_and_moments_are_plain_in_both() -> None:
    rows: list[Row] = [
        (amount(-1_250, 2), amount(7, 0)),
        (Decimal("0.30"), 1_234_567),
        (AT, date(2026, 2, 4)),
        (None, 10**17),
    ]
    assert lines_of(rows)[1:] == [
        ["-12.50", "7"],
        ["0.30", "1234567"],
        ["2026-11-23T17:05:09+00:00", "2026-02-04"],
        ["", str(10**17)],
    ]
    found = rows_of(sheet_of(rows))
    assert [found[1], found[2]] == [{"A": "-12.5", "B": "7"}, {"A": "0.3", "B": "1234567"}]
    # Days since the end of 1899, and of one the part that is over.
    moment = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=float(found[3]["A"]))
    assert abs(moment - AT.replace(microsecond=0)) < timedelta(seconds=1)
    assert found[3]["B"] == str((date(2026, 2, 4) - date(1899, 12, 30)).days)
    # What a sheet would round stands as text.
    assert found[4] == {"B": str(10**17)}


def test_digits_of_an_amount_are_those_of_its_unit() -> None:
    assert [str(amount(5, digits)) for digits in (0, 2, 3)] == ["5", "0.05", "0.005"]
    assert amount(None, 2) is None


def test_whatever_somebody_wrote_comes_back_as_text() -> None:
    texts = ('a "b", c', "two\nlines", "\u202eabc", "<b>&", "مرحبا", "x" * 40_000, "\x01\x1f")
    rows: list[Row] = [(text, "") for text in texts]
    assert [row[0] for row in lines_of(rows)[1:]] == list(texts)
    found = [row["A"] for row in rows_of(sheet_of(rows))[1:]]
    assert found[:5] == list(texts[:5])
    assert len(found[5]) == LETTERS_MAX


def test_the_same_rows_are_the_same_file() -> None:
    rows: list[Row] = [("x", 1)]
    first, second = (ZipFile(BytesIO(sheet_of(rows))) for _ in range(2))
    assert {n: first.read(n) for n in first.namelist()} == {n: second.read(n) for n in second.namelist()}
