"""Mistakes in tables: cells, gaps, overlaps, amounts; each with its line, its rows and an example."""

from collections.abc import Callable

import pytest
from tests.program.programs import CLUB, Case, Mistakes

from guerdon.program.load import read_program
from guerdon.program.tables.bound import ROWS_TOTAL_MAX
from guerdon.program.tables.cover import COLUMNS_MAX, ROWS_MAX, STEPS_MAX

VALUE = "tables.bike_value"
OWN = "rules.loyal_ride.then[0].reward.table"
TABLES: list[Case] = [
    (
        '[DE, race, ">= 2000"',
        '[DE, race, "> 2000"',
        58,
        f"{VALUE}.rows",
        "no row takes member.market = DE, event.kind = race, event.price = 2000.00 EUR",
        "add a row for it",
    ),
    (
        "- [DE, city|trail, -",
        "- [DE, city, -",
        58,
        f"{VALUE}.rows",
        "no row takes member.market = DE, event.kind = trail",
        "hit: first",
    ),
    (
        "- [DE, city|trail, -",
        "- [-, city|trail, -",
        62,
        f"{VALUE}.rows[4]",
        "row 3 (line 60) and row 5 (line 62) both take member.market = NO, event.kind = city",
        "differ in a column",
    ),
    (
        "- [DE, city|trail, -",
        "- [DE, city|tril, -",
        60,
        f"{VALUE}.rows[2][1]",
        "it is never 'tril'",
        "trail?",
    ),
    (
        "- [DE, city|trail, -",
        "- [DE, city|, -",
        60,
        f"{VALUE}.rows[2][1]",
        "nothing stands between two |",
        "",
    ),
    ("- [DE, city|trail, -", "- [DE, city|city, -", 60, f"{VALUE}.rows[2][1]", "city stands here twice", ""),
    (
        "- [DE, city|trail, -",
        "- [DE, city|trail",
        60,
        f"{VALUE}.rows[2]",
        "3 cells, there must be 4",
        "one for each column",
    ),
    ("- [DE, city|trail, -", "- [DE, [city, trail], -", 60, f"{VALUE}.rows[2][1]", "not a list", ""),
    ('"< 2000.00 EUR"', '"< 2000.0"', 59, f"{VALUE}.rows[1][2]", "digits after the point", "25.00"),
    ('"< 2000.00 EUR"', '"cheap"', 59, f"{VALUE}.rows[1][2]", "is not an amount", "25.00"),
    ('"< 2000.00 EUR"', '"30..20"', 59, f"{VALUE}.rows[1][2]", "no number is in there", "10..20"),
    (
        "300.00 EUR]\n      - [DE",
        "300.00 NOK]\n      - [DE",
        59,
        f"{VALUE}.rows[1][3]",
        "row 1 (line 58) gives NOK in DE, this one",
        "member.market",
    ),
    (
        "300.00 EUR]\n      - [DE",
        "330.00 EUR]\n      - [DE",
        105,
        "items",
        "no item for a reward of 330.00 EUR (rule bike) in DE",
        "330.00 EUR",
    ),
    (
        "300.00 EUR]\n      - [DE",
        "0 EUR]\n      - [DE",
        58,
        f"{VALUE}.rows[0][3]",
        "0 EUR is not more than zero",
        "",
    ),
    (
        "[member.market, event.kind, event.price]",
        "[member.market, event.kid, event.price]",
        56,
        f"{VALUE}.columns[1]",
        "unknown field event.kid",
        "kind?",
    ),
    (
        "[member.market, event.kind, event.price]",
        "[member.market, event.kind, event.happened_at]",
        58,
        f"{VALUE}.rows[0][2]",
        "'2000' is no day",
        "2026-01-01..2026-04-01",
    ),
    (
        "[member.market, event.kind, event.price]",
        "[member.market, event.kind, member.email]",
        56,
        f"{VALUE}.columns[2]",
        "personal data: it stands sealed",
        "remove it",
    ),
    (
        "    name: By bike and price\n",
        "    hit: last\n",
        55,
        f"{VALUE}.hit",
        "unknown hit policy last",
        "first",
    ),
    (
        "table: bike_value",
        "table: bike_vale",
        79,
        "rules.bike.then[0].reward.table",
        "unknown table bike_vale",
        "bike_value?",
    ),
    ("table: bike_value", "value: 100.00 EUR", 54, VALUE, "no rule gives by this table", "table: bike_value"),
    (
        "table: bike_value",
        "table: bike_value, value: 100.00 EUR",
        79,
        "rules.bike.then[0].reward.table",
        "a value or comes from a table",
        "one of the two",
    ),
    (
        '[">= 100", "true", -, -, 300 KM]',
        '[">= 100", "yes", -, -, 300 KM]',
        100,
        f"{OWN}.rows[0][1]",
        "yes is neither true nor false",
        "or write -",
    ),
    (
        "[50.., -, plus, 5.., 200 KM]",
        '["100..", "true", plus, 5.., 200 KM]',
        101,
        f"{OWN}.rows[1]",
        "row 2 (line 101) is never reached: row 1 (line 100) takes all of it",
        "move it up",
    ),
    (
        '["-", "-", "-", "-", 50 KM]',
        '["< 50", "-", "-", "-", 50 KM]',
        100,
        f"{OWN}.rows",
        "no row takes event.km = 50, segment(racer) = true, member.level = basic",
        "add a row",
    ),
    (
        "[50.., -, plus, 5.., 200 KM]",
        "[five.., -, plus, 5.., 200 KM]",
        101,
        f"{OWN}.rows[1][0]",
        "'five' is no whole number",
        "10..20",
    ),
    (
        "hit: first\n            columns",
        "file: rides.csv\n            columns",
        97,
        f"{OWN}.file",
        "unknown key file",
        "",
    ),
]


@pytest.mark.parametrize("case", TABLES, ids=lambda case: f"{case[0][:24]} -> {case[1][:30]}")
def test_a_mistake_in_a_table_is_said_with_its_line_and_a_hint(
    is_said_of_club: Callable[[Case], bool], case: Case
) -> None:
    assert is_said_of_club(case)


def test_an_amount_beyond_the_cap_of_its_unit_is_none(club_mistakes: Mistakes) -> None:
    found = club_mistakes("KM: { kind: points, digits: 0 }", "KM: { kind: points, digits: 0, cap: 250 }")
    assert {p.where for p in found} == {"rules.first_bike.then[0].reward.value", OWN}


def test_a_row_that_a_limit_never_lets_pass_is_named() -> None:
    found = read_program(CLUB + "limits:\n  most: { per: member, period: day, amount: 250.00 EUR }\n")
    assert isinstance(found, list)
    assert [p.what for p in found] == ["the rule bike gives 300.00 EUR and can never fire under this limit"]


def table(columns: list[str], rows: list[list[str]]) -> str:
    before, after = CLUB[: CLUB.index("            columns: [event.km")], CLUB[CLUB.index("budgets:") :]
    lines = [f"            columns: {columns}\n", "            rows:\n"]
    lines += [f"              - {row}\n" for row in rows]
    return before + "".join(lines) + after


def problems_of(text: str) -> list[str]:
    found = read_program(text)
    return [problem.what for problem in found] if isinstance(found, list) else []


def test_a_table_has_bounds() -> None:
    row = ["-", "50 KM"]
    assert problems_of(table(["event.km"], [[f"{n}", "50 KM"] for n in range(ROWS_MAX - 1)] + [row])) == []
    assert f"more than {ROWS_MAX} rows" in problems_of(table(["event.km"], [row] * (ROWS_MAX + 1)))
    wide = ["event.km"] * (COLUMNS_MAX + 1)
    assert f"more than {COLUMNS_MAX} columns" in problems_of(table(wide, [["-"] * len(wide) + ["50 KM"]]))


def test_all_tables_together_have_a_bound() -> None:
    rows = "".join(f"      - [{n}, 50 KM]\n" for n in range(ROWS_MAX - 1)) + "      - [-, 50 KM]\n"
    tables = "".join(f"  t{n}:\n    hit: first\n    columns: [event.km]\n    rows:\n{rows}" for n in range(5))
    rules = "".join(
        f"  r{n}:\n    name: R\n    when: ride.finished\n    promise: public\n"
        f"    then: [{{ reward: {{ table: t{n} }} }}]\n"
        for n in range(5)
    )
    text = CLUB.replace("rules:\n  first", f"{tables}rules:\n{rules}  first")
    assert problems_of(text) == [
        f"more than {ROWS_TOTAL_MAX} rows in all tables, counted for each event that asks them"
    ]


def test_a_table_too_large_to_check_is_refused_and_not_guessed_at() -> None:
    spread = [
        [
            f"{n * 37 % 400}..{n * 37 % 400 + 150}",
            f"{n * 91 % 500}..{n * 91 % 500 + 170}",
            f"{n * 53 % 450}..{n * 53 % 450 + 190}",
            "50 KM",
        ]
        for n in range(ROWS_MAX)
    ]
    columns = ["event.km", "sum(ride.finished.km, 'month')", "sum(ride.finished.km, '7d')"]
    found = problems_of(table(columns, spread))
    assert f"this table is too large to check: more than {STEPS_MAX} steps to look for a gap" in found
