"""Several rewards pay for one order: which, how much of each, and that every book and figure knows it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.races import RACED, Race
from tests.redeem.house import NOW, PROGRAM, opened_house

from guerdon.engine.orders.canceling import Taking, cancel_order
from guerdon.engine.wallet.spending import Restore, restore
from guerdon.ledger.chart import spent_account
from guerdon.ledger.effects import Draw, Hold, Post, Redeem, Refuse
from guerdon.ledger.lots import Lot
from guerdon.program.catalog.nouns import Catalog
from guerdon.program.load import load_program
from guerdon.program.model import Item, Program
from guerdon.rules.choice.payment import Claim, payers_of, payment_for
from guerdon.rules.choice.wishes import Wish, decide_wish
from guerdon.values.money import Money

AT = datetime(2026, 5, 4, tzinfo=UTC)
SOLD = Item("card", {"en": "Card"}, "gift_card", (), ("DE",), {}, {}, (1, 100_000, 1), "EUR")
BOTH = Catalog(split=True, combine=True)
EUR_60, EUR_50 = Money(6_000, "EUR"), Money(5_000, "EUR")


@cache
def told() -> Program:
    found = load_program(Path(PROGRAM))
    assert isinstance(found, Program)
    return replace(found, allowed={}, catalog=BOTH)


def claimed(own: int, others: list[tuple[int, int, int]]) -> Claim:
    lots = [
        Lot(number, left, held, f"budget:b{number % 3}:DE", AT + timedelta(days=days), AT)
        for number, (left, held, days) in enumerate(((own, 0, 9), *others), start=1)
    ]
    free = sum(lot.free for lot in lots)
    return Claim(1, "booking", Money(own, "EUR"), "ready", None, "DE", free, lots[:1], others=lots)


@settings(max_examples=150, deadline=None)
@given(
    own=st.integers(1, 9_000),
    others=st.lists(
        st.tuples(st.integers(1, 9_000), st.integers(0, 9_000), st.integers(-3, 30)).map(
            lambda lot: (lot[0], min(lot[:2]), lot[2])
        ),
        max_size=6,
    ),
    price=st.integers(1, 50_000),
    split=st.booleans(),
)
def test_parts_come_to_the_price_and_no_reward_gives_more_than_it_has(
    own: int, others: list[tuple[int, int, int]], price: int, *, split: bool
) -> None:
    program = replace(told(), catalog=replace(BOTH, split=split))
    claim = claimed(own, others)
    paying = payment_for(program, claim, SOLD, Money(price, "EUR"), AT)
    drawn = paying.drawn if paying is not None else None
    most = sum(lot.free for lot in payers_of(claim, AT))
    assert most == own + sum(left - held for left, held, days in others if days > 0)
    if split:
        assert (drawn is not None) == (own < price <= most)
    if drawn is None:
        return
    assert sum(part for _, part in drawn) == price
    assert all(0 < part <= lot.free and not lot.lapsed(AT) for lot, part in drawn)
    # The one that was opened first, then what ends first; all but the last give all that they have.
    assert drawn[0] == (claim.lots[0], own)
    ends = [lot.expires_at for lot, _ in drawn[1:]]
    assert ends == sorted(ends)  # type: ignore[type-var]
    assert all(part == lot.free for lot, part in drawn[:-1])
    if not split:
        assert all(part == lot.remaining for lot, part in drawn)
    turned = replace(claim, others=tuple(reversed(claim.others)))
    assert payment_for(program, turned, SOLD, Money(price, "EUR"), AT) == paying
    assert paying is not None
    wish = Wish("card", SOLD, Money(price, "EUR"), price, parts=paying.parts)
    effects = decide_wish(program, claim, wish, own, AT)
    assert isinstance(effects[0], Redeem)
    posts = {each.id: each for each in effects if isinstance(each, Post)}
    assert sum(post.amount for post in posts.values()) == price
    for lot, part in drawn:
        (draw,) = [each for each in effects if isinstance(each, Draw) and each.reward == lot.reward_id]
        assert (draw.amount, posts[draw.post].to_account) == (part, spent_account(lot.payer))


def test_what_the_member_saw_is_what_is_taken() -> None:
    program = told()
    claim, wish = claimed(6_000, [(5_000, 0, 3)]), Wish("card", SOLD, Money(10_000, "EUR"), 10_000)

    def reason(wish: Wish, program: Program = program, claim: Claim = claim) -> str:
        (refusal,) = decide_wish(program, claim, wish, 6_000, AT)
        assert isinstance(refusal, Refuse)
        return refusal.reason

    saw = ((1, 6_000), (2, 4_000))
    (hold,) = decide_wish(program, claim, replace(wish, parts=saw, later=True), 6_000, AT)
    assert isinstance(hold, Hold)
    # Nobody's other reward is touched without their having seen it.
    assert reason(wish) == "item:value"
    assert reason(replace(wish, parts=((1, 6_000), (3, 4_000)))) == "changed"
    assert reason(replace(wish, parts=saw), claim=claimed(6_000, [(5_000, 2_000, 3)])) == "changed"
    assert reason(replace(wish, parts=saw), claim=claimed(6_000, [(5_000, 0, -1)])) == "changed"
    alone = replace(program, catalog=Catalog(split=True))
    assert reason(replace(wish, parts=saw), program=alone) == "changed"
    # A gift is one reward, and its giver's others are not in it.
    given_away = replace(claim, gift=5)
    assert reason(replace(wish, parts=saw, gift=5), claim=given_away) == "changed"


class Bench:
    """A member with two rewards of two rules and days, and a card of a hundred euros."""

    def __init__(self, here: Counter) -> None:
        self.here, house = here, here.house
        house.enroll(7)
        here.tell(7)
        self.first = house.reward(7, value=EUR_60, at=NOW - timedelta(days=3), days=90)
        self.second = house.reward(7, value=EUR_50, rule="referral", days=30)
        self.saw = ((self.first, 6_000), (self.second, 4_000))

    def choose(self, **more: Any) -> Redeem | Hold | Refuse | None:
        wanted = {"face": Money(10_000, "EUR"), "price_minor": 10_000, "left_minor": 6_000, "parts": self.saw}
        return self.here.choose(7, self.first, **{**wanted, **more})

    def lots(self) -> list[tuple[Any, ...]]:
        return self.here.house.rows(
            "select remaining, held, state from rewards order by id = %(first)s desc", first=self.first
        )

    def figures(self) -> dict[str, tuple[Any, ...]]:
        return {
            str(rule): tuple(more)
            for rule, *more in self.here.house.rows(
                "select rule, sum(redeemed)::int, sum(redeemed_value)::int, sum(redeemed_phone)::int,"
                " sum(redeemed_48h)::int from rollups group by 1"
            )
        }

    def check(self) -> None:
        self.here.check()


@pytest.fixture
def bench(database: str, secret: str) -> Iterator[Bench]:
    with_house = opened_house(database, secret)
    here = Counter(with_house.__enter__(), {"giftly": Fake("giftly")}, catalog=BOTH)
    here.shelve(denominations=[10_000], offers=["giftly"])
    here.shelve("own", ["pool"], denominations=[10_000, 1_000])
    yield Bench(here)
    here.check()


USED = {"booking": (1, 6_000, 1, 0), "referral": (1, 4_000, 1, 1)}
UNUSED = {"booking": (0, 0, 0, 0), "referral": (0, 0, 0, 0)}


def test_a_code_of_our_own_is_paid_by_two_and_given_back_to_two(bench: Bench) -> None:
    house = bench.here.house
    house.stock(1, "own", Money(10_000, "EUR"))
    house.stock(1, "own", Money(1_000, "EUR"))
    said = bench.choose(item="own")
    assert isinstance(said, Redeem), said
    assert bench.lots() == [(0, 0, "redeemed"), (1_000, 0, "ready")]
    assert house.rows("select reward_id, amount from order_parts order by amount desc") == [*bench.saw]
    assert bench.figures() == USED
    bench.check()
    # The rest of the second buys something by itself; the reward is not counted as used once more.
    rest = bench.here.choose(7, bench.second, "own", left_minor=1_000)
    assert isinstance(rest, Redeem), rest
    assert bench.figures()["referral"] == (1, 5_000, 1, 1)
    bench.check()
    ((event,),) = house.rows("select id from events where external_id = %(o)s::text", o=str(said.order))
    with house.opens(None)() as tx:
        done = restore(tx, bench.here.program, Restore(house.program_id, 7, int(str(event))), NOW)
    assert not isinstance(done, Refuse), done
    assert bench.lots() == [(6_000, 0, "ready"), (4_000, 0, "ready")]
    assert bench.figures() == {**UNUSED, "referral": (1, 1_000, 1, 1)}
    bench.check()


def test_a_supplier_is_paid_by_two_once_it_delivered(bench: Bench) -> None:
    said = bench.choose()
    assert isinstance(said, Hold), said
    assert bench.lots() == [(6_000, 6_000, "ready"), (5_000, 4_000, "ready")]
    assert bench.figures() == UNUSED
    bench.check()
    bench.here.work()
    assert bench.here.state(said.request) == "fulfilled"
    assert bench.lots() == [(0, 0, "redeemed"), (1_000, 0, "ready")]
    assert bench.figures() == USED
    bench.check()


def test_what_a_supplier_refused_or_a_member_canceled_is_everybodys_again(bench: Bench) -> None:
    house = bench.here.house
    said = bench.choose()
    assert isinstance(said, Hold), said
    with house.opens(7)() as tx:
        assert cancel_order(tx, Taking(house.program_id, 7, said.request, "mem"), NOW) is None
    assert bench.lots() == [(6_000, 0, "ready"), (5_000, 0, "ready")]
    bench.check()
    bench.here.fakes["giftly"].faults.append("sold out")
    again = bench.choose()
    assert isinstance(again, Hold), again
    bench.here.work_on()
    assert bench.here.state(again.request) == "failed"
    assert bench.lots() == [(6_000, 0, "ready"), (5_000, 0, "ready")]
    assert bench.figures() == UNUSED
    bench.check()


@RACED
def test_two_tabs_take_what_is_there_once(bench: Bench, race: Race) -> None:
    said = race.run(bench.here.house, [("web", lambda _: bench.choose()) for _ in range(5)])
    assert sum(isinstance(one, Hold) for one in said) == 1, said
    assert {one.reason for one in said if isinstance(one, Refuse)} == {"used"}
    assert bench.lots() == [(6_000, 6_000, "ready"), (5_000, 4_000, "ready")]
    bench.here.work()
    bench.check()


def test_a_reward_that_was_to_help_and_is_spent_elsewhere_refuses(bench: Bench) -> None:
    bench.here.house.stock(2, "own", Money(1_000, "EUR"))
    other = bench.here.choose(7, bench.second, "own", face=Money(1_000, "EUR"), left_minor=5_000)
    assert isinstance(other, Redeem), other
    third = bench.here.choose(7, bench.second, "own", face=Money(1_000, "EUR"), left_minor=4_000)
    assert isinstance(third, Redeem), third
    said = bench.choose()
    assert isinstance(said, Refuse)
    assert said.reason == "changed"
    bench.check()
