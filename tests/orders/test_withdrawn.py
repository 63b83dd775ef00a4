"""What pays for an order is taken back: nobody is asked for it anew, and who returns it has nothing of it."""

from collections.abc import Callable
from contextlib import closing
from typing import get_args

import psycopg
import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.orders.reversing import lot, owed, reverse, waits
from tests.redeem.house import BUDGET, EUR_200

from guerdon.engine.orders import canceling, staffed
from guerdon.engine.orders.canceling import Taking, Unreturned, cancel_order, withdraw_orders
from guerdon.engine.orders.port import Idempotency
from guerdon.engine.orders.staffed import Why, Word
from guerdon.engine.wallet.commands import Done
from guerdon.ledger.effects import Hold, Refuse
from guerdon.program.catalog.nouns import Catalog
from guerdon.store.database import Transaction, connect
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show
from guerdon.values.money import Money
from guerdon.web.console.orders.sayings import refusal_said

Makes = Callable[..., Counter]
EUR_100 = Money(10_000, "EUR")
UNOWED = pytest.mark.parametrize("if_spent", ["location", "forgive"])


def reward_of(here: Counter, order: int) -> int:
    return int(str(here.house.rows("select reward_id from orders where id = %(o)s", o=order)[0][0]))


def pool(here: Counter) -> int:
    return int(str(here.house.rows("select posted from accounts where name = %(b)s", b=BUDGET)[0][0]))


def places(*fakes: Fake) -> int:
    return sum(1 for fake in fakes for what, _ in fake.asked if what == "place")


def withdraws(here: Counter) -> int:
    with closing(connect(here.house.url, here.house.secret, "worker")) as db:
        return withdraw_orders(db, here.house.program_id, here.now)


def test_a_member_whom_somebody_else_has_keeps_no_other_waiting(counter: Makes) -> None:
    here = counter(Fake("giftly"))
    here.shelve()
    orders = [here.ordered(member) for member in (7, 8, 9)]
    for member, order in zip((7, 8), orders, strict=False):
        reverse(here, member, reward_of(here, order), "forgive")
    with here.house.working() as tx:
        lock_member(tx, here.house.program_id, 7)
        here.work()
    assert [here.state(order) for order in orders] == ["reserved", "canceled", "fulfilled"]
    here.work()
    assert here.state(orders[0]) == "canceled"


@pytest.mark.parametrize(
    "crowded",
    [psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, psycopg.errors.QueryCanceled],
)
def test_what_is_crowded_is_left_for_later_and_a_lost_connection_is_not(
    counter: Makes, monkeypatch: pytest.MonkeyPatch, crowded: type[psycopg.Error]
) -> None:
    here = counter(Fake("giftly"))
    here.shelve()
    order = here.ordered()
    reverse(here, 7, reward_of(here, order), "forgive")
    faults: list[psycopg.Error] = [crowded("somebody has it"), psycopg.OperationalError("gone")]

    def canceled(*_: object) -> None:
        raise faults.pop(0)

    with monkeypatch.context() as patch:
        patch.setattr(canceling, "cancel_order", canceled)
        assert withdraws(here) == 0
        with pytest.raises(psycopg.OperationalError, match="gone"):
            withdraws(here)
    # No person has to look at it.
    assert here.state(order) == "reserved"
    assert here.house.rows("select 1 from alarms") == []
    assert withdraws(here) == 1


@pytest.mark.parametrize("idempotency", get_args(Idempotency))
@pytest.mark.parametrize("others", [0, 1])
def test_nobody_is_asked_anew_once_the_first_is_known_to_have_come_to_nothing(
    counter: Makes, idempotency: Idempotency, others: int
) -> None:
    fakes = [Fake("giftly", idempotency), *[Fake("other")] * others]
    fakes[0].faults.append("fails")
    here = counter(*fakes)
    here.shelve()
    order = here.ordered()
    reward, before = reward_of(here, order), pool(here)
    here.work()
    assert (here.state(order), places(*fakes)) == ("unknown", 1)
    reverse(here, 7, reward, "forgive")
    here.work_on()
    assert (here.state(order), places(*fakes)) == ("canceled", 1)
    assert fakes[0].asked[-1][0] == "find"
    assert here.house.rows("select attempt, state from supplier_attempts") == [(1, "absent")]
    assert lot(here.house, reward) == (0, 0, 20_000, "reversed")
    assert (pool(here) - before, waits(here.house)) == (20_000, [(20_000, "taken_back")])


def test_where_only_asking_again_tells_it_is_asked_under_the_same_key(counter: Makes) -> None:
    fake = Fake("giftly", "returns_original", finds=False)
    fake.faults.append("lost")
    here = counter(fake)
    here.shelve()
    order = here.ordered()
    here.work()
    reverse(here, 7, reward_of(here, order), "debt")
    here.work_on()
    assert (here.state(order), owed(here.house)) == ("fulfilled", (20_000, 0))
    assert len({key for _, key in fake.asked}) == 1


@UNOWED
def test_who_returns_what_was_delivered_before_it_was_taken_back_has_nothing_of_it(
    counter: Makes, if_spent: str
) -> None:
    here = counter(Fake("giftly"))
    here.shelve()
    order = here.ordered()
    reward, before = reward_of(here, order), pool(here)
    here.work()
    assert here.state(order) == "fulfilled"
    reverse(here, 7, reward, if_spent)
    assert owed(here.house) == ((0, 20_000) if if_spent == "location" else (0, 0))
    assert waits(here.house) == [(20_000, "spent")]
    here.check()
    done = here.returned(order)
    assert isinstance(done, Done), done
    assert isinstance(here.returned(order), Unreturned)
    assert here.state(order) == "returned"
    assert lot(here.house, reward) == (0, 0, 20_000, "reversed")
    assert (owed(here.house), pool(here) - before) == ((0, 0), 20_000)
    assert waits(here.house) == [(20_000, "taken_back")]


def test_a_member_who_owes_it_pays_with_what_they_return(counter: Makes) -> None:
    here = counter(Fake("giftly"))
    here.shelve()
    order = here.ordered()
    reward, before = reward_of(here, order), pool(here)
    here.work()
    reverse(here, 7, reward, "debt")
    assert (owed(here.house), waits(here.house)) == ((20_000, 0), [])
    assert isinstance(here.returned(order), Done)
    assert (owed(here.house), pool(here) - before) == ((0, 0), 20_000)
    assert lot(here.house, reward) == (0, 0, 20_000, "redeemed")


def test_parts_are_taken_from_one_order_after_the_other_and_the_rest_is_theirs(counter: Makes) -> None:
    here = counter(Fake("giftly"), catalog=Catalog(split=True))
    here.shelve(denominations=[10_000])
    here.house.enroll(7)
    here.tell(7)
    reward = here.house.reward(7, value=EUR_200)
    orders = []
    for left in (20_000, 10_000):
        said = here.choose(7, reward, face=EUR_100, price_minor=10_000, left_minor=left)
        assert isinstance(said, Hold), said
        orders.append(said.request)
        here.work(60)
    assert [here.state(order) for order in orders] == ["fulfilled"] * 2
    before = pool(here)
    for _ in range(3):
        reverse(here, 7, reward, "forgive", (1, 4))
    # The latest comes first, and of no order more than it took.
    taken = "select sum(amount)::bigint from order_reversals where order_id = %(o)s"
    assert [here.house.rows(taken, o=order) for order in orders] == [[(5_000,)], [(10_000,)]]
    assert isinstance(here.returned(orders[1]), Done)
    assert (lot(here.house, reward), pool(here) - before) == ((0, 0, 15_000, "reversed"), 10_000)
    assert isinstance(here.returned(orders[0]), Done)
    assert (lot(here.house, reward), pool(here) - before) == ((5_000, 0, 15_000, "ready"), 15_000)


def test_of_what_several_rewards_paid_only_the_one_that_was_taken_back_is_lost(counter: Makes) -> None:
    here = counter(Fake("giftly"), catalog=Catalog(split=True, combine=True))
    here.shelve(denominations=[10_000])
    here.house.enroll(7)
    here.tell(7)
    first = here.house.reward(7, value=Money(6_000, "EUR"))
    second = here.house.reward(7, value=Money(5_000, "EUR"), rule="referral", days=30)
    parts = ((first, 6_000), (second, 4_000))
    said = here.choose(7, first, face=EUR_100, price_minor=10_000, left_minor=6_000, parts=parts)
    assert isinstance(said, Hold), said
    here.work()
    before = pool(here)
    reverse(here, 7, second, "forgive")
    assert (pool(here) - before, waits(here.house)) == (1_000, [(4_000, "spent")])
    assert isinstance(here.returned(said.request), Done)
    assert lot(here.house, first) == (6_000, 0, 0, "ready")
    assert lot(here.house, second) == (0, 0, 5_000, "reversed")
    assert pool(here) - before == 5_000


def test_staff_take_no_order_whose_reward_was_taken_back(counter: Makes) -> None:
    here = counter(Fake("giftly"))
    here.shelve(offers=["manual"])
    order = here.ordered()
    reverse(here, 7, reward_of(here, order), "forgive")
    word = Word(here.house.program_id, 7, order, "per_one")
    with here.house.opens(7)() as tx:
        assert staffed.take(tx, word, here.now) == "withdrawn"
    assert here.state(order) == "reserved"
    here.work()
    assert here.state(order) == "canceled"
    with here.house.opens(7)() as tx:
        assert staffed.take(tx, word, here.now) == "settled"


@pytest.mark.parametrize("locale", ["en", "de", "es", "fr", "ar", "id"])
def test_why_nothing_was_done_is_said_to_staff(locale: str) -> None:
    said = {why: refusal_said(why, locale) for why in get_args(Why)}
    assert all(said.values())
    english = refusal_said("withdrawn", "en")
    assert (said["withdrawn"] == english) is (locale == "en")


def test_one_that_cannot_be_withdrawn_is_for_a_person_and_stops_no_other(
    counter: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = counter(fake := Fake("giftly"))
    here.shelve()
    orders = {member: here.ordered(member) for member in (7, 8)}
    rewards = {member: reward_of(here, order) for member, order in orders.items()}
    for member, reward in rewards.items():
        reverse(here, member, reward, "forgive")
    tried: list[int] = []

    def torn(tx: Transaction, asked: Taking, *more: object) -> Refuse | None:
        tried.append(asked.order_id)
        if asked.order_id == orders[7]:
            tx.execute("update holds set state = 'released' where id = %s", (asked.order_id,))
            raise ArithmeticError
        return cancel_order(tx, asked, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(canceling, "cancel_order", torn)
    here.work()
    here.work(60)
    assert [here.state(orders[member]) for member in (7, 8)] == ["unknown", "canceled"]
    assert (sorted(tried), fake.asked) == (sorted(orders.values()), [])
    assert here.house.rows("select subject, mark from alarms where kind = 'order.held'") == [
        (show("ord", orders[7]), "fault")
    ]
    assert here.house.rows("select outcome_known from holds where id = %(o)s", o=orders[7]) == [(False,)]
    here.check()
    word = Word(here.house.program_id, 7, orders[7], "per_one", "torn")
    with here.house.opens(7)() as tx:
        assert staffed.refuse(tx, word, here.now) is None
    assert lot(here.house, rewards[7]) == (0, 0, 20_000, "reversed")


def test_some_are_withdrawn_at_a_time(counter: Makes, monkeypatch: pytest.MonkeyPatch) -> None:
    here = counter(fake := Fake("giftly"))
    here.shelve()
    orders = [here.ordered(member) for member in range(1, 6)]
    for member, order in enumerate(orders, 1):
        reverse(here, member, reward_of(here, order), "forgive")
    monkeypatch.setattr(canceling, "WITHDRAWN_MAX", 2)
    assert withdraws(here) == 2
    assert sorted(map(here.state, orders)) == ["canceled"] * 2 + ["reserved"] * 3
    # One turn of the worker comes back until there is none.
    here.work()
    assert [here.state(order) for order in orders] == ["canceled"] * 5
    assert (withdraws(here), fake.asked) == (0, [])
