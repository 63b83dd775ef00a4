"""Mistakes in segments, derived attributes, holdings, and in what may be read of a person."""

from collections.abc import Callable

import pytest
from tests.program.programs import CLUB, Case, Mistakes

from guerdon.program.conditions.circles import find_circles
from guerdon.program.load import read_program
from guerdon.program.model import Program

REMEMBERED: list[Case] = [
    (
        "if: \"holds(bike, bike.kind == 'race')\"",
        "iff: x",
        48,
        "segments.racer",
        "if is missing",
        "add `if:`",
    ),
    (
        "'race')\" }\n  loyal",
        "'rice')\" }\n  loyal",
        48,
        "segments.racer.if",
        "bike.kind is never 'rice'",
        "race",
    ),
    (
        'if: "!member.employee && (',
        'if: "event.km > 2 && (',
        49,
        "segments.loyal.if",
        "about a member",
        "count and sum",
    ),
    ("'90d') >= 10", "'90x') >= 10", 49, "segments.loyal.if", "90x", ""),
    ('{ type: int, is: "sum', '{ type: bool, is: "sum', 35, "derived.km_year.is", "int", ""),
    (
        '{ type: int, is: "sum',
        '{ type: date, is: "sum',
        35,
        "derived.km_year.type",
        "unknown type date",
        "bool",
    ),
    ("  km_year: {", "  employee: {", 35, "derived.employee", "an attribute already", "another name"),
    ("  km_year: {", "  market: {", 35, "derived.market", "always there", "another name"),
    ("  busy: { name", "  email: { name", 36, "derived.email", "always there", "another name"),
    (
        "  bike:\n    name: { en",
        "  event:\n    name: { en",
        38,
        "holdings.event",
        "word of the condition",
        "another",
    ),
    (
        "from: { event: bike.purchased, key: frame",
        "from: { event: bike.bought, key: frame",
        44,
        "holdings.bike.from.event",
        "unknown event bike.bought",
        "bike.",
    ),
    (
        "bike.purchased, key: frame",
        "bike.purchased, key: price",
        44,
        "holdings.bike.from.key",
        "price is a money",
        "string or int",
    ),
    (
        "bought_on: happened_at }",
        "bought_on: price }",
        44,
        "holdings.bike.from.fields.bought_on",
        "is a date, price a money",
        "of its type",
    ),
    (
        "bought_on: happened_at }",
        "bougt_on: happened_at }",
        44,
        "holdings.bike.from.fields.bougt_on",
        "unknown field of",
        "bought_on?",
    ),
    (
        ", fields: { bought_on: happened_at }",
        "",
        42,
        "holdings.bike.fields.bought_on",
        "nothing fills bought_on",
        "in `from`",
    ),
    (
        "      kind: { type: string, one_of: [city, trail, race] }\n      bought",
        "      kind: { type: string, one_of: [city, trail] }\n      bought",
        41,
        "holdings.bike.fields.kind",
        "nothing fills kind",
        "from",
    ),
    (
        "until: { event: bike.sold",
        "until: { event: bike.painted",
        46,
        "holdings.bike.until",
        "opens or changes this",
        "another event",
    ),
    (
        "change: [{ event: bike.painted",
        "change: [{ event: bike.purchased",
        45,
        "holdings.bike.change",
        "opens this holding",
        "anew",
    ),
    (
        "bought_on: { type: date }",
        "bought_on: { type: date, required: true }",
        42,
        "holdings.bike.fields.bought_on",
        "cannot be required",
        "has(",
    ),
    (
        "holds(bike, bike.kind == 'race')\" }\n  loyal",
        'holds(bke)" }\n  loyal',
        48,
        "segments.racer.if",
        "bke",
        "bike",
    ),
]


@pytest.mark.parametrize("case", REMEMBERED, ids=lambda case: f"{case[0][:20]} -> {case[1][:30]}")
def test_a_mistake_in_what_is_remembered_is_said_with_its_line_and_a_hint(
    is_said_of_club: Callable[[Case], bool], case: Case
) -> None:
    assert is_said_of_club(case)


def test_segments_and_attributes_that_ask_for_each_other_are_a_circle_named_once(
    club_mistakes: Mistakes,
) -> None:
    found = club_mistakes("if: \"holds(bike, bike.kind == 'race')\"", 'if: "member.busy"')
    what = "a circle: segment(racer) asks for member.busy, member.busy asks for segment(racer)"
    assert [(p.line, p.where, p.what) for p in found] == [(48, "segments.racer", what)]


def test_a_segment_that_asks_for_itself_is_a_circle(club_mistakes: Mistakes) -> None:
    found = club_mistakes(
        "if: \"holds(bike, bike.kind == 'race')\"", 'if: "segment(racer) || member.employee"'
    )
    assert [(p.line, p.what) for p in found] == [(48, "a circle: segment(racer) asks for itself")]


def test_a_name_between_quotes_asks_for_nothing() -> None:
    text = CLUB.replace("bike.kind == 'race')", "bike.color == 'segment(racer)')")
    assert isinstance(read_program(text), Program)


def test_circles_are_found_whatever_hangs_on_them() -> None:
    edges = {"a": ["b", "c"], "b": ["c"], "c": ["d"], "d": ["b", "e"], "e": [], "f": ["f"], "g": ["a"]}
    assert find_circles(edges) == [["b", "c", "d"], ["f"]]
    assert find_circles({str(n): [str(n + 1)] for n in range(5000)}) == []
    long = {str(n): [str((n + 1) % 5000)] for n in range(5000)}
    assert [len(circle) for circle in find_circles(long)] == [5000]


def test_what_lies_too_deep_is_told_where_it_does_and_never_taken() -> None:
    lines = [f'  d{n}: {{ type: int, is: "member.d{n + 1} + member.d{n + 1}" }}\n' for n in range(40)]
    text = CLUB.replace("derived:\n", "derived:\n" + "".join(lines) + "  d40: { type: int, is: '1' }\n")
    found = read_program(text)
    assert isinstance(found, list)
    assert [(p.line, p.where) for p in found] == [(66, "derived.d31.is")]
    assert "too deep" in found[0].what


def test_a_segment_may_be_called_as_an_attribute_is() -> None:
    program = read_program(CLUB.replace("  racer: { name", '  busy: { if: "member.busy" }\n  racer: { name'))
    assert isinstance(program, Program), program
    assert program.segments["busy"].condition is not None


PERSONAL = "member.birthday < timestamp('2000-01-01T00:00:00Z')"
COMMENT = "// that day\\n"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("if: \"count(bike.purchased, 'ever') == 1\"", f'if: "{PERSONAL}"', (67, "rules.first_bike.if")),
        # Where it is read, and not where its letters stand side by side.
        (
            "if: \"count(bike.purchased, 'ever') == 1\"",
            f'if: "{PERSONAL.replace(".", "." + COMMENT, 1)}"',
            (67, "rules.first_bike.if"),
        ),
        ('if: "!member.employee && (', f'if: "{PERSONAL} && (', (49, "segments.loyal.if")),
        (
            "is: \"sum(ride.finished.km, 'year')\"",
            'is: "days_since(member.birthday)"',
            (35, "derived.km_year.is"),
        ),
        (
            "columns: [event.km,",
            "columns: [days_since(member.birthday),",
            (98, "rules.loyal_ride.then[0].reward.table.columns[0]"),
        ),
    ],
)
def test_personal_data_is_kept_out_of_conditions_unless_the_program_allows_it(
    club_mistakes: Mistakes, old: str, new: str, where: tuple[int, str]
) -> None:
    found = club_mistakes(old, new)
    assert [(p.line, p.where) for p in found] == [where]
    assert found[0].what == "member.birthday is personal data, which conditions of this program may not read"
    assert "`personal_data: allowed`" in found[0].hint
    allowed = CLUB.replace(old, new).replace("personal_data: forbidden", "personal_data: allowed")
    assert isinstance(read_program(allowed), Program)


def test_personal_fields_of_events_are_kept_out_too(club_mistakes: Mistakes) -> None:
    found = club_mistakes("km: { type: int }", "km: { type: int, personal: true }")
    assert {(p.line, p.where) for p in found} >= {
        (35, "derived.km_year.is"),
        (98, "rules.loyal_ride.then[0].reward.table.columns[0]"),
    }


@pytest.mark.parametrize("name", ["name", "email", "phone"])
def test_what_stands_sealed_can_be_read_by_no_condition(name: str) -> None:
    text = CLUB.replace("if: \"count(bike.purchased, 'ever') == 1\"", f"if: \"member.{name} != 'x'\"")
    for policy in ("forbidden", "allowed"):
        found = read_program(text.replace("personal_data: forbidden", f"personal_data: {policy}"))
        assert isinstance(found, list)
        assert [(p.line, p.where) for p in found] == [(67, "rules.first_bike.if")]
        assert found[0].what.startswith(f"member.{name} is personal data: it stands sealed")


def test_an_answer_about_personal_data_is_one_of_two(club_mistakes: Mistakes) -> None:
    found = club_mistakes("personal_data: forbidden", "personal_data: maybe")
    assert [(p.where, p.what) for p in found] == [("policy.personal_data", "unknown answer maybe")]


def test_many_mistakes_are_told_at_once_each_with_its_line() -> None:
    text = CLUB
    for old, new in (
        ("'race')\" }\n  loyal", "'rice')\" }\n  loyal"),
        ("is: \"sum(ride.finished.km, 'year')\"", "is: \"sum(ride.finished.kg, 'year')\""),
        ("until: { event: bike.sold", "until: { event: bike.stolen"),
        ("pick: best", "pick: worst"),
        ('- [DE, race, ">= 2000"', '- [DE, race, ">= 1000"'),
        ('      - [NO, race, "", 2300.00 NOK]\n', ""),
        ("priority: 5", "priority: x"),
        ("[loyal, racer]", "[loyal, racers]"),
        ("to: 2026-09-30", "to: 2026-02-30"),
        ("[50.., -, plus", "[50.., -, plush"),
        ("personal_data: forbidden", "personal_data: forbiden"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    found = read_program(text + "tiers: { gold: {} }\n")
    assert isinstance(found, list)
    print(*found, sep="\n")  # noqa: T201 - shown when the test fails
    assert [(p.line, p.where) for p in found] == [
        (35, "derived.km_year.is"),
        (46, "holdings.bike.until.event"),
        (48, "segments.racer.if"),
        (52, "groups.ride.pick"),
        (58, "tables.bike_value.rows"),
        (59, "tables.bike_value.rows[1]"),
        (68, "rules.first_bike.priority"),
        (91, "rules.loyal_ride.segments[1]"),
        (92, "rules.loyal_ride.valid.to"),
        (100, "rules.loyal_ride.then[0].reward.table.rows[1][2]"),
        (107, "policy.personal_data"),
        (108, "tiers"),
    ]
