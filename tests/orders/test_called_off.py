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
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.spending import GRACE
from guerdon.ledger.effects import Hold, Refuse
from guerdon.program.catalog.nouns import Catalog
from guerdon.queries.orders.ended import Ended, as_reason, list_ended, lost_by, told_of
from guerdon.store.database import connect
from guerdon.values.ids import show
from guerdon.values.money import Money

EUR_200 = Money(20_000, "EUR")
ENDS = NOW + timedelta(days=2)
LOST = told_of([EUR_200])
EUR_50, EUR_100, EUR_150 = (Money(euros * 100, "EUR") for euros in (50, 100, 150))
# Of any amount, by a supplier and by staff.
ASKED, KEPT = "giftly:any", "giftly:some"


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
        said = call_off(tx, taking, told, here.now)
    return said if isinstance(said, Refuse) else None


def staff_cancel(here: Counter, order: int, by: str = "per_1") -> None:
    with here.house.opens(None)() as tx:
        assert cancel_order(tx, Taking(here.house.program_id, 7, order, by), here.now) is None


def in_parts(here: Counter, *parts: tuple[str, Money]) -> tuple[int, list[int]]:
    """Two hundred euros that end in two days, and orders of parts of them: (item, how much)."""
    here.program = replace(here.program, catalog=Catalog(split=True))
    here.desk = here.new_desk()
    more = {"denominations": [], "range_min": 500, "range_max": 30_000, "range_step": 500}
    here.shelve(ASKED, ["giftly"], more=more)
    here.shelve(KEPT, ["manual"], more=more)
    here.house.enroll(7)
    here.tell(7)
    reward, orders, left = here.house.reward(7, days=2), list[int](), EUR_200.amount_minor
    for item, face in parts:
        said = here.choose(7, reward, item, face=face, left_minor=left)
        assert isinstance(said, Hold), said
        orders.append(said.request)
        left -= face.amount_minor
    return reward, orders


def refused(here: Counter, reward: int, face: Money, left: int) -> str:
    """Why so much of a reward cannot be used, of which so much is shown to be left."""
    said = here.choose(7, reward, KEPT, face=face, left_minor=left)
    assert isinstance(said, Refuse), said
    return said.reason


def expired(here: Counter) -> list[tuple[object, ...]]:
    """What ended, event by event: its word, and how much."""
    return here.house.rows(
        """
        select e.type, (f ->> 'amount')::bigint from events e, json_array_elements(e.decision -> 'effects') f
        where f ->> 'type' = 'expire' order by e.id
        """
    )


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
    less = told_of([replace(EUR_200, amount_minor=19_999)])
    for told in ("", less, "PTS:20000", "EUR", "EUR:-20000", "EUR:20000,PTS:1", "EUR:" + "9" * 5_000):
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


def test_who_was_told_of_more_than_they_lose_may_call_it_off(here: Counter) -> None:
    reward, order = ordered(here)
    # It may have been let last longer since.
    assert calls_off(here, order, told_of([EUR_200, Money(1, "PTS")])) is None
    assert here.order(order).reason == ""
    assert (lot(here.house, reward), ends(here, reward)) == ((20_000, 0, 0, "ready"), ENDS)


def test_what_is_left_where_a_rule_takes_of_it_gets_no_days_more(here: Counter) -> None:
    reward, order = ordered(here)
    reverse(here, 7, reward, "forgive", (1, 4))
    time_goes_on(here, ENDS + timedelta(days=1))
    here.work()
    assert here.state(order) == "canceled"
    assert (ends(here, reward), extended(here)) == (ENDS, [])
    assert lost_by(here.order(order).reason) == [Ended(EUR_150, ENDS)]
    time_goes_on(here, here.now + timedelta(seconds=1))
    assert lot(here.house, reward) == (0, 0, 5_000, "expired")


def test_staff_who_call_it_off_leave_them_time_to_choose_again(here: Counter) -> None:
    reward, order = ordered(here)
    here.now = ENDS + timedelta(days=1)
    staff_cancel(here, order)
    assert here.order(order).reason == ""
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


@pytest.mark.parametrize("end", ["failed", "canceled"])
def test_what_was_lost_of_a_lot_stays_lost_when_more_of_it_comes_back(here: Counter, end: str) -> None:
    reward, (first, second) = in_parts(here, (ASKED, EUR_50), (KEPT, EUR_150))
    here.now = ENDS + timedelta(hours=1)
    assert calls_off(here, second, told_of([EUR_150])) is None
    for _ in range(3):
        time_goes_on(here, here.now + timedelta(days=1))
    if end == "failed":
        here.fakes["giftly"].faults.append("sold out")
        here.work_on()
    else:
        staff_cancel(here, first)
    assert here.state(first) == end
    # The part that failed has its days, and nothing else of the lot does.
    settled = here.order(first).settled_at
    assert settled is not None
    assert (lot(here.house, reward), ends(here, reward)) == ((5_000, 0, 0, "ready"), settled + GRACE)
    assert extended(here) == [f"order.{end}"]
    assert expired(here) == [(f"order.{end}", 15_000)]
    assert refused(here, reward, EUR_150, 5_000) == "item:value"
    assert isinstance(here.choose(7, reward, KEPT, face=EUR_50, left_minor=5_000), Hold)


def test_what_was_never_ordered_of_it_ends_too(here: Counter) -> None:
    reward, (only,) = in_parts(here, (KEPT, EUR_50))
    time_goes_on(here, ENDS + timedelta(days=1))
    staff_cancel(here, only)
    assert lot(here.house, reward) == (5_000, 0, 0, "ready")
    assert expired(here) == [("order.canceled", 15_000)]


def test_what_has_not_ended_of_it_stays_free(here: Counter) -> None:
    reward, (only,) = in_parts(here, (KEPT, EUR_50))
    here.now = ENDS - timedelta(seconds=1)
    staff_cancel(here, only)
    assert (lot(here.house, reward), expired(here)) == ((20_000, 0, 0, "ready"), [])


def test_what_was_lost_stays_lost_and_told_when_a_delivered_part_is_returned(here: Counter) -> None:
    parts = ((ASKED, EUR_50), (KEPT, EUR_100), (KEPT, EUR_50))
    reward, (delivered, called_off, kept) = in_parts(here, *parts)
    here.work()
    assert here.state(delivered) == "fulfilled"
    time_goes_on(here, ENDS + timedelta(days=1))
    assert calls_off(here, called_off, told_of([EUR_100])) is None
    # Another order keeps a part of it, so no timer ended it.
    time_goes_on(here, here.now + timedelta(days=1))
    assert lot(here.house, reward) == (15_000, 5_000, 0, "ready")
    assert isinstance(here.returned(delivered), Done)
    assert (lot(here.house, reward), ends(here, reward)) == ((10_000, 5_000, 0, "ready"), here.now + GRACE)
    assert expired(here) == [("value.restored", 10_000)]
    assert lost_by(here.order(called_off).reason) == [Ended(EUR_100, ENDS)]
    assert refused(here, reward, EUR_100, 5_000) == "item:value"
    assert here.state(kept) == "reserved"


def test_what_was_lost_is_kept_as_the_reason_of_its_order() -> None:
    lost = [Ended(EUR_200, ENDS), Ended(Money(1, "PTS"), ENDS + timedelta(seconds=1, microseconds=5))]
    assert lost_by(as_reason(lost)) == lost
    assert as_reason([]) == ""
    # Words of another kind stand there too.
    assert lost_by("") == lost_by("staff") == lost_by("refused:again") == []
