"""The decision alone: a reward, an item, a moment, and what follows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.redeem.house import PROGRAM

from guerdon.ledger.effects import Post, Redeem, Refuse
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.rules.choice import Claim, decide_choice, order_id
from guerdon.values.money import Money

NOW = datetime(2026, 5, 4, tzinfo=UTC)
CLAIM = Claim(
    reward_id=9,
    rule="booking",
    value=Money(20_000, "EUR"),
    state="ready",
    expires_at=NOW + timedelta(days=1),
    market="DE",
    spendable_minor=20_000,
    payer="budget:by_market:DE",
)


@pytest.fixture(scope="module")
def program() -> Program:
    read = load_program(PROGRAM)
    assert isinstance(read, Program)
    return read


def test_a_good_choice_redeems_and_moves_exactly_the_value(program: Program) -> None:
    order = order_id(9)
    assert decide_choice(program, CLAIM, "green_basket", NOW) == (
        Redeem(9, order, "green_basket", "EUR", 20_000),
        Post(order, "purse", "spent:by_market:DE", "EUR", 20_000),
    )


def test_the_same_choice_decided_again_is_the_same(program: Program) -> None:
    once = decide_choice(program, CLAIM, "green_basket", NOW)
    assert decide_choice(program, CLAIM, "green_basket", NOW) == once


@pytest.mark.parametrize(
    ("claim", "item", "reason"),
    [
        (replace(CLAIM, state="redeemed"), "green_basket", "used"),
        (replace(CLAIM, state="redeemed", expires_at=NOW), "nothing", "used"),
        (replace(CLAIM, state="reversed"), "green_basket", "withdrawn"),
        (replace(CLAIM, state="expired"), "green_basket", "expired"),
        (replace(CLAIM, expires_at=NOW), "green_basket", "expired"),
        (CLAIM, "nothing", "item:unknown"),
        (replace(CLAIM, market="ES"), "green_basket", "item:market"),
        (replace(CLAIM, value=Money(20_001, "EUR")), "green_basket", "item:value"),
        (replace(CLAIM, spendable_minor=19_999), "green_basket", "balance"),
    ],
)
def test_a_refusal_names_its_reason(program: Program, claim: Claim, item: str, reason: str) -> None:
    value = claim.value
    expected = Refuse("booking", reason, value.unit, value.amount_minor)
    assert decide_choice(program, claim, item, NOW) == (expected,)
