"""What a rule gives: how much, from when and until when, and that debts are paid first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.harbor import NOW, Member, harbor, moves, said

from guerdon.ledger.effects import Draw, Issue, Post
from guerdon.ledger.expiry import UNTIL_TOLD
from guerdon.ledger.lots import Debt
from guerdon.program.model import Program
from guerdon.rules.earnings import rounded

ROUNDINGS = {"down": ROUND_DOWN, "half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
KIEL = "budget:main:DE"


@pytest.fixture(scope="module")
def program() -> Program:
    return harbor()


def issued(member: Member, kind: str, **fields: object) -> Issue:
    return next(e for e in member.hears(kind, **fields).effects if isinstance(e, Issue))


@pytest.mark.parametrize(
    ("rounding", "halves"),
    [("down", [0, 1, 2, 3]), ("half_up", [1, 2, 3, 4]), ("half_even", [0, 2, 2, 4])],
)
def test_halves_are_rounded_as_the_unit_says(rounding: str, halves: list[int]) -> None:
    assert [rounded(n, Decimal("0.5"), rounding) for n in (1, 3, 5, 7)] == halves  # type: ignore[arg-type]


@given(
    of=st.integers(-(2**63), 2**63 - 1),
    rate=st.decimals(Decimal("0.0000000001"), Decimal(1_000_000), places=10),
    rounding=st.sampled_from(sorted(ROUNDINGS)),
)
def test_a_product_is_rounded_exactly_however_long_it_is(of: int, rate: Decimal, rounding: str) -> None:
    exact = Context(prec=100, rounding=ROUNDINGS[rounding])
    product = exact.quantize(exact.multiply(Decimal(of), rate), Decimal(1))
    assert rounded(of, rate, rounding) == int(product)  # type: ignore[arg-type]


def test_the_market_says_how_much(program: Program) -> None:
    assert issued(Member(program), "order.placed", amount=0).value == 20_000
    assert issued(Member(program, market="NO", location=None), "order.placed", amount=0).value == 5_000


@pytest.mark.parametrize(
    ("paid", "points"), [(1, 0), (10, 1), (9, 0), (29, 1), (30, 2), (9_999, 500), (10**9, 500)]
)
def test_a_rate_gives_whole_points_and_no_more_than_its_most(
    program: Program, paid: int, points: int
) -> None:
    decision = Member(program).hears("order.placed", amount=paid)
    given_ = [e.value for e in decision.effects if isinstance(e, Issue) and e.rule == "points"]
    assert given_ == ([points] if points else [])
    assert ("amount" in said(decision)) == (not points)


@pytest.mark.parametrize("paid", [0, -500])
def test_nothing_and_less_than_nothing_earn_nothing(program: Program, paid: int) -> None:
    assert "amount" in said(Member(program).hears("order.placed", amount=paid))


def test_a_rate_of_a_field_that_is_not_there_names_it(program: Program) -> None:
    assert "missing:event.amount" in said(Member(program).hears("order.placed"))


def test_more_than_an_amount_can_be_is_no_amount(program: Program) -> None:
    points = program.rules["points"]
    reward = points.reward
    assert reward is not None
    assert reward.rate is not None
    endless = replace(reward, rate=replace(reward.rate, rate=Decimal(10), at_most_minor=None))
    rules = {**program.rules, "points": replace(points, then=(endless,))}
    with pytest.raises(OverflowError):
        Member(replace(program, rules=rules)).hears("order.placed", amount=2**62)


def test_a_cap_lets_in_what_still_fits_and_then_nothing(program: Program) -> None:
    member = Member(program)
    assert [issued(member, "visit.done").value for _ in range(2)] == [60, 40]
    assert said(member.hears("visit.done")) == ["cap:CAP"]
    member.spend("CAP", 10)
    # Spending happens between batches; the next one loads what there is then.
    member.facts.fold_balance((member.member_id, "CAP"), -10)
    later = NOW + timedelta(days=-2)
    assert [e.value for e in member.hears("visit.done", later).effects if isinstance(e, Issue)] == [10]


def test_money_that_does_not_fit_under_a_cap_is_not_given_in_part(program: Program) -> None:
    lives = {**program.lives, "EUR": replace(program.lives["EUR"], cap_minor=30_000)}
    member = Member(replace(program, lives=lives))
    assert said(member.hears("order.placed", amount=0))[0] == "issue"
    assert said(member.hears("order.placed", amount=0))[0] == "cap:EUR"


def test_points_end_with_the_day_a_year_later_in_the_programs_zone(program: Program) -> None:
    member = Member(program, now=datetime(2026, 5, 20, 22, 30, tzinfo=UTC))
    # In Berlin it is the 21st already.
    points = [e for e in member.hears("order.placed", amount=1000).effects if isinstance(e, Issue)][1]
    assert points.expires_at == datetime(2027, 5, 21, 22, tzinfo=UTC)


def test_a_late_event_gives_its_reward_all_its_days(program: Program) -> None:
    member = Member(program)
    late = member.hears("order.placed", NOW - timedelta(days=100), amount=0)
    on_time = member.hears("order.placed", amount=0)
    assert [e.expires_at for e in late.effects if isinstance(e, Issue)] == [
        e.expires_at for e in on_time.effects if isinstance(e, Issue)
    ]


def test_what_is_pending_for_days_counts_them_from_when_it_happened(program: Program) -> None:
    member = Member(program)
    walk = issued(member, "walk.done")
    assert walk.available_at == NOW + timedelta(days=14)
    assert member.books.pending["SLOW"] == 5
    long_ago = member.hears("walk.done", NOW - timedelta(days=15))
    assert [e.available_at for e in long_ago.effects if isinstance(e, Issue)] == [None]
    assert member.books.posted["SLOW"] == 5


def test_what_is_pending_until_an_event_is_there_with_it_and_all_its_days(program: Program) -> None:
    member = Member(program)
    placed = member.hears("order.placed", order_no="1", amount=0)
    late = [e for e in placed.effects if isinstance(e, Issue)][-1]
    assert (late.unit, late.available_at) == ("LATE", UNTIL_TOLD)
    assert member.hears("order.delivered", order_no="2").outcome == "waiting"
    assert member.books.posted["LATE"] == 0
    member.facts.now = NOW + timedelta(days=20)
    delivered = member.hears("order.delivered", order_no="1")
    assert delivered.outcome == "matured"
    assert (member.books.pending["LATE"], member.books.posted["LATE"]) == (0, 10)
    (lot,) = [lot for lot in member.facts.lots[7] if lot.unit == "LATE"]
    assert lot.expires_at == datetime(2026, 7, 9, 22, tzinfo=UTC)


def test_a_release_that_comes_first_waits_for_its_reward(program: Program) -> None:
    member = Member(program)
    assert said(member.hears("order.delivered", order_no="9")) == ["wait"]
    placed = member.hears("order.placed", order_no="9", amount=0)
    assert said(placed)[-2:] == ["issue", "mature"]
    assert member.books.posted["LATE"] == 10
    assert member.facts.waits_made == {}
    # Told once more, it has nothing left to do.
    assert said(member.hears("order.delivered", order_no="9")) == []


def owing(member: Member, **owed: int) -> None:
    """Let the member owe EUR to pools."""
    for place, amount in owed.items():
        payer = f"budget:main:{place}"
        member.facts.owe((7, "EUR"), Debt(payer, amount))
        member.books.fold([Post(next(member.ids) + 10**9, "debt", f"owed:main:{place}", "EUR", amount)])


def test_who_owes_pays_that_first_and_keeps_the_rest(program: Program) -> None:
    member = Member(program)
    owing(member, DE=5_000)
    decision = member.hears("gift.given", contract="c")
    assert moves(decision) == [
        (KIEL, "debt", 5_000),
        ("owed:main:DE", KIEL, 5_000),
        (KIEL, "purse", 5_000),
    ]
    reward = next(e.reward for e in decision.effects if isinstance(e, Issue))
    assert [(e.reward, e.amount) for e in decision.effects if isinstance(e, Draw)] == [(reward, 5_000)]
    assert (member.books.debt["EUR"], member.books.posted["EUR"]) == (0, 5_000)
    assert member.facts.debts[7, "EUR"] == []


def test_a_reward_that_does_not_cover_the_debt_lessens_it_and_leaves_nothing(program: Program) -> None:
    member = Member(program)
    owing(member, DE=7_000, NO=8_000)
    decision = member.hears("gift.given", contract="c")
    # Each pool gets back what it is owed, in the order of their names.
    assert moves(decision) == [
        (KIEL, "debt", 10_000),
        ("owed:main:DE", KIEL, 7_000),
        ("owed:main:NO", "budget:main:NO", 3_000),
    ]
    assert (member.books.debt["EUR"], member.books.posted["EUR"]) == (5_000, 0)
    assert member.facts.debts[7, "EUR"] == [Debt("budget:main:NO", 5_000)]
    # The pool that paid, and the ones that were given back, are folded for the next event.
    assert member.facts.pool_left(KIEL) == 100_000 - 10_000 + 7_000


def test_a_debt_in_one_unit_is_not_paid_in_another(program: Program) -> None:
    member = Member(program)
    owing(member, DE=5_000)
    assert issued(member, "visit.done").value == 60
    assert (member.books.posted["CAP"], member.books.debt["EUR"]) == (60, 5_000)


def test_pending_value_pays_the_debt_when_it_is_released_not_before(program: Program) -> None:
    member = Member(program)
    payer = "program:funding"
    member.facts.owe((7, "LATE"), Debt(payer, 4))
    member.books.fold([Post(10**9, "debt", "program:owed", "LATE", 4)])
    member.hears("order.placed", order_no="1", amount=0)
    assert (member.books.pending["LATE"], member.books.debt["LATE"]) == (10, 4)
    delivered = member.hears("order.delivered", order_no="1")
    assert moves(delivered) == [("pending", "debt", 4), ("program:owed", payer, 4), ("pending", "purse", 6)]
    assert (member.books.posted["LATE"], member.books.debt["LATE"]) == (6, 0)
