"""The same once more: paid as it was, known to be possible before anything is taken back, and said truly."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.orders.reversing import lot, owed, reverse
from tests.orders.test_balances_beside import with_points
from tests.redeem.house import EUR_200, NOW, opened_house

from guerdon.engine.orders.staffed import Word
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import Opens
from guerdon.engine.redeeming.reissuing import Unissued, reissue
from guerdon.ledger.effects import Redeem
from guerdon.store.database import Transaction
from guerdon.values.money import Money
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.orders.sayings import refusal_said

ITEM, MEMBER = "own", 7
EUR_100, EUR_80 = Money(10_000, "EUR"), Money(8_000, "EUR")


class Bench:
    """A member who chooses among codes of our own, and staff who give them another."""

    def __init__(self, here: Counter) -> None:
        self.here, self.house = here, here.house
        self.house.enroll(MEMBER)
        here.tell(MEMBER)
        here.shelve(ITEM, ["pool"], denominations=[1_000, 8_000, 10_000, 20_000])

    def ordered(self, reward: int, face: Money, **more: Any) -> int:
        said = self.here.choose(MEMBER, reward, ITEM, face=face, **more)
        assert isinstance(said, Redeem), said
        return said.order

    def anew(self, order: int, opens: Opens | None = None) -> Unissued | None:
        """Have an order made anew, as the console does."""
        was = self.here.order(order)
        again = Choice(
            self.house.program_id,
            MEMBER,
            was.reward_id,
            was.item,
            was.device,
            face=was.face,
            price_minor=was.value.amount_minor,
            slot_id=was.slot_id,
            fixed=True,
        )
        word = Word(self.house.program_id, MEMBER, order, "per_1", "it was void")
        return reissue(opens or self.house.opens(None), self.here.program, word, again, self.here.now)

    def codes(self) -> list[tuple[object, ...]]:
        return self.house.rows("select state from codes where order_id is not null order by id")

    def deeds(self) -> list[tuple[object, ...]]:
        return self.house.rows(
            "select action from audit where action in ('order.taken_back', 'order.reissued') order by id"
        )


@pytest.fixture
def bench(database: str, secret: str, tmp_path: Path) -> Iterator[Bench]:
    house = opened_house(database, secret, with_points(tmp_path / "written")).__enter__()
    here = Counter(house, {"giftly": Fake("giftly")}, catalog=house.program.catalog)
    yield Bench(here)
    here.check()


DONE = [("order.taken_back",), ("order.reissued",)]


@pytest.mark.parametrize("if_spent", ["forgive", "location"])
def test_what_a_rule_took_back_and_its_member_does_not_owe_pays_for_no_new_one(
    bench: Bench, if_spent: str
) -> None:
    bench.house.stock(2, ITEM)
    reward = bench.house.reward(MEMBER)
    order = bench.ordered(reward, EUR_200)
    reverse(bench.here, MEMBER, reward, if_spent, (1, 2))
    before = (lot(bench.house, reward), owed(bench.house))
    assert bench.anew(order) == "unpaid"
    # They keep what they have, and nobody was told otherwise.
    assert (lot(bench.house, reward), owed(bench.house)) == before
    assert (bench.codes(), bench.deeds()) == ([("issued",)], [])


def test_what_its_member_owes_would_be_paid_first(bench: Bench) -> None:
    bench.house.stock(2, ITEM)
    reward = bench.house.reward(MEMBER)
    order = bench.ordered(reward, EUR_200)
    reverse(bench.here, MEMBER, reward, "debt", (1, 2))
    assert bench.anew(order) == "owing"
    assert (owed(bench.house), bench.codes(), bench.deeds()) == ((10_000, 0), [("issued",)], [])


def test_one_of_two_orders_of_a_reward_is_made_anew_by_what_it_took(bench: Bench) -> None:
    bench.house.stock(3, ITEM, EUR_100)
    reward = bench.house.reward(MEMBER)
    first = bench.ordered(reward, EUR_100)
    bench.ordered(reward, EUR_100, left_minor=10_000)
    assert bench.anew(first) is None
    assert lot(bench.house, reward)[:2] == (0, 0)
    assert (bench.codes(), bench.deeds()) == ([("void",), ("issued",), ("issued",)], DONE)


def test_points_pay_once_more_what_they_paid(bench: Bench) -> None:
    bench.house.stock(2, ITEM, Money(1_000, "EUR"))
    points = [bench.house.reward(MEMBER, value=Money(800, "PTS"), rule="referral") for _ in range(2)]
    order = bench.ordered(points[0], Money(1_000, "EUR"), left_minor=1_600)
    assert bench.anew(order) is None
    assert sum(lot(bench.house, each)[0] for each in points) == 600
    assert bench.codes() == [("void",), ("issued",)]


def parted(bench: Bench) -> tuple[int, int, int]:
    """An order of a hundred euros that two rewards paid, with something left of the second."""
    bench.house.stock(2, ITEM, EUR_100)
    first = bench.house.reward(MEMBER, value=Money(6_000, "EUR"), days=90)
    second = bench.house.reward(MEMBER, value=Money(5_000, "EUR"), rule="referral", days=30)
    parts = ((first, 6_000), (second, 4_000))
    return bench.ordered(first, EUR_100, price_minor=10_000, left_minor=6_000, parts=parts), first, second


def test_what_several_rewards_paid_is_paid_by_the_same_parts(bench: Bench) -> None:
    order, first, second = parted(bench)
    assert bench.anew(order) is None
    assert [lot(bench.house, each)[0] for each in (first, second)] == [0, 1_000]
    assert bench.house.rows(
        "select p.reward_id = %(first)s, p.amount, o.canceled_at is null from order_parts p"
        " join orders o on o.id = p.order_id order by 3, 2",
        first=first,
    ) == [(False, 4_000, False), (True, 6_000, False), (False, 4_000, True), (True, 6_000, True)]
    assert (bench.codes(), bench.deeds()) == ([("void",), ("issued",)], DONE)


def test_a_reward_that_would_come_first_by_now_pays_nothing_of_it(bench: Bench) -> None:
    order, first, second = parted(bench)
    # It ends before the second, and would be the one to help.
    third = bench.house.reward(MEMBER, value=Money(5_000, "EUR"), rule="referral", days=3)
    assert bench.anew(order) is None
    assert [lot(bench.house, each)[0] for each in (first, second, third)] == [0, 1_000, 5_000]
    assert (bench.codes(), bench.deeds()) == ([("void",), ("issued",)], DONE)


def test_what_costs_more_by_now_is_not_ordered_for_more(bench: Bench) -> None:
    bench.house.stock(2, ITEM, Money(1_000, "EUR"))
    points = bench.house.reward(MEMBER, value=Money(4_000, "PTS"), rule="referral")
    order = bench.ordered(points, Money(1_000, "EUR"))
    assert lot(bench.house, points)[0] == 3_000
    catalog = replace(bench.here.program.catalog, worth={"PTS": (Decimal("0.005"), "EUR")})
    bench.here.program = replace(bench.here.program, catalog=catalog)
    assert bench.anew(order) == "otherwise"
    assert (lot(bench.house, points)[0], bench.codes(), bench.deeds()) == (3_000, [("issued",)], [])


def test_an_answer_that_was_lost_after_it_was_ordered_is_no_refusal(bench: Bench) -> None:
    bench.house.stock(3, ITEM)
    order = bench.ordered(bench.house.reward(MEMBER), EUR_200)
    opens, opened = bench.house.opens(None), count(1)

    @contextmanager
    def dropping() -> Iterator[Transaction]:
        number = next(opened)
        with opens() as tx:
            yield tx
        if number == 2:
            # It had committed.
            raise psycopg.OperationalError

    assert bench.anew(order, dropping) is None
    assert (bench.codes(), bench.deeds()) == ([("void",), ("issued",)], DONE)


def test_what_a_balance_paid_beside_is_paid_by_both_again(bench: Bench) -> None:
    bench.house.stock(2, ITEM, EUR_80)
    money = bench.house.reward(MEMBER, value=Money(5_000, "EUR"))
    points = bench.house.reward(MEMBER, value=Money(4_000, "PTS"), rule="referral")
    seen = {"price_minor": 5_000, "left_minor": 5_000, "parts": ((money, 5_000),)}
    order = bench.ordered(money, EUR_80, beside=Money(3_000, "PTS"), **seen)
    assert bench.anew(order) is None
    assert [lot(bench.house, each)[0] for each in (money, points)] == [0, 1_000]
    assert bench.house.rows("select unit, amount from order_balances") == [("PTS", 3_000)] * 2
    assert (bench.codes(), bench.deeds()) == ([("void",), ("issued",)], DONE)


def test_the_last_code_is_not_taken_back_for_nothing(bench: Bench) -> None:
    bench.house.stock(1, ITEM)
    order = bench.ordered(bench.house.reward(MEMBER), EUR_200)
    assert bench.anew(order) == "none_left"
    assert (bench.codes(), bench.deeds()) == ([("issued",)], [])


def test_what_is_not_sold_any_more_is_not_taken_back_for_nothing(bench: Bench) -> None:
    bench.house.stock(2, ITEM)
    order = bench.ordered(bench.house.reward(MEMBER), EUR_200)
    with psycopg.connect(bench.house.url, options="-c search_path=guerdon") as db:
        db.execute("update catalog_items set gone_at = %s where key = %s", (NOW, ITEM))
    assert bench.anew(order) == "off_sale"
    assert (bench.codes(), bench.deeds()) == ([("issued",)], [])


def test_a_code_that_goes_in_between_leaves_what_it_cost_and_says_so(bench: Bench) -> None:
    bench.house.stock(2, ITEM)
    reward = bench.house.reward(MEMBER)
    order = bench.ordered(reward, EUR_200)
    opens = bench.house.opens(None)

    @contextmanager
    def racing() -> Iterator[Transaction]:
        with opens() as tx:
            yield tx
        with psycopg.connect(bench.house.url, options="-c search_path=guerdon") as db:
            db.execute("update codes set state = 'void' where state = 'free'")

    assert bench.anew(order, racing) == "sold_out"
    assert lot(bench.house, reward)[::3] == (20_000, "ready")
    assert bench.deeds() == DONE[:1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_read_why_in_their_language(language: str) -> None:
    said = {why: refusal_said(why, language) for why in get_args(Unissued)}
    assert len(set(said.values())) == len(said)
    for why, text in said.items():
        assert (text == refusal_said(why, "en")) == (language == "en"), why
