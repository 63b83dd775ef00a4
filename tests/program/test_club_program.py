"""The club's program: segments, derived attributes, holdings, groups and tables, read as they stand."""

from datetime import date
from pathlib import Path

import pytest
from tests.program.programs import CLUB

from guerdon.program.load import bundle, load_program, read_program
from guerdon.program.model import Group, HoldingStep, Program
from guerdon.values.money import Money


def test_a_rule_says_when_and_for_whom_it_holds(club: Program) -> None:
    rule = club.rules["loyal_ride"]
    assert rule.segments == ("loyal", "racer")
    assert rule.valid == (date(2026, 4, 1), date(2026, 9, 30))
    assert rule.group == "ride"
    assert (rule.priority, club.rules["first_bike"].priority) == (0, 5)
    assert club.rules["bike"].segments == ()


def test_groups_say_which_of_them_gives(club: Program) -> None:
    assert list(club.groups.values()) == [
        Group("welcome", {"en": "Welcome"}, "first"),
        Group("ride", {"en": "Ride"}, "best"),
    ]


def test_a_segment_is_a_condition_about_a_member(club: Program) -> None:
    racer = club.segments["racer"].condition
    assert racer is not None
    assert racer({}, {"holds(bike)": ({"kind": "race"},)}) is True
    assert racer({}, {"holds(bike)": ()}) is False
    assert club.segments["loyal"].name == {"en": "Loyal"}


def test_derived_attributes_are_read_where_they_are_named(club: Program) -> None:
    assert (club.derived["km_year"].type, club.derived["busy"].type) == ("int", "bool")
    loyal = club.segments["loyal"].condition
    assert loyal is not None
    assert {window.key for window in loyal.windows} == {
        "count(ride.finished, 90d)",
        "sum(ride.finished.km, year)",
    }


def test_a_holding_says_which_events_open_change_and_close_it(club: Program) -> None:
    bike = club.holdings["bike"]
    assert list(bike.fields) == ["kind", "bought_on", "color"]
    # What the event calls the same is filled without being told.
    assert bike.opens == (
        HoldingStep("bike.purchased", "frame", {"kind": "kind", "bought_on": "happened_at"}),
    )
    assert bike.changes == (HoldingStep("bike.painted", "frame", {"color": "color"}),)
    assert bike.closes == (HoldingStep("bike.sold", "frame", {}),)


def test_a_row_is_a_condition_of_the_same_language(club: Program) -> None:
    table = club.tables["bike_value"]
    assert club.rules["bike"].table == table
    assert [row.condition_text for row in table.rows] == [
        'member.market == "DE" && event.kind == "race" && event.price >= 200000',
        'member.market == "DE" && event.kind == "race" && event.price < 200000',
        'member.market == "DE" && event.kind in ["city", "trail"]',
        'member.market == "NO" && event.kind == "race"',
        'member.market == "NO" && event.kind in ["city", "trail"]',
    ]
    assert [row.value for row in table.rows][2:] == [Money(10_000, "EUR"), Money(230_000, "NOK"), None]


def test_a_table_of_a_rule_may_ask_whatever_conditions_can(club: Program) -> None:
    table = club.rules["loyal_ride"].table
    assert table is not None
    assert table.key == "loyal_ride"
    assert "loyal_ride" not in club.tables
    assert [row.condition_text for row in table.rows] == [
        "event.km >= 100 && segment(racer)",
        "event.km >= 50 && member.level == \"plus\" && count(ride.finished, '30d') >= 5",
        None,
    ]


def test_what_a_table_gives_is_known_by_market(club: Program) -> None:
    reward = club.rules["bike"].reward
    assert reward is not None
    assert reward.values_in("DE") == (Money(30_000, "EUR"), Money(20_000, "EUR"), Money(10_000, "EUR"))
    assert (reward.unit_in("DE"), reward.unit_in("NO")) == ("EUR", "NOK")
    assert reward.units == {"EUR", "NOK"}
    assert reward.value_in("DE") is None


def test_the_stored_text_is_the_same_program(club: Program) -> None:
    assert read_program(bundle(club)) == club


TABLE = CLUB[CLUB.index("    columns: [member.market") : CLUB.index("rules:\n  first_bike")]
ROWS = (
    "member.market,event.kind,event.price,value\n"
    "DE,race,>= 2000,300.00 EUR\n"
    "DE,race,< 2000,200.00 EUR\n"
    'DE,"city|trail",,100.00 EUR\n'
    "NO,race,-,2300.00 NOK\n"
    "NO,city|trail,-,nothing\n"
)


def from_file(folder: Path, rows: str) -> object:
    (folder / "bikes.csv").write_text(rows, "utf-8")
    (folder / "program.yaml").write_text(CLUB.replace(TABLE, "    file: bikes.csv\n"), "utf-8")
    return load_program(folder / "program.yaml")


def test_a_table_may_be_a_file_beside_the_program_and_is_stored_inside(tmp_path: Path, club: Program) -> None:
    read = from_file(tmp_path, ROWS)
    assert isinstance(read, Program), read
    assert [row.condition_text for row in read.tables["bike_value"].rows] == [
        row.condition_text for row in club.tables["bike_value"].rows
    ]
    assert read_program(bundle(read)) == read
    assert "bikes.csv" not in bundle(read)


# By when it was bought, and by a birthday.
DAYS = """\
event.happened_at,member.birthday,value
..2026-04-01,-,300.00 EUR
2026-04-01..2026-07-01,< 1990-01-01,200.00 EUR
2026-04-01..2026-07-01,>= 1990-01-01,100.00 EUR
>= 2026-07-01,,nothing
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("..2026-04-01,", "..2026-03-31,", "event.happened_at = 2026-03-31, member.birthday = 1989-12-31"),
        ("< 1990", "<= 1990", "both take event.happened_at = 2026-04-01, member.birthday = 1990-01-01"),
        (">= 2026-07-01", "> 2026-07-01", "no row takes event.happened_at = 2026-07-01, member.birthday"),
        ("< 1990-01-01", "< 1990-13-01", "bikes.csv line 3, bike_value.rows[1][1]: '1990-13-01' is no day"),
        (">= 2026-07-01", "2026-07-01|2026-07-02", "a list of days cannot stand in a cell"),
        ("2026-04-01..2026-07-01,<", "2026-07-01..2026-04-01,<", "no day is in there"),
        ("", "", ""),
    ],
)
def test_days_are_columns_without_gap_and_overlap_as_numbers_are(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    allowed = CLUB.replace("personal_data: forbidden", "personal_data: allowed").replace("[DE, NO]", "[DE]")
    only_here = allowed.replace(
        "    name: Bike\n    when: bike.purchased\n",
        "    name: Bike\n    when: bike.purchased\n    markets: [DE]\n",
    )
    rows = DAYS.replace(old, new, 1)
    (tmp_path / "bikes.csv").write_text(rows, "utf-8")
    (tmp_path / "program.yaml").write_text(only_here.replace(TABLE, "    file: bikes.csv\n"), "utf-8")
    read = load_program(tmp_path / "program.yaml")
    if said:
        assert isinstance(read, list)
        assert any(said in str(problem) for problem in read), "\n".join(map(str, read))
        return
    assert isinstance(read, Program), "\n".join(map(str, read)) if isinstance(read, list) else read
    assert read_program(bundle(read)) == read
    # When something happened counts by days of the program, a birthday by its own.
    assert [row.condition_text for row in read.tables["bike_value"].rows][1:3] == [
        "event.happened_at >= timestamp('2026-03-31T22:00:00Z')"
        " && event.happened_at < timestamp('2026-06-30T22:00:00Z')"
        f" && member.birthday {sign} timestamp('1990-01-01T00:00:00Z')"
        for sign in ("<", ">=")
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",value\n", ",amount\n", "line 56, tables.bike_value.file: the first line of bikes.csv must name"),
        ("DE,race,>= 2000,", "DE,race,", "bikes.csv line 2, bike_value.rows[0]: 3 cells, there must be 4"),
        (
            "DE,race,>= 2000,",
            "DE,rice,>= 2000,",
            "bikes.csv line 2, bike_value.rows[0][1]: it is never 'rice'",
        ),
        ("NO,city|trail,-,nothing\n", "", "no row takes member.market = NO, event.kind = city or trail"),
        ("< 2000,", "<= 2000,", "row 1 (line 2) and row 2 (line 3) both take member.market = DE,"),
        ("event.kind", "event.king", "bikes.csv line 1, bike_value.columns[1]: unknown field event.king"),
        ("100.00 EUR", "100.00 USD", "bikes.csv line 4, bike_value.rows[2][3]: unknown unit USD"),
        ('"city|trail"', '"city', "bikes.csv is not CSV"),
        ("DE,race,>= 2000,", "DE,race,\x07,", "this cell holds a control character"),
    ],
)
def test_a_mistake_in_a_file_is_said_with_its_line_there(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    read = from_file(tmp_path, ROWS.replace(old, new, 1))
    assert isinstance(read, list)
    assert any(said in str(problem) for problem in read), "\n".join(map(str, read))
