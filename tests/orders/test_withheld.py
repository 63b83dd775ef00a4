"""A reward is taken back while it is kept for an order: the order ends first, and nobody keeps or loses."""

from collections.abc import Callable
from random import Random

import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.orders.reversing import lot, owed, reverse, waits
from tests.redeem.house import BUDGET, EUR_200, NOW
from tests.wallet.house import at_once

from guerdon.engine.orders.canceling import Taking, Unreturned, cancel_order
from guerdon.engine.wallet.commands import Done
from guerdon.ledger.effects import Hold, Refuse, Reverse, Wait
from guerdon.program.catalog.nouns import Catalog
from guerdon.values.money import Money

ANSWERS = pytest.mark.parametrize("if_spent", ["debt", "location", "forgive"])
EUR_100 = Money(10_000, "EUR")
Makes = Callable[..., Counter]


def told(*answers: str) -> Fake:
    fake = Fake("giftly")
    fake.faults.extend(answers)
    return fake


def reward_of(here: Counter, order: int) -> int:
    return int(str(here.house.rows("select reward_id from orders where id = %(o)s", o=order)[0][0]))


def pool(here: Counter) -> int:
    return int(str(here.house.rows("select posted from accounts where name = %(b)s", b=BUDGET)[0][0]))


@ANSWERS
def test_an_order_that_nobody_was_asked_for_is_canceled(counter: Makes, if_spent: str) -> None:
    here = counter(fake := told())
    here.shelve()
    order = here.ordered()
    reward, before = reward_of(here, order), pool(here)
    decision = reverse(here, 7, reward, if_spent)
    assert [type(each) for each in decision.effects] == [Reverse, Wait]
    # Nothing is taken or owed before the order is gone; and it is taken back once.
    assert (lot(here.house, reward), owed(here.house)) == ((20_000, 20_000, 20_000, "ready"), (0, 0))
    here.check()
    here.work()
    assert here.state(order) == "canceled"
    assert fake.asked == []
    assert lot(here.house, reward) == (0, 0, 20_000, "reversed")
    assert (owed(here.house), pool(here) - before) == ((0, 0), 20_000)
    assert waits(here.house) == [(20_000, "taken_back")]
    here.work_on()
    assert fake.asked == []


@ANSWERS
@pytest.mark.parametrize("answer", ["pending", "lost"])
def test_one_that_is_delivered_after_all_is_owed_as_the_rule_says(
    counter: Makes, if_spent: str, answer: str
) -> None:
    here = counter(told(answer))
    here.shelve()
    order = here.ordered()
    reward, before = reward_of(here, order), pool(here)
    here.work()
    assert here.state(order) in ("ordered", "unknown")
    reverse(here, 7, reward, if_spent)
    assert owed(here.house) == (0, 0)
    here.check()
    here.work_on()
    assert here.state(order) == "fulfilled"
    assert lot(here.house, reward) == (0, 0, 20_000, "redeemed")
    expected = {"debt": (20_000, 0), "location": (0, 20_000), "forgive": (0, 0)}
    assert owed(here.house) == expected[if_spent]
    # Who owes it gives it back to the pool as they pay; nothing came back by itself.
    assert pool(here) == before
    assert waits(here.house) == [(20_000, "spent")]


@ANSWERS
def test_one_that_nobody_delivers_gives_it_back_to_the_pool(counter: Makes, if_spent: str) -> None:
    here = counter(told("fails", *["sold out"] * 9))
    here.shelve()
    order = here.ordered()
    reward, before = reward_of(here, order), pool(here)
    here.work()
    assert here.state(order) == "unknown"
    reverse(here, 7, reward, if_spent)
    here.work_on()
    # Nobody asks anybody else for it.
    assert here.state(order) in ("failed", "canceled")
    assert lot(here.house, reward) == (0, 0, 20_000, "reversed")
    assert (owed(here.house), pool(here) - before) == ((0, 0), 20_000)


@ANSWERS
def test_what_was_delivered_and_is_returned_goes_to_the_pool_and_nobody_owes_it(
    counter: Makes, if_spent: str
) -> None:
    here = counter(told("pending"))
    here.shelve()
    order = here.ordered()
    reward, before = reward_of(here, order), pool(here)
    here.work()
    reverse(here, 7, reward, if_spent)
    here.work_on()
    assert here.state(order) == "fulfilled"
    done = here.returned(order)
    assert isinstance(done, Done), done
    assert here.returned(order) == Unreturned("kept")
    assert here.state(order) == "returned"
    assert lot(here.house, reward)[:3] == (0, 0, 20_000)
    assert (owed(here.house), pool(here) - before) == ((0, 0), 20_000)


def test_its_member_who_cancels_first_has_nothing_of_it_either(counter: Makes) -> None:
    here = counter(told())
    here.shelve()
    order = here.ordered()
    reward, before = reward_of(here, order), pool(here)
    reverse(here, 7, reward, "forgive", (1, 4))
    with here.house.opens(7)() as tx:
        assert cancel_order(tx, Taking(here.house.program_id, 7, order, "mem"), NOW) is None
    assert lot(here.house, reward) == (15_000, 0, 5_000, "ready")
    assert pool(here) - before == 5_000
    here.work()
    assert waits(here.house) == [(5_000, "taken_back")]


def test_parts_that_are_taken_back_one_after_the_other_are_never_more_than_the_whole(counter: Makes) -> None:
    here = counter(told("pending"))
    here.shelve()
    order = here.ordered()
    reward = reward_of(here, order)
    here.work()
    for _ in range(3):
        reverse(here, 7, reward, "debt", (2, 5))
    here.check()
    assert waits(here.house) == [(8_000, None), (8_000, None), (4_000, None)]
    here.work_on()
    assert (here.state(order), owed(here.house)) == ("fulfilled", (20_000, 0))
    # What comes in next pays it, to the pool that had paid.
    before = pool(here)
    assert sum(1 for _ in here.house.rows("select 1 from transfers where to_account like 'owed:%%'")) == 3
    assert before == pool(here)


def test_staffs_own_order_is_canceled_too(counter: Makes) -> None:
    here = counter(told())
    here.shelve(offers=["manual"])
    order = here.ordered()
    reverse(here, 7, reward_of(here, order), "forgive")
    here.work()
    assert here.state(order) == "canceled"


def test_what_is_free_is_taken_and_only_the_rest_waits(counter: Makes) -> None:
    here = counter(told(), catalog=Catalog(split=True))
    here.shelve(denominations=[10_000])
    here.house.enroll(7)
    here.tell(7)
    reward = here.house.reward(7, value=EUR_200)
    said = here.choose(7, reward, face=EUR_100, price_minor=10_000)
    assert isinstance(said, Hold), said
    before = pool(here)
    reverse(here, 7, reward, "forgive", (3, 4))
    assert lot(here.house, reward) == (10_000, 10_000, 15_000, "ready")
    assert (pool(here) - before, waits(here.house)) == (10_000, [(5_000, None)])
    here.work()
    assert lot(here.house, reward) == (5_000, 0, 15_000, "ready")
    assert pool(here) - before == 15_000


def test_an_order_that_several_rewards_pay_is_canceled_with_all_its_parts(counter: Makes) -> None:
    here = counter(fake := told(), catalog=Catalog(split=True, combine=True))
    here.shelve(denominations=[10_000])
    here.house.enroll(7)
    here.tell(7)
    first = here.house.reward(7, value=Money(6_000, "EUR"))
    second = here.house.reward(7, value=Money(5_000, "EUR"), rule="referral", days=30)
    parts = ((first, 6_000), (second, 4_000))
    said = here.choose(7, first, face=EUR_100, price_minor=10_000, left_minor=6_000, parts=parts)
    assert isinstance(said, Hold), said
    before = pool(here)
    # It only helped.
    reverse(here, 7, second, "debt")
    here.check()
    here.work()
    assert (here.state(said.request), fake.asked) == ("canceled", [])
    assert lot(here.house, first) == (6_000, 0, 0, "ready")
    assert lot(here.house, second) == (0, 0, 5_000, "reversed")
    assert (pool(here) - before, owed(here.house)) == (5_000, (0, 0))


def test_what_else_they_have_pays_before_they_owe(counter: Makes) -> None:
    here = counter(told("pending"))
    here.shelve()
    order = here.ordered()
    here.work()
    reverse(here, 7, reward_of(here, order), "debt")
    other = here.house.reward(7, value=EUR_100, rule="referral")
    here.work_on()
    assert lot(here.house, other) == (0, 0, 0, "reversed")
    assert owed(here.house) == (10_000, 0)


@pytest.mark.parametrize("seed", range(6))
def test_whoever_comes_first_it_is_taken_back_once_or_spent_once(counter: Makes, seed: int) -> None:
    here = counter(Fake("giftly"))
    here.shelve()
    chance = Random(seed)  # noqa: S311  seeded, not secret
    orders = {member: here.ordered(member) for member in range(1, 7)}
    rewards = {member: reward_of(here, order) for member, order in orders.items()}
    before = pool(here)
    answer = {member: chance.choice(("debt", "location", "forgive")) for member in orders}

    def taking(member: int) -> Callable[[], object]:
        return lambda: reverse(here, member, rewards[member], answer[member])

    def canceling(member: int) -> Callable[[], object]:
        def canceled() -> Refuse | None:
            with here.house.opens(member)() as tx:
                return cancel_order(tx, Taking(here.house.program_id, member, orders[member], "mem"), NOW)

        return canceled

    doings: list[Callable[[], object]] = [taking(member) for member in orders]
    doings += [canceling(member) for member in (1, 2)]
    doings += [lambda: here.work(desk=here.new_desk())] * 3
    chance.shuffle(doings)
    at_once(doings)
    here.work_on()
    ends = {member: here.state(order) for member, order in orders.items()}
    assert set(ends.values()) <= {"canceled", "fulfilled"}
    delivered = [member for member, end in ends.items() if end == "fulfilled"]
    assert sum(here.issues().values()) == len(delivered)
    for member, reward in rewards.items():
        state = "redeemed" if member in delivered else "reversed"
        assert lot(here.house, reward) == (0, 0, 20_000, state)
    assert pool(here) - before == 20_000 * (len(orders) - len(delivered))
    expected = [sum(20_000 for member in delivered if answer[member] == who) for who in ("debt", "location")]
    assert owed(here.house) == tuple(expected)
    assert all(came_to is not None for _, came_to in waits(here.house))
