"""Why a row of a file of codes is none: said in English to programs, and to staff in their language."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.redeem.house import NOW, PROGRAM

from guerdon.engine.files.codes import WrongCode, WrongRow, read_codes_file
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.text.catalogs import words
from guerdon.text.code_rows import wrong_code_text
from guerdon.values.money import AmountFault, BadAmount, parse_money
from guerdon.values.texts import LANGUAGES

READ = load_program(PROGRAM)
assert isinstance(READ, Program), READ
UNTIL = "expires_on"
HEADER = f"item,value,code,{UNTIL}"
GOOD = "green_basket,200.00 EUR"
VALUES = "its values: 25.00 EUR, 200.00 EUR, 350.00 EUR"
SPACE = "the code has a space inside  (a code is one word; two in a cell are two rows)"
UNSEEN = "the code has a character that cannot be printed  (look for a stray tab or control character)"
UNREAD = "is neither a day nor a time  (write 2027-03-31, or a time with its offset: 2027-03-31T18:00Z)"
# What each row is told, and told it as it was before it had a code.
ROWS = {
    "gren_basket,200.00 EUR,A,": "item: unknown item 'gren_basket'  (did you mean green_basket?)",
    "green_basket,200.00,A,": "value: 200.00 is not an amount with its unit  (write it like 25.00 EUR)",
    "green_basket,200.00 EUX,A,": "value: unknown unit EUX  (did you mean EUR?)",
    "green_basket,much EUR,A,": "value: much is not an amount  (write digits and a point only, like 25.00)",
    "green_basket,2.5 EUR,A,": ("value: digits after the point: 2.5 has 1, EUR has 2  (write it like 25.00)"),
    "green_basket,99999999999999999999 EUR,A,": (
        "value: 99999999999999999999 is larger than an amount can be  (at most 63 bits of minor units)"
    ),
    "green_basket,20.00 EUR,A,": f"value: no reward of 20.00 EUR buys green_basket  ({VALUES})",
    f"{GOOD},,": "code: the code is empty",
    f"{GOOD},{'x' * 1234},": "code: the code has 1234 characters  (at most 200)",
    f"{GOOD},a b,": f"code: {SPACE}",
    f"{GOOD},a\x07b,": f"code: {UNSEEN}",
    f"{GOOD},A,tomorrow": f"expires_on: {UNREAD}",
    f"{GOOD},A,2020-01-01": (
        "expires_on: the code has expired already  (leave out what cannot be used any more)"
    ),
    f"{GOOD},A,{NOW.isoformat()[:10]}": (
        "expires_on: the code expires within a day  (nobody would be given it any more)"
    ),
    f"{GOOD}": f"is not four cells  (write {HEADER}; a comma in a code needs quotes)",
}
HEADLESS = "the first line is not the header  (write item,value,code; a column expires_on may follow)"
COMMA = "(write item,value,code; a comma in a code needs quotes)"
FILES = {
    b"\xff": "line 1: is not UTF-8  (save the file as UTF-8)",
    b"A,B": f"line 1: {HEADLESS}",
    b"item,value,code\nx": f"line 2: is not three cells  {COMMA}",
}


def told(data: bytes) -> list[WrongRow]:
    assert isinstance(READ, Program)
    return read_codes_file(data, READ, NOW).problems


def wrong_rows() -> list[WrongRow]:
    """One of each kind."""
    return [*told("\n".join([HEADER, *ROWS]).encode()), *(each for data in FILES for each in told(data))]


def test_programs_and_terminals_are_told_in_english() -> None:
    rows = told("\n".join([HEADER, *ROWS]).encode())
    separators = [
        ", " if said.partition(":")[0] in {"item", "value", "code", UNTIL} else ": " for said in ROWS.values()
    ]
    assert [str(row) for row in rows] == [
        f"line {line}{separator}{said}"
        for line, (separator, said) in enumerate(zip(separators, ROWS.values(), strict=True), 2)
    ]
    assert {data: [str(row) for row in told(data)] for data in FILES} == {
        data: [said] for data, said in FILES.items()
    }


def test_each_reason_is_met_here_but_for_those_of_feeds_and_of_files_too_large() -> None:
    met = {row.code for row in wrong_rows()}
    known = {*get_args(WrongCode), *get_args(AmountFault)}
    # tests/feeds/test_pool_codes.py meets these.
    assert known - met == {"not_pooled", "rows_many"}
    assert met <= known


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_are_told_in_their_language(language: str) -> None:
    spoken = words(language, "reasons")
    more = [
        WrongRow("", 4, "rows_many", {"most": 100_000}),
        WrongRow("item", 5, "not_pooled", {"item": "m:b1"}),
    ]
    ranged = {"value": "8.00 EUR", "item": "w", "least": "5", "most": "50", "step": "2.50"}
    more += [WrongRow("value", 6, "unsold", {**ranged, "values": each}) for each in ("", "9.00 EUR")]
    more += [WrongRow("item", 7, "unknown_item", {"given": "'x'", "known": each}) for each in ("", "a, b")]
    rows = [*wrong_rows(), *more]
    said = [wrong_code_text(spoken, (row.where, row.line, row.code), row.said) for row in rows]
    assert len(set(said)) == len(rows)
    for row, text in zip(rows, said, strict=True):
        plain = text.replace("\u2068", "").replace("\u2069", "")
        assert (plain == str(row)) == (language == "en"), text
        assert row.where in plain
        for value in row.said.values():
            assert isinstance(value, int) or value in plain, (row.code, value, text)


def test_where_and_how_to_mend_it_are_said_as_well() -> None:
    (row,) = told(f"{HEADER}\n{GOOD},{'x' * 1234},".encode())
    assert wrong_code_text(words("de", "reasons"), (row.where, row.line, row.code), row.said) == (
        "Zeile 2, code: der Code hat 1234 Zeichen  (höchstens 200)"
    )


@given(st.text(max_size=60), st.sampled_from(["", " EUR", " EU", " XXX", " points"]))
def test_an_amount_that_is_none_says_the_same_by_its_code(text: str, unit: str) -> None:
    assert isinstance(READ, Program)
    read = parse_money(text + unit, READ.units)
    if isinstance(read, BadAmount):
        assert read.code
        row = WrongRow("value", 2, read.code, read.said)
        hint = f"  ({read.hint})" if read.hint else ""
        assert str(row) == f"line 2, value: {read.what}{hint}"
