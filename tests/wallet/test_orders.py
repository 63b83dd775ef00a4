"""Orders out of lots: whole, in parts, out of a balance; taken back with their codes, or used at the till."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from tests.wallet.house import House, at_once

from guerdon.engine.codes import add_codes, use_code
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.spending import Restore, restore
from guerdon.ledger.effects import Redeem, Refuse
from guerdon.store.codes import Code
from guerdon.store.database import Transaction, connect, transaction
from guerdon.values.money import Money


def stock(house: House, **items: str) -> None:
    """Put one code each into the pool: its text by the item it buys and what that costs, `basket_100 EUR`."""
    with house.worker() as db, transaction(db, house.program_id) as tx:
        codes = []
        for text, what in items.items():
            item, amount, unit = what.split()
            codes.append(Code(item, Money(int(amount), unit), text))
        assert all(add_codes(tx, house.vault, house.program_id, codes))


def choose(house: House, member: int, item: str, left: int | None = None, rule: str = "contract") -> Any:
    ((reward,),) = house.rows(
        "select id from rewards where member_id = %(m)s and rule = %(r)s order by issued_at limit 1",
        m=member,
        r=rule,
    )

    @contextmanager
    def opens() -> Iterator[Transaction]:
        with (
            connect(house.url, house.secret, "web") as db,
            transaction(db, house.program_id, member) as tx,
        ):
            yield tx

    choice = Choice(house.program_id, member, reward, item, "phone", left)
    return redeem(opens, house.program, choice, house.now)


def canceled(house: House, member: int) -> Done | Refuse:
    ((event_id,),) = house.rows(
        "select id from events where type = 'reward.redeemed' order by recorded_at desc, id desc limit 1"
    )
    with house.web() as tx:
        return restore(tx, house.program, Restore(house.program_id, member, event_id), house.now)


def used(house: House, text: str) -> int | Refuse:
    with house.web() as tx:
        return use_code(tx, house.vault, house.program_id, text)


def figures(house: House) -> list[tuple[Any, ...]]:
    return house.rows(
        "select issued, issued_value, redeemed, redeemed_value, redeemed_phone, redeemed_48h from rollups"
        " where rule = 'contract'"
    )


@pytest.fixture
def member(house: House) -> int:
    """Return a member with a reward of 200 euros."""
    (member,) = house.enroll("1")
    house.tell("1", "contract.signed", order_no="a")
    return member


def test_what_was_partly_taken_back_buys_what_the_rest_covers(house: House, member: int) -> None:
    stock(house, A="basket 10000 EUR", B="basket 5000 EUR", C="evening 2500 EUR")
    house.tell("1", "contract.shrunk", order_no="a", part=1, whole=5)
    assert house.lots(member, "EUR") == [(20_000, 16_000, 0, "ready")]
    first = choose(house, member, "basket", 16_000)
    assert (first.value, house.purse(member, "EUR")[0]) == (10_000, 6_000)
    second = choose(house, member, "basket", 6_000)
    assert (second.value, second.order != first.order) == (5_000, True)
    assert house.lots(member, "EUR") == [(20_000, 1_000, 0, "ready")]
    assert choose(house, member, "basket", 1_000).reason == "item:value"
    # Used in two parts, it is one reward that was used, by the value of both.
    assert figures(house) == [(1, 20_000, 1, 15_000, 1, 1)]


def test_a_second_click_takes_no_second_item(house: House, member: int) -> None:
    stock(house, A="basket 10000 EUR", B="basket 5000 EUR", C="basket 5000 EUR")
    house.tell("1", "contract.shrunk", order_no="a", part=1, whole=5)
    answers = at_once([partial(choose, house, member, "basket", 16_000)] * 6)
    assert sum(isinstance(answer, Redeem) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, Refuse)} == {"used"}
    assert house.purse(member, "EUR")[0] == 6_000


def test_a_page_that_shows_more_than_there_is_chooses_nothing(house: House, member: int) -> None:
    stock(house, A="basket 20000 EUR")
    house.tell("1", "contract.shrunk", order_no="a", part=1, whole=5)
    assert choose(house, member, "basket", 20_000).reason == "changed"
    assert choose(house, member, "basket").reason == "changed"


def test_a_reward_that_was_taken_back_before_it_was_used_buys_nothing(house: House, member: int) -> None:
    stock(house, A="basket 20000 EUR")
    house.tell("1", "contract.shrunk", order_no="a", part=1, whole=1)
    assert choose(house, member, "basket", 20_000).reason == "withdrawn"
    assert house.pool("budget:cash:DE", "EUR") == 10_000_000


def test_an_unused_code_is_void_when_its_reward_is_taken_back(house: House, member: int) -> None:
    stock(house, A="basket 20000 EUR")
    assert isinstance(choose(house, member, "basket", 20_000), Redeem)
    house.tell("1", "contract.shrunk", order_no="a", part=1, whole=1)
    assert house.purse(member, "EUR") == (0, 0, 0, 0)
    assert house.rows("select state from codes") == [("void",)]
    assert house.rows("select canceled_at is not null from orders") == [(True,)]
    assert house.pool("budget:cash:DE", "EUR") == 10_000_000
    assert figures(house) == [(1, 20_000, 0, 0, 0, 0)]
    answer = used(house, "A")
    assert isinstance(answer, Refuse)
    assert answer.reason == "code:unknown"


def test_a_code_that_was_used_leaves_a_debt_when_its_reward_is_taken_back(house: House, member: int) -> None:
    stock(house, A="basket 20000 EUR", B="basket 20000 EUR")
    order = choose(house, member, "basket", 20_000)
    assert used(house, "A") == order.order
    house.tell("1", "contract.shrunk", order_no="a", part=1, whole=2)
    assert house.purse(member, "EUR") == (0, 0, 0, 10_000)
    assert house.pool("owed:cash:DE", "EUR") == 10_000
    # The next reward pays it, and what is left of that one buys what it covers.
    house.tell("1", "contract.signed", order_no="b")
    assert house.purse(member, "EUR") == (10_000, 0, 0, 0)
    assert house.pool("owed:cash:DE", "EUR") == 0


def test_a_code_is_used_once_and_guessing_tells_nothing(house: House, member: int) -> None:
    stock(house, A="basket 20000 EUR", FREE="basket 20000 EUR")
    order = choose(house, member, "basket", 20_000)
    answers = at_once([partial(used, house, "A")] * 8)
    assert sum(answer == order.order for answer in answers) == 1
    assert {a.reason for a in answers if isinstance(a, Refuse)} == {"code:unknown"}
    # One that was used, or lies in the pool, is as unknown as one that never was.
    for guess in ("FREE", "NEVER", "", "\0"):
        answer = used(house, guess)
        assert isinstance(answer, Refuse)
        assert answer.reason == "code:unknown"
    assert sorted(house.rows("select state from codes")) == [("free",), ("redeemed",)]


def test_a_canceled_order_gives_its_reward_back_and_its_code_is_void(house: House, member: int) -> None:
    stock(house, A="basket 20000 EUR", B="basket 20000 EUR")
    first = choose(house, member, "basket", 20_000)
    assert isinstance(canceled(house, member), Done)
    assert house.lots(member, "EUR") == [(20_000, 20_000, 0, "ready")]
    assert (house.purse(member, "EUR")[0], house.pool("spent:cash:DE", "EUR")) == (20_000, 0)
    assert figures(house) == [(1, 20_000, 0, 0, 0, 0)]
    again = choose(house, member, "basket", 20_000)
    assert isinstance(again, Redeem)
    assert again.order != first.order
    assert figures(house) == [(1, 20_000, 1, 20_000, 1, 1)]
    assert sorted(house.rows("select state from codes")) == [("issued",), ("void",)]


def test_of_two_orders_the_one_that_still_stands_is_counted(house: House, member: int) -> None:
    stock(house, A="basket 10000 EUR", B="basket 5000 EUR")
    house.tell("1", "contract.shrunk", order_no="a", part=1, whole=5)
    choose(house, member, "basket", 16_000)
    house.later(days=3)
    choose(house, member, "basket", 6_000)
    ((first,),) = house.rows("select min(id) from events where type = 'reward.redeemed'")
    with house.web() as tx:
        answer = restore(tx, house.program, Restore(house.program_id, member, first), house.now)
    assert isinstance(answer, Done)
    # It was on a phone, too, but three days later.
    assert figures(house) == [(1, 20_000, 1, 5_000, 1, 0)]


def test_a_used_code_is_not_given_back(house: House, member: int) -> None:
    stock(house, A="basket 20000 EUR")
    choose(house, member, "basket", 20_000)
    used(house, "A")
    answer = canceled(house, member)
    assert isinstance(answer, Refuse)
    assert answer.reason == "code:used"
    assert house.purse(member, "EUR") == (0, 0, 0, 0)


def test_points_buy_an_item_out_of_the_whole_balance(house: House) -> None:
    (member,) = house.enroll("1")
    stock(house, A="basket 300 PTS", B="basket 300 PTS")
    house.tell("1", "order.paid", order_no="a", amount=200)
    house.tell("1", "gift.given", order_no="b", amount=150)
    assert choose(house, member, "basket", 200, "order").reason == "changed"
    assert choose(house, member, "evening", 350, "order").reason == "item:value"
    order = choose(house, member, "basket", 350, "order")
    assert isinstance(order, Redeem)
    assert house.lots(member) == [(200, 50, 0, "ready"), (150, 0, 0, "redeemed")]
    assert (house.pool("spent:pot:DE"), house.pool("program:spent")) == (150, 150)
    assert isinstance(canceled(house, member), Done)
    assert house.lots(member) == [(200, 200, 0, "ready"), (150, 150, 0, "ready")]


def test_status_buys_nothing(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "star.given")
    assert choose(house, member, "basket", 1, "star").reason == "unit:status"


def test_pending_value_buys_nothing_yet(house: House) -> None:
    (member,) = house.enroll("1")
    stock(house, A="basket 300 PTS")
    house.tell("1", "trip.booked", order_no="a", amount=300)
    assert choose(house, member, "basket", 0, "trip").reason == "pending"
    house.tell("1", "trip.ended", order_no="a")
    assert isinstance(choose(house, member, "basket", 300, "trip"), Redeem)
