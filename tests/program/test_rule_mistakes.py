"""Mistakes in who a rule is for, when it holds and which of a group gives, and what is kept for later."""

from collections.abc import Callable

import pytest
from tests.program.programs import CLUB, SMALL, Case, Mistakes

from guerdon.program.conditions.later import RULE_LINES, SECTIONS, STEPS
from guerdon.program.load import read_program

LOYAL = "    segments: [loyal, racer]\n"
RULES: list[Case] = [
    (
        "priority: 5",
        "priority: high",
        69,
        "rules.first_bike.priority",
        "high is not a whole",
        "digits, after a",
    ),
    ("priority: 5", "priority: 1001", 69, "rules.first_bike.priority", "from -1000 to 1000", "digits"),
    (
        "priority: 5\n    group: welcome",
        "group: welcom",
        69,
        "rules.first_bike.group",
        "unknown group",
        "welcome?",
    ),
    ("[loyal, racer]", "[loyle]", 92, "rules.loyal_ride.segments[0]", "unknown segment loyle", "loyal?"),
    ("[loyal, racer]", "[]", 92, "rules.loyal_ride.segments", "no segment is listed", "leave the line out"),
    ("[loyal, racer]", "[loyal, loyal]", 92, "rules.loyal_ride.segments[1]", "stands here twice", ""),
    (
        "to: 2026-09-30",
        "to: 2026-03-30",
        93,
        "rules.loyal_ride.valid.to",
        "it ends on 2026-03-30",
        "later day",
    ),
    ("to: 2026-09-30", "to: soon", 93, "rules.loyal_ride.valid.to", "soon is no day", "2026-03-01"),
    (
        "{ from: 2026-04-01, to: 2026-09-30 }",
        "{}",
        93,
        "rules.loyal_ride.valid",
        "neither the first",
        "from: 2026",
    ),
    (
        "to: 2026-09-30 }\n",
        "to: 2026-09-30 }\n    campaign: old\ncampaigns: { old: { to: 2025-12-31 } }\nrulez:\n  x:\n",
        93,
        "rules.loyal_ride.valid",
        "never valid while the campaign old lasts",
        "let the days meet",
    ),
    (
        "to: 2026-09-30 }\n",
        "to: 2026-09-30 }\n    because: Only in summer\n",
        94,
        "rules.loyal_ride.because",
        "there is no condition that this could be about",
        "add `if:`",
    ),
    ("pick: best", "pick: highest", 52, "groups.ride.pick", "unknown pick highest", "first"),
    (
        "    group: ride\n    segments",
        "    segments",
        52,
        "groups.ride",
        "it excludes nothing",
        "group: ride",
    ),
    (
        '{ of: km, rate: "1", unit: KM }',
        "100.00 EUR, pay_from: by_market",
        52,
        "groups.ride",
        "none is best",
        "pick: first",
    ),
    (
        "      - reward: { value: 500 KM }",
        "      - reverse: { rule: bike }",
        70,
        "rules.first_bike.group",
        "gives no reward",
        "remove it from the group",
    ),
]


@pytest.mark.parametrize("case", RULES, ids=lambda case: f"{case[0][:20]} -> {case[1][:30]}")
def test_a_mistake_in_a_rule_is_said_with_its_line_and_a_hint(
    is_said_of_club: Callable[[Case], bool], case: Case
) -> None:
    assert is_said_of_club(case)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_a_later_version_is_refused_by_its_name(section: str) -> None:
    found = read_program(SMALL + f"{section}:\n  gold: {{ name: Gold }}\n")
    assert isinstance(found, list)
    assert [(p.line, p.where, p.what) for p in found] == [(53, section, f"{section} are not yet supported")]


@pytest.mark.parametrize(("step", "section"), STEPS.items())
def test_a_step_of_a_later_version_is_refused_by_its_name(step: str, section: str) -> None:
    found = read_program(SMALL.replace("      - send: reward_ready\n", f"      - {step}: {{ to: gold }}\n"))
    assert isinstance(found, list)
    what = f"{step} belongs to {section}, which are not yet supported"
    assert [(p.line, p.where, p.what) for p in found] == [(48, f"rules.visit.then[1].{step}", what)]


@pytest.mark.parametrize(("line", "section"), RULE_LINES.items())
def test_a_line_of_a_rule_of_a_later_version_is_refused_by_its_name(line: str, section: str) -> None:
    found = read_program(SMALL.replace("    promise: public\n", f"    promise: public\n    {line}: [gold]\n"))
    assert isinstance(found, list)
    what = f"{section} are" if line == section else f"{line} belongs to {section}, which are"
    assert [(p.line, p.where, p.what) for p in found] == [
        (46, f"rules.visit.{line}", f"{what} not yet supported")
    ]


def test_a_condition_upon_a_tier_is_refused_by_its_name(mistakes: Mistakes) -> None:
    found = mistakes("!member.employee &&", "member.tier == 'gold' &&")
    assert [(p.line, p.what) for p in found] == [(44, "tiers are not yet supported (column 1)")]


def test_rules_that_take_each_other_back_are_a_circle_named_once() -> None:
    text = CLUB.replace(
        "      - reward: { value: 500 KM }\n",
        "      - reward: { value: 500 KM }\n      - reverse: { rule: ride }\n",
    ).replace(
        '      - reward: { value: { of: km, rate: "1", unit: KM } }\n',
        '      - reward: { value: { of: km, rate: "1", unit: KM } }\n      - reverse: { rule: first_bike }\n',
    )
    found = read_program(text)
    assert isinstance(found, list)
    what = "these rules feed each other in a circle: first_bike takes back ride; ride takes back first_bike"
    assert [(p.line, p.where, p.what) for p in found] == [(64, "rules.first_bike", what)]


def test_rules_that_wait_for_each_other_s_events_are_a_circle() -> None:
    text = CLUB.replace("value: 500 KM }", "value: 500 KM, pending: { until: ride.finished } }").replace(
        "unit: KM } }", "unit: KM }, pending: { until: bike.purchased } }"
    )
    found = read_program(text)
    assert isinstance(found, list)
    assert [(p.line, p.where) for p in found] == [(64, "rules.first_bike")]
    assert (
        "what first_bike gives waits for ride.finished; what ride gives waits for bike.purchased"
        in found[0].what
    )


def test_one_rule_that_takes_back_another_is_none() -> None:
    text = CLUB.replace(
        "      - reward: { value: 500 KM }\n",
        "      - reward: { value: 500 KM }\n      - reverse: { rule: ride }\n",
    )
    assert not isinstance(read_program(text), list)
