"""The decision alone: a reward, an item, a moment, and what follows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.redeem.house import PROGRAM

from guerdon.ledger.effects import Draw, Post, Redeem, Refuse
from guerdon.ledger.lots import Lot
from guerdon.program.load import load_program
from guerdon.program.model import Item, Program
from guerdon.rules.choice.payment import Claim, left_of
from guerdon.rules.choice.prices import price_of
from guerdon.rules.choice.wishes import decide_choice, order_id
from guerdon.values.money import Money, Unit

NOW = datetime(2026, 5, 4, tzinfo=UTC)
DE = "budget:by_market:DE"
LOT = Lot(9, 20_000, 0, DE, NOW + timedelta(days=1), NOW)
CLAIM = Claim(
    reward_id=9,
    rule="booking",
    value=Money(20_000, "EUR"),
    state="ready",
    expires_at=NOW + timedelta(days=1),
    market="DE",
    spendable_minor=20_000,
    lots=(LOT,),
)
TEXT = {"en": "x"}


def rest(left: int, *, orders: int = 0, last: int = 0) -> Claim:
    return replace(
        CLAIM,
        lots=(replace(LOT, remaining=left),),
        spendable_minor=left,
        orders=orders,
        standing=orders,
        last_minor=last,
    )


def item(key: str, prices: Mapping[str, tuple[int, ...]], category: str = "gift_card") -> Item:
    values = tuple(Money(price, unit) for unit, of_it in prices.items() for price in of_it)
    return Item(key, TEXT, category, values, ("DE",), TEXT, TEXT)


@pytest.fixture(scope="module")
def program() -> Program:
    read = load_program(PROGRAM)
    assert isinstance(read, Program)
    return read


@pytest.fixture(scope="module")
def points(program: Program) -> Program:
    """Return the program with points, a status, and items that have a price in them."""
    units = {
        **program.units,
        "PTS": Unit("PTS", "points", 0),
        "MILES": Unit("MILES", "status", 0),
    }
    items = {"book": item("book", {"PTS": (300,)}), "card": item("card", {"EUR": (2_500, 5_000, 20_000)})}
    return replace(program, units=units, items={**program.items, **items})


def test_a_good_choice_redeems_and_moves_exactly_the_value(program: Program) -> None:
    order = order_id(9, 20_000, 0)
    assert decide_choice(program, CLAIM, "green_basket", 20_000, NOW) == (
        Redeem(9, order, "green_basket", "EUR", 20_000),
        Post(order, "purse", "spent:by_market:DE", "EUR", 20_000),
        Draw(order, 9, 20_000),
    )


def test_the_same_choice_decided_again_is_the_same(program: Program) -> None:
    once = decide_choice(program, CLAIM, "green_basket", 20_000, NOW)
    assert decide_choice(program, CLAIM, "green_basket", 20_000, NOW) == once


@pytest.mark.parametrize(
    ("claim", "item", "reason"),
    [
        (replace(CLAIM, state="redeemed"), "green_basket", "used"),
        (replace(CLAIM, state="redeemed", expires_at=NOW), "nothing", "used"),
        (replace(CLAIM, state="reversed"), "green_basket", "withdrawn"),
        (replace(CLAIM, state="pending", lots=()), "green_basket", "pending"),
        (replace(CLAIM, state="expired"), "green_basket", "expired"),
        (replace(CLAIM, expires_at=NOW), "green_basket", "expired"),
        (CLAIM, "nothing", "item:unknown"),
        (replace(CLAIM, market="ES"), "green_basket", "item:market"),
        (replace(CLAIM, value=Money(20_001, "EUR")), "green_basket", "item:value"),
        (replace(CLAIM, value=Money(20_000, "MILES")), "green_basket", "unit:status"),
        (replace(CLAIM, spendable_minor=19_999), "green_basket", "balance"),
    ],
)
def test_a_refusal_names_its_reason(points: Program, claim: Claim, item: str, reason: str) -> None:
    value = claim.value
    left = sum(lot.free for lot in claim.lots)
    if reason == "item:value":
        claim, left = replace(claim, lots=(replace(LOT, remaining=20_001),)), 20_001
    expected = Refuse("booking", reason, value.unit, value.amount_minor)
    assert decide_choice(points, claim, item, left, NOW) == (expected,)


def test_what_was_partly_taken_back_buys_the_dearest_that_the_rest_covers(points: Program) -> None:
    redeem, post, draw = decide_choice(points, rest(7_400), "card", 7_400, NOW)
    assert isinstance(redeem, Redeem)
    assert (redeem.value, redeem.order) == (5_000, order_id(9, 7_400, 0))
    assert post == Post(redeem.order, "purse", "spent:by_market:DE", "EUR", 5_000)
    assert draw == Draw(redeem.order, 9, 5_000)


def test_a_whole_reward_buys_only_what_costs_exactly_that(points: Program) -> None:
    card = points.items["card"]
    assert price_of(points, card, Money(20_000, "EUR"), 20_000) == 20_000
    assert price_of(points, card, Money(10_000, "EUR"), 10_000) is None
    assert price_of(points, card, Money(10_000, "EUR"), 9_999) == 5_000
    assert price_of(points, card, Money(10_000, "EUR"), 2_499) is None


@pytest.mark.parametrize(
    ("claim", "shown", "reason"),
    [
        # The first click took 5,000 of 7,400; the second was made on the page that still said 7,400.
        (rest(2_400, orders=1, last=5_000), 7_400, "used"),
        (rest(2_400, orders=1, last=5_000), 20_000, "changed"),
        # Part of it was taken back while the page lay open.
        (rest(7_400), 20_000, "changed"),
        (rest(7_400), 7_399, "changed"),
        (rest(2_400), 0, "changed"),
        (rest(2_400), -2_400, "changed"),
    ],
)
def test_a_click_counts_for_what_its_page_showed(
    points: Program, claim: Claim, shown: int, reason: str
) -> None:
    assert decide_choice(points, claim, "card", shown, NOW) == (Refuse("booking", reason, "EUR", 20_000),)


def test_a_second_order_of_the_same_rest_is_another_order() -> None:
    # The first was canceled, and its lot has back what it gave.
    assert len({order_id(9, 100, 0), order_id(9, 100, 1), order_id(9, 99, 0)}) == 3


def test_points_are_paid_by_the_lots_that_end_first_whoever_paid_for_them(points: Program) -> None:
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=9)
    lots = (
        Lot(1, 200, 0, DE, None, NOW),
        Lot(2, 200, 50, "budget:by_market:ES", later, NOW),
        Lot(3, 100, 0, DE, soon, NOW),
        Lot(4, 900, 0, DE, NOW, NOW),
    )
    claim = replace(CLAIM, reward_id=1, value=Money(200, "PTS"), lots=lots, spendable_minor=1_350)
    assert left_of(claim, NOW) == 450
    redeem, *moved = decide_choice(points, claim, "book", 450, NOW)
    assert isinstance(redeem, Redeem)
    first, second = (post for post in moved if isinstance(post, Post))
    assert (first.id, first.to_account, first.amount) == (redeem.order, "spent:by_market:DE", 150)
    assert (second.to_account, second.amount) == ("spent:by_market:ES", 150)
    drawn = [(draw.post, draw.reward, draw.amount) for draw in moved if isinstance(draw, Draw)]
    assert drawn == [(first.id, 3, 100), (first.id, 1, 50), (second.id, 2, 150)]


def test_a_market_may_allow_some_categories_only(points: Program) -> None:
    strict = replace(points, allowed={"DE": frozenset({"charging"})})
    assert decide_choice(strict, CLAIM, "card", 20_000, NOW) == (
        Refuse("booking", "item:policy", "EUR", 20_000),
    )
    lenient = replace(points, allowed={"DE": frozenset({"gift_card"}), "ES": frozenset()})
    assert isinstance(decide_choice(lenient, CLAIM, "card", 20_000, NOW)[0], Redeem)
