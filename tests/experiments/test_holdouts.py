"""The holdout: who is given nothing, of which rules, and how it is written and told."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from tests.rules.harbor import HARBOR, Member, said

from guerdon.ledger.effects import Refuse
from guerdon.program.experiments.assigning import SPAN, draw
from guerdon.program.experiments.holdouts import Holdout, period_of
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.rules.why import explain
from guerdon.text.catalogs import words
from guerdon.text.reasons import reason_text
from guerdon.values.ids import show
from guerdon.values.problems import Problem

WALK = "    name: Walk\n    when: walk.done\n    promise: public\n"
CAMPAIGN = WALK.replace("public", "campaign")
MAY = datetime(2026, 5, 20, 10, 30, tzinfo=UTC)
JULY = datetime(2026, 7, 1, 10, 30, tzinfo=UTC)


def text_with(holdout: str, walk: str = CAMPAIGN) -> str:
    text = HARBOR.read_text(encoding="utf-8")
    assert WALK in text
    return text.replace(WALK, walk) + f"holdout: {holdout}\n"


def program_with(holdout: str, walk: str = CAMPAIGN) -> Program:
    program = read_program(text_with(holdout, walk), HARBOR.parent)
    assert isinstance(program, Program), program
    return program


def problems_with(holdout: str, walk: str = CAMPAIGN) -> Sequence[Problem]:
    found = read_program(text_with(holdout, walk), HARBOR.parent)
    assert not isinstance(found, Program)
    return found


@pytest.fixture(scope="module")
def program() -> Program:
    return program_with("{ percent: 20 }")


def held_out(program: Program, period: str, below: int = 20) -> list[bool]:
    """By member from 1 to 1,000, told by the hash alone."""
    return [
        draw(program.key, f"holdout:{period}", show("mem", number)) < below * SPAN // 100
        for number in range(1, 1_001)
    ]


def test_a_member_in_it_gets_nothing_of_campaigns_and_all_that_is_public(program: Program) -> None:
    out = held_out(program, "2026H1")
    assert 150 <= sum(out) <= 250
    for number in range(1, 101):
        member = Member(program, member_id=number)
        walked = said(member.hears("walk.done", MAY))
        assert walked == (["holdout:2026H1"] if out[number - 1] else ["issue"])
        assert said(member.hears("sale.made", MAY, seller="s-1")) == ["issue"]


def test_what_was_withheld_says_how_much_it_would_have_been(program: Program) -> None:
    number = held_out(program, "2026H1").index(True) + 1
    (refused,) = Member(program, member_id=number).hears("walk.done", MAY).effects
    assert refused == Refuse("walk", "holdout:2026H1", "SLOW", 5)


def test_what_was_given_before_is_taken_back_all_the_same(program: Program) -> None:
    out = zip(held_out(program, "2026H1"), held_out(program, "2026H2"), strict=True)
    number = list(out).index((False, True)) + 1
    member = Member(program, member_id=number)
    assert said(member.hears("walk.done", MAY)) == ["issue"]
    assert said(member.hears("walk.undone", JULY)) == ["reverse"]


def test_each_period_draws_anew_and_what_happened_earlier_belongs_to_its_own(program: Program) -> None:
    first, second = held_out(program, "2026H1"), held_out(program, "2026H2")
    both = sum(one and other for one, other in zip(first, second, strict=True))
    assert 15 <= both <= 75
    number = list(zip(first, second, strict=True)).index((True, False)) + 1
    # Told in July, it happened in May.
    member = Member(program, member_id=number, now=JULY)
    assert said(member.hears("walk.done", MAY)) == ["holdout:2026H1"]
    assert said(member.hears("walk.done", JULY)) == ["issue"]


def test_a_market_may_have_none() -> None:
    program = program_with("{ percent: 50, markets: [NO] }")
    walked = [said(Member(program, member_id=number).hears("walk.done", MAY)) for number in range(1, 101)]
    assert walked == [["issue"]] * 100


def test_periods_are_halves_or_quarters_of_a_year() -> None:
    days = [date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31)]
    assert [period_of("half_year", day) for day in days] == ["2026H1", "2026H1", "2026H2", "2026H2"]
    assert [period_of("quarter", day) for day in days] == ["2026Q1", "2026Q2", "2026Q3", "2026Q4"]


def test_it_is_read_and_stored_as_it_is_written() -> None:
    program = program_with("{ percent: 5, each: quarter, markets: [DE] }")
    assert program.holdout == Holdout(program.key, 5, "quarter", frozenset({"DE"}))
    assert program_with("{ percent: 5 }").holdout == Holdout(program.key, 5, "half_year", frozenset())
    stored = read_program(program.text)
    assert isinstance(stored, Program)
    assert stored.holdout == program.holdout


@pytest.mark.parametrize(
    ("holdout", "where", "what"),
    [
        ("{ }", "holdout", "percent is missing"),
        ("{ percent: 0 }", "holdout.percent", "from 1 to 50"),
        ("{ percent: 51 }", "holdout.percent", "from 1 to 50"),
        ("{ percent: 5, each: week }", "holdout.each", "unknown period week"),
        ("{ percent: 5, markets: [XX] }", "holdout.markets[0]", "unknown market XX"),
        ("{ percent: 5, share: 3 }", "holdout.share", "unknown key share"),
    ],
)
def test_a_mistake_in_it_is_said(holdout: str, where: str, what: str) -> None:
    (problem,) = problems_with(holdout)
    assert problem.where == where
    assert what in f"{problem.what} {problem.hint}"


def test_one_that_withholds_nothing_is_a_slip() -> None:
    (problem,) = problems_with("{ percent: 5 }", WALK)
    assert (problem.where, problem.what) == (
        "holdout",
        "no rule is a campaign's, so nothing is withheld from anybody",
    )


def test_staff_are_told_why_and_members_kindly(program: Program) -> None:
    number = held_out(program, "2026H1").index(True) + 1
    member = Member(program, member_id=number)
    event = member.event("walk.done", MAY)
    decision = member.decides(event)
    standing = member.standing()
    (story,) = explain(member.playbook, event, standing, decision.effects)
    assert (story.outcome, story.reason, story.asked, story.agrees) == ("refused", "holdout:2026H1", 5, True)
    to_staff = reason_text(words("en", "reasons"), story.reason, program, "staff")
    assert to_staff == "Held out in 2026H1, to see what campaigns change"
    to_member = reason_text(words("de", "reasons"), story.reason, program)
    assert to_member == "Das gehört zu keinem Angebot für Sie."
