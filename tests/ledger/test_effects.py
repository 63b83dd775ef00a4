"""Decisions as they are stored: those of every version decode, and say in a word what came of the event."""

from datetime import UTC, date, datetime

import pytest

from guerdon.ledger.effects import (
    OUTCOMES,
    Adjust,
    Decision,
    Draw,
    Effect,
    Expire,
    Extend,
    Hold,
    Issue,
    Mature,
    Post,
    Redeem,
    Refuse,
    Reverse,
    Send,
    TopUp,
    Void,
    Wait,
    decode_decision,
    encode_decision,
)

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
EACH: tuple[Effect, ...] = (
    Issue("booking", 1, "EUR", 20_000, AT, "budget:main:DE", None, "A-17"),
    Post(1, "budget:main:DE", "purse", "EUR", 20_000),
    Send(2, "reward_ready", "email", 1),
    Refuse("booking", "limit:member_month", "EUR", 20_000),
    Redeem(1, 3, "cake", "EUR", 20_000),
    Draw(3, 1, -20_000),
    Reverse(1, "canceled", "EUR", 20_000, 500, "location:de-kiel"),
    Void(3),
    Mature(1, AT),
    Expire(1, 20_000),
    Hold(4, "booking", "budget:main", "EUR", 20_000, "budget:main:DE", reserved=True),
    Wait("booking", None),
    TopUp("budget:main:DE", date(2026, 1, 1), 100),
    Extend(1, AT, AT),
    Adjust(5, "PTS", -20, "a mistake"),
)
# As they were written before rewards had a payer, a reference or a time from which they may be spent.
FIRST = (
    '{"effects":[{"type":"issue","rule":"booking","reward":7,"unit":"EUR","value":20000,'
    '"expires_at":"2026-11-01T00:00:00Z"},{"type":"post","id":7,"from_account":"budget:by_market:DE",'
    '"to_account":"purse","unit":"EUR","amount":20000},{"type":"send","id":9,"message":"reward_ready",'
    '"channel":"email","reward":7},{"type":"refuse","rule":"x","reason":"condition","unit":"","value":0}],"v":1}'
)


@pytest.mark.parametrize("effect", EACH, ids=lambda effect: type(effect).__name__)
def test_an_effect_is_read_as_it_was_written(effect: Effect) -> None:
    assert decode_decision(encode_decision(Decision((effect,)))).effects == [effect]


def test_the_list_of_effects_is_closed_and_all_of_it_is_tried_here() -> None:
    assert {type(effect) for effect in EACH} == set(Effect.__args__)


def test_the_first_decisions_still_decode() -> None:
    decision = decode_decision(FIRST)
    issue = decision.effects[0]
    assert isinstance(issue, Issue)
    assert (issue.payer, issue.available_at, issue.reference) == ("", None, None)
    assert decision.outcome == "earned"


@pytest.mark.parametrize(("kind", "word"), OUTCOMES.items())
def test_every_outcome_has_its_word(kind: type[Effect], word: str) -> None:
    assert Decision([each for each in EACH if type(each) is kind]).outcome == word


def test_of_several_effects_the_weightiest_is_the_outcome() -> None:
    assert Decision(EACH).outcome == "adjusted"
    assert Decision(EACH[:-1]).outcome == "earned"
    assert Decision((EACH[3], EACH[10])).outcome == "held"
    assert Decision((EACH[1], EACH[2])).outcome == "nothing"
    assert Decision(()).outcome == "nothing"
