"""Waiting for turns: what has begun ends at any pace, and nothing goes out for an order that is another's."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import cast

import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.redeem.house import NOW, opened_house
from tests.suppliers.desk import Recorded, answered, order
from tests.suppliers.test_limits import Shop, opened_shop

from guerdon.engine.orders import working
from guerdon.engine.orders.desk import Desk, OpensAside
from guerdon.engine.orders.lanes import paces
from guerdon.engine.orders.lanes.turnstile import (
    BLIND_S,
    Aside,
    Patience,
    by_turns,
    next_turn,
    turns_of,
)
from guerdon.engine.orders.port import Absent, Account, Ask, Later, Pace, Supplier, Told
from guerdon.engine.orders.working import keep_ordering, order_once
from guerdon.engine.turns import Turns
from guerdon.store.database import UNAVAILABLE, Connection, connect, transaction
from guerdon.store.orders.lanes import Lane
from guerdon.suppliers import vendors
from guerdon.suppliers.turns import ByTurns
from guerdon.values.clock import utc_now
from guerdon.web.console.orders.acting import TURN_S

ONE_A_MINUTE = Pace(1, 60.0)


def stile(shop: Shop, db: Connection, patience: Patience) -> Callable[[], float]:
    program_id = shop.house.program_id
    return turns_of(lambda each: transaction(db, each), program_id, shop.stand.account(), patience)


def test_a_lost_answer_is_found_at_the_lowest_pace(database: str, secret: str) -> None:
    with opened_shop(database, secret, "runa", ONE_A_MINUTE) as shop, shop.worker() as (db, desk):
        shop.order(range(1, 2))
        # It was made, and nobody heard of it: to find it, their list is read, and then the order.
        shop.stand.world.faults.next.append("cut")
        for _ in range(40):
            order_once(db, desk, shop.time())
            shop.time.sleep(20)
            if shop.fulfilled():
                break
        assert shop.fulfilled() == 1
        shop.stand.is_kept()


def test_staff_who_began_a_question_are_told_its_end(database: str, secret: str) -> None:
    with opened_shop(database, secret, "runa", ONE_A_MINUTE) as shop, shop.worker() as (db, _):
        shop.settles(db)
        other = {
            "id": "O-1",
            "status": "COMPLETED",
            "description": "ord_other",
            "created_at": NOW.isoformat(),
        }
        first = answered({"items": [other], "pagination": {"cursors": {"after": "a"}}})
        last = answered({"items": [], "pagination": {"cursors": {"after": None}}})
        http = Recorded([first, last])
        named = Account("cards", "https://their.example", "key", pace=ONE_A_MINUTE)
        account = vendors()["runa"].opens(ByTurns(http), named)
        began = shop.time()
        with by_turns(stile(shop, db, Patience(shop.time, TURN_S, sleep=shop.time.sleep))):
            assert isinstance(account.find(order(first_asked_at=NOW)), Absent)
        assert shop.time() - began > timedelta(seconds=60)
        # Of the first there is none for so long: they are told to try again.
        with by_turns(stile(shop, db, Patience(shop.time, TURN_S, sleep=shop.time.sleep))):
            assert isinstance(account.find(order(first_asked_at=NOW)), Later)
        assert len(http.asked) == 2


def test_nothing_goes_out_once_the_order_may_be_somebody_elses(database: str, secret: str) -> None:
    with opened_shop(database, secret, "tremendous", Pace(10, 1.0)) as shop, shop.worker() as (db, desk):
        shop.order(range(1, 2))
        tick = [0.0]
        desk.tick = lambda: tick[0]
        desk.opens, stale = _slowly(desk, tick), shop.time()
        shop.time.sleep(5)
        # While its turn was waited for, nobody said that it is still ours.
        order_once(db, desk, stale)
        assert (shop.fulfilled(), shop.stand.asked) == (0, [])
        assert shop.house.rows("select state, reason from fulfillments") == [("reserved", "turn")]
        shop.time.sleep(5)
        desk.tick = time.monotonic
        order_once(db, desk, shop.time())
        assert shop.fulfilled() == 1


def _slowly(desk: Desk, tick: list[float]) -> OpensAside:
    opens = desk.opens
    assert opens is not None

    @contextmanager
    def opened(program_id: int) -> Iterator[Connection]:
        tick[0] += 10
        with opens(program_id) as tx:
            yield tx

    return opened


def test_who_is_woken_before_the_turn_has_none(database: str, secret: str) -> None:
    with opened_shop(database, secret, "tremendous", Pace(1, 1.0)) as shop, shop.worker() as (db, _):
        shop.settles(db)
        woken = list[float]()

        def wakes(seconds: float) -> bool:
            woken.append(seconds)
            return True

        turn = stile(shop, db, Patience(shop.time, 30.0, sleep=wakes))
        assert turn() == 0.0
        waits_s = turn()
        assert woken == [waits_s]
        assert waits_s > 0


def test_nobody_opens_what_nobody_would_close(database: str, secret: str) -> None:
    with opened_house(database, secret) as house:
        opened = list[Connection]()

        def connected() -> Connection:
            opened.append(connect(house.url, house.secret, "worker"))
            return opened[-1]

        aside = Aside(connected)
        with aside.opens(house.program_id) as tx:
            tx.execute("select 1")
        aside.close()
        with pytest.raises(UNAVAILABLE), aside.opens(house.program_id):
            pass
        assert [each.closed for each in opened] == [True]
        assert aside.sleep(600) is True
        account = cast("Supplier", Fake("cards"))
        assert turns_of(aside.opens, house.program_id, account, Patience(utc_now, 30.0))() == BLIND_S


class Slow(Fake):
    """It takes three requests to place an order there, each in its turn."""

    begun: Event
    turns: list[float]
    opens: list[bool]
    desk: Desk

    def place(self, ask: Ask) -> Told:
        self.turns.append(next_turn())
        self.begun.set()
        for _ in range(2):
            self.turns.append(next_turn())
            self.opens.append(self.desk.opens is not None)
        return super().place(ask)


class Broken(Exception):  # noqa: N818  no fault: it is made to end
    """The loop ends, with a question under way."""


def test_a_loop_that_breaks_off_wakes_its_threads_and_leaves_nothing_open(
    database: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_house(database, secret) as house:
        # A turn comes every 6.7 s.
        slow = Slow("slow", per_minute=10)
        slow.begun, slow.turns, slow.opens = Event(), [], []
        here = Counter(house, {"slow": slow})
        here.shelve()
        here.ordered()
        desk = here.new_desk()
        desk.clock, slow.desk = utc_now, desk
        opened, fences = list[Connection](), list[object]()

        def connected() -> Connection:
            opened.append(connect(house.url, house.secret, "worker"))
            return opened[-1]

        def breaks(*_: object) -> None:
            fences.append(desk.fence)
            assert slow.begun.wait(20)
            raise Broken

        began = time.monotonic()
        for _ in range(2):
            with monkeypatch.context() as patch, closing(connected()) as db:
                patch.setattr(working, "watch_orders", breaks)
                with pytest.raises(Broken):
                    keep_ordering(db, desk, Turns(utc_now, Event()), connected)
        assert time.monotonic() - began < 5
        # Its second and third requests had no turn, and no thread went on without any limit.
        assert slow.turns[0] == 0.0
        assert all(turn > 0 for turn in slow.turns[1:])
        assert slow.opens == [True, True]
        assert [each.closed for each in opened] == [True] * len(opened)
        # The loop's own, twice, and that of its threads.
        assert len(opened) >= 3
        # What was under way is nobody's by that: a new loop does not say that it is its own.
        assert fences[0] != fences[1]
        assert desk.opens is None
        assert desk.sleep is time.sleep
        # Once its claim is over, whoever looks goes on with it.
        assert house.rows("select state from fulfillments") == [("ordered",)]
        here.now = utc_now() + timedelta(seconds=20)
        assert here.work() == 1
        assert house.rows("select state from fulfillments") == [("fulfilled",)]


def test_a_clock_that_lags_takes_back_nothing_that_was_counted() -> None:
    pace = Pace(10, 1.0)
    empty = replace(Lane("cards", 0.0, NOW, 0, None, None, None, ""), locked_at=NOW)
    lagging = paces.filled(empty, pace, NOW - timedelta(seconds=6))
    assert (lagging.filled_at, lagging.tokens) == (NOW, 0.0)
    assert paces.filled(lagging, pace, NOW).tokens == 0.0
    # Whose clock is the database's knows that the other was wrong.
    right = paces.filled(
        replace(empty, locked_at=NOW - timedelta(seconds=6)), pace, NOW - timedelta(seconds=6)
    )
    assert right.filled_at == NOW - timedelta(seconds=6)


def test_a_process_that_lags_leaves_the_lane_as_it_was_counted(database: str, secret: str) -> None:
    with opened_shop(database, secret, "tremendous", Pace(10, 1.0)) as shop, shop.worker() as (db, _):
        shop.time.now = utc_now()
        shop.settles(db)
        tokens, filled_at = shop.lane()
        shop.time.now -= timedelta(seconds=6)
        assert stile(shop, db, Patience(shop.time, 4.0, sleep=shop.time.sleep))() > 0
        assert shop.lane() == (tokens, filled_at)
        assert stile(shop, db, Patience(shop.time, 8.0, sleep=shop.time.sleep))() == 0.0
        assert shop.lane() == (tokens - 1, filled_at)
