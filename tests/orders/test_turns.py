"""Whose turn it is: no order, and no account, keeps others from being asked for."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta

from tests.orders.counter import Counter, Shelf
from tests.orders.fakes import Fake
from tests.redeem.house import NOW

from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.lanes.breaker import OPENS_AFTER, REST_MAX, failed, resting, worked
from guerdon.engine.orders.port import Ask, Later, Pending, Rejected, Told, Unknown
from guerdon.store.orders.lanes import Lane

Counting = Callable[..., Counter]


def test_an_account_that_cannot_be_opened_is_no_way_out(counter: Counting) -> None:
    first, second = Fake("first"), Fake("second")
    here = counter(first, second)
    here.shelve()
    order = here.ordered()
    here.desk = Desk(
        lambda _, key: None if key == "first" else second,
        Shelf(here.house, here.program),
        lambda: here.now,
        4,
    )
    here.work_on()
    assert here.state(order) == "fulfilled"
    assert here.house.rows("select kind, subject from alarms") == [("supplier.shut", "first")]


def test_who_has_no_money_just_now_is_not_waited_for(counter: Counting) -> None:
    first, second = Fake("first"), Fake("second")
    here = counter(first, second)
    here.shelve()
    no_money = Rejected("funds", "no money", permanent=False)
    first.place = lambda _: no_money  # type: ignore[assignment, method-assign]
    order = here.ordered()
    here.work_on()
    assert here.state(order) == "fulfilled"
    assert [step for step, _ in second.asked] == ["place"]
    assert here.now - NOW < timedelta(minutes=1)


def test_orders_wait_for_an_account_that_is_away_for_long(counter: Counting) -> None:
    only = Fake("only")
    here = counter(only)
    here.shelve()
    place, away = only.place, [True]
    only.place = lambda ask: Later(5.0, "unreachable") if away else place(ask)  # type: ignore[method-assign]
    order = here.ordered()
    for _ in range(120):
        here.work(30)
    assert here.state(order) == "reserved"
    away.clear()
    here.work_on()
    assert here.state(order) == "fulfilled"


def test_one_order_that_nobody_understands_does_not_close_its_account(counter: Counting) -> None:
    only = Fake("only", faults=deque(["pending"]))
    here = counter(only)
    here.shelve()
    lost = Unknown("they do not know the number that they gave")
    only.fetch = lambda *_: lost  # type: ignore[method-assign]
    odd = here.ordered(7)
    for _ in range(60):
        here.work(30)
    fresh = here.ordered(8)
    here.work(5)
    assert (here.state(odd), here.state(fresh)) == ("unknown", "fulfilled")


def test_who_waits_for_answers_leaves_others_their_turn(counter: Counting) -> None:
    only = Fake("only", per_minute=6)
    here = counter(only)
    here.shelve()
    only.faults = deque(["pending"] * 20)

    def still_pending(their_id: str, _: Ask) -> Told:
        return Pending(their_id)

    only.fetch = still_pending  # type: ignore[assignment, method-assign]
    for member in range(1, 21):
        here.ordered(member)
    for _ in range(80):
        here.work(10)
    # Taking turns by lot, in a fair order that is always the same.
    turns = iter([False, True] * 100)
    here.desk.toss = lambda: next(turns)
    fresh = here.ordered(100)
    for _ in range(6):
        here.work(10)
    assert here.state(fresh) == "fulfilled"


def test_a_rest_that_was_asked_for_is_kept() -> None:
    lane = Lane("only", 1.0, NOW, 0, None, None, None, "")
    asked_for = NOW + timedelta(hours=1)
    assert worked(resting(lane, asked_for)).rests_until == asked_for
    tired = resting(lane, asked_for)
    for _ in range(OPENS_AFTER):
        tired = failed(tired, NOW, "trouble")
    assert tired.rests_until == asked_for
    # The breaker's own rests end with the trouble.
    lone = lane
    for _ in range(OPENS_AFTER):
        lone = failed(lone, NOW, "trouble")
    assert lone.rests_until is not None
    assert NOW < lone.rests_until <= NOW + REST_MAX
    assert worked(lone).rests_until is None


def test_another_behind_the_same_name_cannot_say_what_became_of_an_order(counter: Counting) -> None:
    before, after = Fake("only", faults=deque(["lost"])), Fake("only", address="https://another.example")
    here = counter(before)
    here.shelve()
    order = here.ordered()
    here.work()
    assert here.state(order) == "unknown"
    here.desk = Desk(lambda *_: after, Shelf(here.house, here.program), lambda: here.now, 4)
    for _ in range(60):
        here.work(30)
    # It was placed there once. Nobody else is asked; a person decides.
    assert (here.state(order), after.asked) == ("unknown", [])
    assert here.house.rows("select next_at, reason from fulfillments") == [(None, "person")]
