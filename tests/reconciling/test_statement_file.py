"""Statements as files: what is read, and every mistake named with its line."""

from datetime import UTC, datetime

import pytest

from guerdon.engine.reconciling.statement_file import read_statement_file
from guerdon.store.orders.reconciling.statements import Line
from guerdon.suppliers.amounts import digits_of
from guerdon.values.ids import show

HEADER = "their_id,ref,state,currency,amount,at,cost,cost_currency\n"
GOOD = "T1,ord_0000000000007-2,placed,EUR,25.00,2026-05-04T09:30:00Z,23.75,\n"
AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def mistakes(text: str) -> list[tuple[int | None, str]]:
    found = read_statement_file(text.encode(), digits_of)
    return [(problem.line, problem.where) for problem in found.problems]


def test_a_line_is_what_it_says() -> None:
    yen = "T2,gift,failed,JPY,500,2026-05-04T11:30:00+02:00,3.5,USD\n"
    found = read_statement_file((HEADER + GOOD + GOOD + yen).encode(), digits_of)
    assert found.problems == []
    assert found.lines == [
        Line("T1", f"{show('ord', 7)}-2", 7, 2, "placed", "EUR", 2_500, 2_375, "EUR", AT),
        Line("T2", "gift", None, None, "failed", "JPY", 500, 350, "USD", AT),
    ]


def test_a_statement_may_say_no_more_than_it_must() -> None:
    text = "at,their_id,ref,state,currency,amount\n2026-05-04T09:30:00Z,T1,,canceled,EUR,\n"
    (line,) = read_statement_file(text.encode(), digits_of).lines
    assert (line.face_minor, line.cost_minor, line.cost_currency, line.order) == (None, None, "", None)


@pytest.mark.parametrize(
    ("row", "where"),
    [
        (",o,placed,EUR,1,2026-05-04T09:30:00Z,,", ["their_id"]),
        ("T,o,sent,EUR,1,2026-05-04T09:30:00Z,,", ["state"]),
        ("T,o,placed,euro,1,2026-05-04T09:30:00Z,,", ["currency"]),
        ("T,o,placed,EUR,1.005,2026-05-04T09:30:00Z,,", ["amount"]),
        ("T,o,placed,JPY,1.5,2026-05-04T09:30:00Z,,", ["amount"]),
        ("T,o,placed,EUR,-1,2026-05-04T09:30:00Z,,", ["amount"]),
        ("T,o,placed,EUR,999999999999999999,2026-05-04T09:30:00Z,,", ["amount"]),
        ("T,o,placed,EUR,1,2026-05-04 09:30,,", ["at"]),
        ("T,o,placed,EUR,1,yesterday,x,??", ["cost_currency", "cost", "at"]),
        ("T,o,placed,EUR,1", [""]),
        ("T1,ord_0000000000007-2,placed,EUR,26.00,2026-05-04T09:30:00Z,23.75,", ["their_id"]),
    ],
)
def test_a_wrong_row_is_named(row: str, where: list[str]) -> None:
    assert mistakes(HEADER + GOOD + row + "\n") == [(3, each) for each in where]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", (1, "")),
        ("their_id,ref\n", (1, "")),
        (HEADER, (1, "")),
        (HEADER.replace("cost,", "price,"), (1, "price")),
        ("their_id,their_id,ref,state,currency,amount,at\n", (1, "their_id")),
    ],
)
def test_a_file_that_is_no_statement_says_so(text: str, problem: tuple[int, str]) -> None:
    assert mistakes(text) == [problem]
    assert [each.line for each in read_statement_file(b"\xff", digits_of).problems] == [1]
