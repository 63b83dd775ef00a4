"""What a member calls off lasts no longer for having been ordered; what fails for them does."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.orders.reversing import lot, reverse
from tests.redeem.house import NOW, opened_house

from guerdon.engine.orders.canceling import ENDED, Taking, call_off, cancel_order
from guerdon.engine.timers import Clockwork, run_timers
from guerdon.engine.wallet.spending import GRACE
from guerdon.ledger.effects import Hold, Refuse
from guerdon.queries.orders.ended import Ended, list_ended, told_of
from guerdon.store.database import connect
from guerdon.values.ids import show
from guerdon.values.money import Money

EUR_200 = Money(20_000, "EUR")
ENDS = NOW + timedelta(days=2)
LOST = told_of([EUR_200])


@pytest.fixture
def here(database: str, secret: str) -> Iterator[Counter]:
    """Give a counter whose orders stay with staff, and check its books at the end."""
    made = Counter(opened_house(database, secret).__enter__(), {"giftly": Fake("giftly")})
    made.shelve(offers=["manual"])
    yield made
    made.check()


def ordered(here: Counter) -> tuple[int, int]:
    """Two hundred euros that end in two days, and the order that a member keeps them for."""
    here.house.enroll(7)
    here.tell(7)
    reward = here.house.reward(7, days=2)
    said = here.choose(7, reward)
    assert isinstance(said, Hold), said
    return reward, said.request


def calls_off(here: Counter, order: int, told: str = "") -> Refuse | None:
    with here.house.opens(7)() as tx:
        taking = Taking(here.house.program_id, 7, order, show("mem", 7))
        return call_off(tx, taking, told, here.now)


def lost(here: Counter, order: int, at: datetime | None = None) -> list[Ended]:
    with here.house.opens(7)() as tx:
        return list(list_ended(tx, here.house.program_id, (7, order), at or here.now))


def time_goes_on(here: Counter, to: datetime) -> None:
    """Let time pass, and what is due be done."""
    here.now = to
    with closing(connect(here.house.url, here.house.secret, "worker")) as db:
        run_timers(db, Clockwork(here.house.program_id, here.program, to))


def ends(here: Counter, reward: int) -> object:
    return here.house.rows("select expires_at from rewards where id = %(r)s", r=reward)[0][0]


def extended(here: Counter) -> list[str]:
    """The words of events by which something lasts longer."""
    told = here.house.rows("select type, decision::text from events order by id")
    return [str(kind) for kind, text in told if '"extend"' in str(text)]


def test_what_ended_while_it_was_kept_is_not_kept_alive_by_calling_it_off(here: Counter) -> None:
    reward, order = ordered(here)
    time_goes_on(here, ENDS + timedelta(days=1))
    # Held, it does not end.
    assert lot(here.house, reward)[:2] == (20_000, 20_000)
    assert calls_off(here, order, LOST) is None
    assert here.state(order) == "canceled"
    assert (ends(here, reward), extended(here)) == (ENDS, [])
    # Nor is it there for another order meanwhile.
    again = here.choose(7, reward)
    assert isinstance(again, Refuse)
    assert again.reason == "expired"
    time_goes_on(here, here.now + timedelta(seconds=1))
    assert lot(here.house, reward) == (0, 0, 0, "expired")
    # What was lost is told of the order afterwards too.
    settled = here.order(order).settled_at
    assert lost(here, order, settled) == [Ended(EUR_200, ENDS)]


def test_what_has_not_ended_has_the_days_that_it_had(here: Counter) -> None:
    reward, order = ordered(here)
    here.now = ENDS - timedelta(seconds=1)
    assert lost(here, order) == []
    assert calls_off(here, order) is None
    assert (ends(here, reward), extended(here)) == (ENDS, [])
    assert isinstance(here.choose(7, reward), Hold)


def test_nobody_keeps_value_by_ordering_it_again_and_again(here: Counter) -> None:
    reward, order = ordered(here)
    for _ in range(5):
        time_goes_on(here, here.now + timedelta(days=1))
        refused = calls_off(here, order, told_of(each.value for each in lost(here, order)))
        assert refused is None
        said = here.choose(7, reward)
        if not isinstance(said, Hold):
            break
        order = said.request
    time_goes_on(here, here.now + timedelta(seconds=1))
    assert lot(here.house, reward) == (0, 0, 0, "expired")
    assert here.now < ENDS + timedelta(days=2)


def test_they_are_told_before_what_they_lose_and_nothing_is_done_where_they_were_not(here: Counter) -> None:
    reward, order = ordered(here)
    here.now = ENDS
    assert lost(here, order) == [Ended(EUR_200, ENDS)]
    for told in ("", told_of([replace(EUR_200, amount_minor=1)]), told_of([EUR_200, Money(1, "PTS")])):
        assert calls_off(here, order, told) == Refuse("", ENDED)
    assert (here.state(order), lot(here.house, reward)[:2]) == ("reserved", (20_000, 20_000))
    assert calls_off(here, order, LOST) is None
    # What is settled or unknown is that, whatever they were told.
    assert calls_off(here, order, LOST) == Refuse("", "order:settled")
    assert calls_off(here, order) == Refuse("", "order:settled")
    assert calls_off(here, 4_711, LOST) == Refuse("", "order:unknown")


def test_what_is_taken_back_of_it_is_not_theirs_to_lose(here: Counter) -> None:
    reward, order = ordered(here)
    reverse(here, 7, reward, "forgive", (1, 4))
    here.now = ENDS
    assert lost(here, order) == [Ended(Money(15_000, "EUR"), ENDS)]
    assert calls_off(here, order, told_of([Money(15_000, "EUR")])) is None
    assert lot(here.house, reward)[:3] == (15_000, 0, 5_000)
    assert lost(here, order) == [Ended(Money(15_000, "EUR"), ENDS)]


@pytest.mark.parametrize("by", ["per_1", "worker"])
def test_whoever_else_calls_it_off_leaves_them_time_to_choose_again(here: Counter, by: str) -> None:
    reward, order = ordered(here)
    here.now = ENDS + timedelta(days=1)
    with here.house.opens(None)() as tx:
        assert cancel_order(tx, Taking(here.house.program_id, 7, order, by), here.now) is None
    assert (ends(here, reward), extended(here)) == (here.now + GRACE, ["order.canceled"])
    assert lost(here, order) == []
    assert isinstance(here.choose(7, reward), Hold)


def test_what_could_not_be_had_is_theirs_for_some_days_more(here: Counter) -> None:
    here.fakes["giftly"].faults.append("sold out")
    here.shelve("giftly:other", ["giftly"])
    here.house.enroll(7)
    here.tell(7)
    reward = here.house.reward(7, days=2)
    said = here.choose(7, reward, "giftly:other")
    assert isinstance(said, Hold), said
    here.now = ENDS + timedelta(days=1)
    here.work_on()
    assert here.state(said.request) == "failed"
    assert extended(here) == ["order.failed"]
    assert ends(here, reward) == here.order(said.request).settled_at + GRACE  # type: ignore[operator]
    assert isinstance(here.choose(7, reward), Hold)
