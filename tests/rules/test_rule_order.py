"""Which rules give: by priority, group, valid days, segments, and the row of a table."""

from datetime import UTC, date, datetime

import pytest
from tests.program.programs import CLUB, read_whole
from tests.rules.harbor import Member, said

from guerdon.ledger.effects import Decision, Issue, Refuse
from guerdon.program.model import Program
from guerdon.rules.playbook import Playbook

# A day on which everything of the club is valid.
MAY = datetime(2026, 5, 20, 10, tzinfo=UTC)
RIDER: dict[str, object] = {
    "market": "DE",
    "employee": False,
    "level": "plus",
    "holds(bike)": ({"kind": "race"},),
    "count(ride.finished, 90d)": 12,
    "count(ride.finished, 30d)": 6,
    "sum(ride.finished.km, year)": 200,
    "count(bike.purchased, ever)": 1,
}


@pytest.fixture(scope="module")
def club() -> Program:
    return read_whole(CLUB)


def rider(program: Program, **changed: object) -> Member:
    named = {key.replace("__", "."): value for key, value in changed.items()}
    return Member(program, location=None, now=MAY, attributes={**RIDER, **named})


def given(decision: Decision) -> dict[str, tuple[int, str]]:
    return {each.rule: (each.value, each.unit) for each in decision.effects if isinstance(each, Issue)}


def refused(decision: Decision) -> dict[str, str]:
    return {each.rule: each.reason for each in decision.effects if isinstance(each, Refuse)}


def test_a_higher_priority_is_asked_first_and_the_others_in_the_order_of_the_file() -> None:
    moved = CLUB.replace(
        "    when: ride.finished\n    promise: campaign",
        "    when: ride.finished\n    priority: -1\n    promise: campaign",
    )
    assert [play.rule.key for play in Playbook(read_whole(CLUB), 1, 1).plays["bike.purchased"]] == [
        "first_bike",
        "bike",
    ]
    later = CLUB.replace("    priority: 5\n", "    priority: -5\n")
    assert [play.rule.key for play in Playbook(read_whole(later), 1, 1).plays["bike.purchased"]] == [
        "bike",
        "first_bike",
    ]
    plays = Playbook(read_whole(moved), 1, 1).plays["ride.finished"]
    assert [play.rule.key for play in plays] == ["ride", "loyal_ride"]


def test_the_first_of_a_group_that_gives_wins(club: Program) -> None:
    decision = rider(club).hears("bike.purchased", frame="A", kind="race", price=300_000)
    assert given(decision) == {"first_bike": (500, "KM")}
    assert refused(decision) == {"bike": "group:welcome"}


def test_one_that_gives_nothing_leaves_the_group_to_the_next(club: Program) -> None:
    member = rider(club)
    member.attributes["count(bike.purchased, ever)"] = 2
    decision = member.hears("bike.purchased", frame="A", kind="race", price=300_000)
    assert given(decision) == {"bike": (30_000, "EUR")}
    assert refused(decision) == {"first_bike": "condition"}


def test_one_that_is_held_wins_its_group_too() -> None:
    limit = "limits:\n  once: { per: member, period: life, amount: 1 KM, rules: [first_bike], over: hold }\n"
    decision = rider(read_whole(CLUB + limit)).hears("bike.purchased", frame="A", kind="race", price=1)
    assert said(decision) == ["held limit:once", "group:welcome"]


def test_the_best_of_a_group_is_asked_first(club: Program) -> None:
    decision = rider(club).hears("ride.finished", km=120)
    assert given(decision) == {"loyal_ride": (300, "KM")}
    assert refused(decision) == {"ride": "group:ride"}
    far = rider(club).hears("ride.finished", km=400)
    assert given(far) == {"ride": (400, "KM")}
    assert refused(far) == {"loyal_ride": "group:ride"}


def test_where_the_best_of_a_group_is_refused_the_next_one_gives() -> None:
    limit = "limits:\n  short: { per: rule, period: life, times: 1, rules: [loyal_ride] }\n"
    member = rider(read_whole(CLUB + limit))
    assert given(member.hears("ride.finished", km=120)) == {"loyal_ride": (300, "KM")}
    second = member.hears("ride.finished", km=120)
    assert given(second) == {"ride": (120, "KM")}
    assert refused(second) == {"loyal_ride": "limit:short"}


@pytest.mark.parametrize(
    ("day", "valid"),
    [
        (datetime(2026, 3, 31, 21, 59, tzinfo=UTC), False),
        # Midnight in Berlin.
        (datetime(2026, 3, 31, 22, 0, tzinfo=UTC), True),
        (datetime(2026, 9, 30, 21, 59, tzinfo=UTC), True),
        (datetime(2026, 9, 30, 22, 0, tzinfo=UTC), False),
    ],
)
def test_both_days_of_a_rule_belong_to_it_in_the_program_s_zone(
    club: Program,
    day: datetime,
    valid: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    decision = rider(club).hears("ride.finished", day, km=10)
    assert (given(decision) == {"loyal_ride": (50, "KM")}) == valid
    assert (refused(decision).get("loyal_ride") == "validity") != valid


def test_a_rule_is_for_members_of_one_of_its_segments(club: Program) -> None:
    racer = rider(club, employee=True)
    assert given(racer.hears("ride.finished", km=10)) == {"loyal_ride": (50, "KM")}
    walker = rider(club, employee=True)
    walker.attributes["holds(bike)"] = ()
    assert refused(walker.hears("ride.finished", km=10)) == {"loyal_ride": "segment:loyal"}
    unknown = rider(club)
    del unknown.attributes["employee"]
    unknown.attributes["holds(bike)"] = ()
    assert refused(unknown.hears("ride.finished", km=10)) == {"loyal_ride": "missing:member.employee"}


@pytest.mark.parametrize(
    ("fields", "market", "told"),
    [
        ({"kind": "race", "price": 200_000}, "DE", (30_000, "EUR")),
        ({"kind": "race", "price": 199_999}, "DE", (20_000, "EUR")),
        # What the row that takes it does not ask may be missing.
        ({"kind": "city"}, "DE", (10_000, "EUR")),
        ({"kind": "race"}, "NO", (230_000, "NOK")),
        ({"kind": "trail"}, "NO", "table:bike_value"),
        ({"kind": "race"}, "DE", "missing:event.price"),
        ({"price": 1}, "DE", "missing:event.kind"),
    ],
)
def test_a_row_that_fits_is_what_a_table_gives(
    club: Program, fields: dict[str, object], market: str, told: tuple[int, str] | str
) -> None:
    member = rider(club, market=market)
    member.market = market
    member.attributes["count(bike.purchased, ever)"] = 2
    decision = member.hears("bike.purchased", **fields)
    assert {**given(decision), **refused(decision)}["bike"] == told


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 4, 30, 21, 59, 59, 999999, tzinfo=UTC), (300, "KM")),
        # Midnight in Berlin: the end of a range does not belong to it.
        (datetime(2026, 4, 30, 22, 0, tzinfo=UTC), (50, "KM")),
        (datetime(2026, 5, 31, 21, 59, tzinfo=UTC), (50, "KM")),
        (datetime(2026, 5, 31, 22, 0, tzinfo=UTC), (200, "KM")),
    ],
)
def test_a_row_may_be_for_some_days(at: datetime, told: tuple[int, str]) -> None:
    rows = ("..2026-05-01, 300 KM", "2026-05-01..2026-06-01, 50 KM", "2026-06-01.., 200 KM")
    start = CLUB.index("            hit: first\n")
    table = "            columns: [event.happened_at]\n            rows:\n"
    table += "".join(f"              - [{row}]\n" for row in rows)
    club = read_whole(CLUB[:start] + table + CLUB[CLUB.index("budgets:\n", start) :])
    assert given(rider(club).hears("ride.finished", at, km=10)) == {"loyal_ride": told}


@pytest.mark.parametrize(
    ("km", "level", "told"),
    [
        (100, "basic", 300),
        (99, "plus", 200),
        (99, "basic", 50),
        (49, "plus", 50),
        (99, None, "missing:member.level"),
    ],
)
def test_the_first_row_wins_where_a_table_says_so(km: int, level: str | None, told: int | str) -> None:
    alone = read_whole(CLUB.replace("    group: ride\n", "").replace("  ride: { pick: best }\n", ""))
    decision = rider(alone, level=level).hears("ride.finished", km=km)
    found = {**given(decision), **refused(decision)}["loyal_ride"]
    assert found == (told if isinstance(told, str) else (told, "KM"))


def test_what_events_ask_of_the_past_is_known_by_type(club: Program) -> None:
    needs = Playbook(club, 1, 1).needs
    assert {window.key for window in needs["ride.finished"].windows} == {
        "count(ride.finished, 30d)",
        "count(ride.finished, 90d)",
        "sum(ride.finished.km, year)",
    }
    assert needs["ride.finished"].holdings == {"bike"}
    assert {window.key for window in needs["bike.purchased"].windows} == {"count(bike.purchased, ever)"}
    assert needs["bike.purchased"].holdings == frozenset()
    assert needs["bike.sold"].windows == frozenset()


def test_a_campaign_and_own_days_both_bind() -> None:
    text = CLUB.replace("    segments: [loyal, racer]\n", "    segments: [loyal, racer]\n    campaign: may\n")
    program = read_whole(text + "campaigns:\n  may: { from: 2026-05-01, to: 2026-05-31 }\n")
    assert program.rules["loyal_ride"].valid == (date(2026, 4, 1), date(2026, 9, 30))
    april = rider(program).hears("ride.finished", datetime(2026, 4, 20, tzinfo=UTC), km=10)
    assert refused(april) == {"loyal_ride": "campaign"}
