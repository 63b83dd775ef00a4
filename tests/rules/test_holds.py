"""Rewards that wait for people: over a limit that holds, or out of a budget that does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.rules.harbor import NOW, Member, harbor, moves, said

from guerdon.ledger.effects import Hold, Issue, TopUp
from guerdon.program.model import Program
from guerdon.program.model import TopUp as Threshold
from guerdon.rules.decide import request_id_of, reward_id_of

DEALER = "budget:dealers:de-kiel"


@pytest.fixture(scope="module")
def program() -> Program:
    return harbor()


def held_at(program: Program, budget: str, when_empty: str = "hold", most: int = 1) -> Program:
    """Sales are held after so many a day."""
    limit = replace(program.limits["sale_life"], times=most, over="hold")
    paying = replace(program.budgets[budget], when_empty=when_empty)  # type: ignore[arg-type]
    return replace(program, limits={"sale_life": limit}, budgets={**program.budgets, budget: paying})


def test_what_passes_a_limit_is_held_with_its_money_set_aside(program: Program) -> None:
    member = Member(held_at(program, "dealers"))
    member.hears("sale.made")
    decision = member.hears("sale.made")
    (hold,) = [e for e in decision.effects if isinstance(e, Hold)]
    reward = reward_id_of(member.playbook, 2, "sale", 7)
    assert hold == Hold(
        request_id_of(reward), "sale", "limit:sale_life", "EUR", 10_000, DEALER, reserved=True
    )
    assert (decision.outcome, moves(decision)) == ("held", [])
    assert member.facts.pool_left(DEALER) == 10_000
    assert member.facts.pool_held == {(DEALER, "EUR"): 10_000}
    # What one reward had and one may have: the pool must bear both.
    assert member.facts.pool_lowest == {(DEALER, "EUR"): -20_000}


def test_what_is_held_uses_nothing_of_the_limit(program: Program) -> None:
    member = Member(held_at(program, "dealers"))
    for _ in range(3):
        member.hears("sale.made")
    assert list(member.facts.allowances.values()) == [1]


def test_a_held_reward_leaves_nothing_for_the_next_but_what_is_left(program: Program) -> None:
    member = Member(held_at(program, "dealers", "refuse"))
    assert [member.hears("sale.made").outcome for _ in range(4)] == ["earned", "held", "held", "refused"]
    assert member.facts.pool_left(DEALER) == 0


def test_an_empty_budget_holds_or_refuses_as_it_says(program: Program) -> None:
    without = replace(program, limits={})
    holding, refusing = (
        Member(without),
        Member(held_at(replace(without, limits=program.limits), "dealers", "refuse", 99)),
    )
    for member in (holding, refusing):
        for _ in range(3):
            assert member.hears("sale.made").outcome == "earned"
    (hold,) = holding.hears("sale.made").effects
    assert isinstance(hold, Hold)
    assert (hold.reason, hold.reserved) == ("budget:dealers", False)
    assert holding.facts.pool_held == {}
    assert said(refusing.hears("sale.made")) == ["budget:dealers"]


def test_a_limit_that_holds_beside_an_empty_budget_holds_without_money(program: Program) -> None:
    member = Member(held_at(program, "dealers"))
    outcomes = [member.hears("sale.made") for _ in range(4)]
    (last,) = outcomes[-1].effects
    assert isinstance(last, Hold)
    assert (last.reason, last.reserved) == ("limit:sale_life", False)


def test_points_that_the_program_itself_pays_need_no_money_set_aside(program: Program) -> None:
    member = Member(program)
    for _ in range(2):
        member.hears("walk.done")
    (hold,) = member.hears("walk.done").effects
    assert isinstance(hold, Hold)
    assert (hold.payer, hold.reserved) == ("program:funding", False)
    assert member.facts.pool_held == {}
    assert member.hears("walk.done", NOW - timedelta(days=1)).outcome == "earned"


def test_the_same_event_is_held_under_the_same_request_whenever_it_is_decided(program: Program) -> None:
    first, second = Member(held_at(program, "dealers", most=0)), Member(held_at(program, "dealers", most=0))
    event = first.event("sale.made")
    assert first.decides(event) == second.decides(event)


def test_a_place_that_the_budget_has_no_account_for_is_told(program: Program) -> None:
    assert said(Member(program, location=None).hears("sale.made", seller="a")) == ["payer:dealers"]
    # The rule does not hold there at all.
    assert said(Member(program, market="NO", location=None).hears("sale.made", seller="a")) == ["market"]


def test_a_budget_is_topped_up_before_it_pays(program: Program) -> None:
    dealers, main = program.budgets["dealers"], program.budgets["main"]
    kiel = replace(dealers.nodes["de-kiel"], amount_minor=0, parent_account="budget:main:DE")
    topped = replace(
        dealers,
        parent="main",
        period="year",
        nodes={**dealers.nodes, "de-kiel": kiel},
        top_up=Threshold(below={"de-kiel": 5_000}, amount={"de-kiel": 25_000}),
    )
    member = Member(replace(program, limits={}, budgets={"main": main, "dealers": topped}))
    first = member.hears("sale.made")
    assert moves(first) == [("budget:main:DE", DEALER, 25_000), (DEALER, "purse", 10_000)]
    assert [e.amount for e in first.effects if isinstance(e, TopUp)] == [25_000]
    assert [said(member.hears("sale.made")) for _ in range(2)] == [["issue"], ["held budget:dealers"]]
    assert member.facts.pool_left("budget:main:DE") == 75_000


def test_markets_of_a_rule_are_the_only_ones_in_which_it_gives(program: Program) -> None:
    norway = replace(program.rules["walk"], markets=("NO",))
    member = Member(replace(program, rules={**program.rules, "walk": norway}))
    assert said(member.hears("walk.done")) == ["market"]
    member.market = "NO"
    assert any(isinstance(e, Issue) for e in member.hears("walk.done").effects)
