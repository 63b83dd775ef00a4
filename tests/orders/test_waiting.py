"""A date that is full: who waits is offered what comes free, in turn, for a while; exact under races."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event, current_thread
from typing import Any

import psycopg
import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.races import RACED, Race
from tests.redeem.house import NOW, opened_house

from guerdon.engine.orders.canceling import Taking, cancel_order
from guerdon.engine.orders.waiting import OFFER_KEEPS, Turn, Waits, ask_to_wait, leave
from guerdon.engine.redeeming import writing
from guerdon.ledger.effects import Hold, Refuse
from guerdon.store.database import Connection, Role, Transaction
from guerdon.store.orders.fulfillments import take_slot

TOUR = "giftly:tour"


@pytest.fixture
def counter(database: str, secret: str) -> Iterator[Counter]:
    """Give a counter with a tour of two places."""
    # Orders stay open here, so its books are checked as the controls do.
    here = Counter(opened_house(database, secret).__enter__(), {"giftly": Fake("giftly")})
    here.shelve(TOUR, ["manual"], slots=[(1, 2)])
    yield here
    here.check()


def wants(here: Counter, member: int) -> Hold | Refuse:
    """Have a member choose the tour."""
    if not here.house.rows("select from members where member_id = %(m)s", m=member):
        here.house.enroll(member)
        here.tell(member)
        here.house.reward(member)
    ((reward,),) = here.house.rows("select id from rewards where member_id = %(m)s", m=member)
    said = here.choose(member, int(str(reward)), TOUR, slot_id=1)
    assert isinstance(said, Hold | Refuse), said
    return said


def waits(here: Counter, member: int, slot: int = 1) -> Waits:
    with here.house.opens(member)() as tx:
        return ask_to_wait(tx, here.program, Turn(here.house.program_id, member, TOUR, slot), here.now)


def leaves(here: Counter, member: int) -> bool:
    with here.house.opens(member)() as tx:
        return leave(tx, here.program, Turn(here.house.program_id, member, TOUR, 1), here.now)


def calls_off(here: Counter, member: int, order: int) -> None:
    with here.house.opens(member)() as tx:
        taking = Taking(here.house.program_id, member, order, "member")
        assert cancel_order(tx, taking, here.now) is None


def lists(here: Counter) -> list[tuple[object, ...]]:
    return here.house.rows("select member_id, state from slot_waits order by id")


def test_who_waits_is_offered_what_comes_free_in_turn_and_for_a_while(counter: Counter) -> None:
    here = counter
    first = wants(here, 1)
    assert isinstance(first, Hold)
    here.house.enroll(9)
    assert waits(here, 9) == "free"
    assert isinstance(wants(here, 2), Hold)
    for member in (3, 4, 5):
        assert isinstance(wants(here, member), Refuse)
        assert waits(here, member) == "waits"
    assert waits(here, 4) == "again"
    assert waits(here, 4, slot=77) == "unknown"
    calls_off(here, 1, first.request)
    # Whoever comes by now passes nobody by, and an offer is not there yet.
    assert isinstance(wants(here, 6), Refuse)
    assert isinstance(wants(here, 3), Refuse)
    here.work()
    assert lists(here) == [(3, "offered"), (4, "waiting"), (5, "waiting")]
    assert here.house.rows("select taken, waiting from catalog_slots") == [(2, 2)]
    assert isinstance(wants(here, 4), Refuse)
    assert isinstance(wants(here, 3), Hold)
    assert isinstance(wants(here, 3), Refuse)
    ((second,),) = here.house.rows("select order_id from fulfillments where member_id = 2")
    calls_off(here, 2, int(str(second)))
    here.work()
    assert lists(here) == [(3, "taken"), (4, "offered"), (5, "waiting")]
    # It was kept for long enough: the next one's.
    here.work(OFFER_KEEPS.total_seconds() + 1)
    assert lists(here) == [(3, "taken"), (4, "lapsed"), (5, "offered")]
    assert isinstance(wants(here, 4), Refuse)
    assert leaves(here, 5)
    assert not leaves(here, 5)
    here.work()
    assert here.house.rows("select taken, waiting from catalog_slots") == [(1, 0)]
    assert isinstance(wants(here, 6), Hold)
    found = here.house.rows(
        "select action, count(*) from audit where action like 'place.%%' group by 1 order by 1"
    )
    assert found == [("place.left", 1), ("place.offered", 3), ("place.told", 3), ("place.waited", 3)]


def test_a_place_of_another_market_is_neither_taken_nor_waited_for(counter: Counter) -> None:
    here = counter
    for member in (1, 2):
        assert isinstance(wants(here, member), Hold)
    with here.house.working() as tx:
        tx.execute("update catalog_slots set market = 'NO'")
    # Full or not, it is no place of hers, whatever was posted.
    assert wants(here, 3).reason == "slot:unknown"
    assert waits(here, 3) == "unknown"
    here.house.enroll(9, "NO")
    assert waits(here, 9) == "unknown"
    with psycopg.connect(here.house.url, options="-c search_path=guerdon") as db:
        db.execute("update catalog_items set markets = '{DE,NO}'")
    # The item is hers now, and its place; but not if her market does not allow it.
    here.program = replace(here.program, allowed={"NO": frozenset()})
    assert waits(here, 9) == "unknown"
    here.program = replace(here.program, allowed={})
    assert waits(here, 9) == "waits"


def test_a_limit_that_was_lifted_is_none(counter: Counter) -> None:
    here = counter

    def chooses() -> str:
        said = here.choose(3, reward, TOUR)
        return said.reason if isinstance(said, Refuse) else type(said).__name__

    for member in (1, 2):
        assert isinstance(wants(here, member), Hold)
    here.house.enroll(3)
    here.tell(3)
    reward = here.house.reward(3)
    assert chooses() == "sold_out"
    with here.house.working() as tx:
        tx.execute("update catalog_slots set gone_at = %s, starts_at = %s", (NOW, NOW + timedelta(days=9)))
    # Of dates that are all gone none is left.
    assert chooses() == "slot:unknown"
    with here.house.working() as tx:
        tx.execute("update catalog_slots set starts_at = null")
    assert chooses() == "Hold"


def test_nobody_waits_for_what_is_over(counter: Counter) -> None:
    here = counter
    wants(here, 1)
    wants(here, 2)
    wants(here, 3)
    assert waits(here, 3) == "waits"
    begins = here.now + timedelta(hours=1)
    with here.house.working() as tx:
        tx.execute("update catalog_slots set starts_at = %s", (begins,))
    here.work(3600)
    assert lists(here) == [(3, "lapsed")]
    assert here.house.rows("select taken, waiting from catalog_slots") == [(2, 0)]


def test_who_saw_a_place_before_others_waited_for_it_passes_nobody_by(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They find it free; before they take it, it is taken, waited for, and comes free again."""
    here, saw, may_take = counter, Event(), Event()
    first = wants(here, 1)
    assert isinstance(first, Hold)
    # Both are members with something to choose with, and have chosen nothing yet.
    for member in (2, 3, 4):
        here.house.enroll(member)
        here.tell(member)
        here.house.reward(member)

    def take_late(tx: Transaction, *place: Any) -> bool:
        if current_thread().name == "late":
            saw.set()
            assert may_take.wait(60)
        return take_slot(tx, *place)

    monkeypatch.setattr(writing, "take_slot", take_late)

    def late() -> Hold | Refuse:
        current_thread().name = "late"
        return wants(here, 2)

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(late)
        assert saw.wait(60)
        try:
            assert isinstance(wants(here, 3), Hold)
            assert waits(here, 4) == "waits"
            calls_off(here, 1, first.request)
            # There is a place again, and it is not anybody's who comes by.
            assert here.house.rows("select taken, capacity, waiting from catalog_slots") == [(1, 2, 1)]
        finally:
            may_take.set()
        said = asked.result()
    assert isinstance(said, Refuse)
    assert said.reason == "sold_out"
    here.work()
    assert lists(here) == [(4, "offered")]
    assert here.house.rows("select taken, capacity, waiting from catalog_slots") == [(2, 2, 0)]
    assert isinstance(wants(here, 4), Hold)


@RACED
def test_a_place_goes_to_one_of_all_who_want_it_at_once(counter: Counter, race: Race) -> None:
    """Those who wait, those who come by, those who leave and those who take it, while it comes free."""
    here = counter
    orders = [wants(here, member) for member in (1, 2)]
    crowd = range(3, 11)
    for member in crowd:
        assert isinstance(wants(here, member), Refuse)
    for member in crowd[:6]:
        assert waits(here, member) == "waits"
    for member, order in zip((1, 2), orders, strict=True):
        assert isinstance(order, Hold)
        calls_off(here, member, order.request)

    def taking(member: int) -> Callable[[Connection], list[Hold]]:
        return lambda _: [each for _ in range(6) if isinstance(each := wants(here, member), Hold)]

    def working(_: Connection) -> list[Hold]:
        for _turn in range(4):
            here.work()
        return []

    def leaving(_: Connection) -> list[Hold]:
        leaves(here, 4)
        return []

    doings: list[tuple[Role, Callable[[Connection], list[Hold]]]]
    doings = [("web", taking(member)) for member in crowd]
    doings += [("worker", working), ("worker", working), ("web", leaving)]
    assert all(len(held) <= 1 for held in race.run(here.house, doings))
    here.work()
    ((taken, capacity, waiting),) = here.house.rows("select taken, capacity, waiting from catalog_slots")
    standing, kept, left = here.house.rows(
        """
        select (select count(*) from fulfillments where state = 'reserved'),
               (select count(*) from slot_waits where state = 'offered'),
               (select count(*) from slot_waits where state = 'waiting')
        """
    )[0]
    assert (taken, capacity) == (2, 2)
    assert int(str(standing)) + int(str(kept)) == taken
    assert waiting == left
    # Nobody who never waited got one while others did.
    assert here.house.rows(
        "select count(*) from fulfillments where state = 'reserved' and member_id in (9, 10)"
    ) == [(0,)]
