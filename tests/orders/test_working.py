"""The worker's loop by the real clock: two of them share the work, keep one pace, and none does another's."""

import time
from collections import deque
from contextlib import closing
from threading import Event, Thread

from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.redeem.house import opened_house

from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.working import keep_ordering
from guerdon.engine.turns import Turns
from guerdon.store.database import connect
from guerdon.values.clock import utc_now

ORDERS = 40


def test_two_workers_share_the_orders_of_an_account_and_keep_its_pace(database: str, secret: str) -> None:
    with opened_house(database, secret) as house:
        faults = deque(["lost", "", "unreachable", "pending", "", "limit"])
        giftly = Fake("giftly", per_minute=1_200, faults=faults)
        here = Counter(house, {"giftly": giftly})
        here.shelve()
        orders = [here.ordered(member) for member in range(1, ORDERS + 1)]
        stop, began = Event(), time.monotonic()
        desks = [here.new_desk() for _ in range(2)]
        for desk in desks:
            desk.clock = utc_now
        threads = [Thread(target=_worked, args=(here, desk, stop)) for desk in desks]
        for thread in threads:
            thread.start()
        try:
            while time.monotonic() - began < 60:
                if {here.state(order) for order in orders} == {"fulfilled"}:
                    break
                time.sleep(0.1)
        finally:
            took_s = time.monotonic() - began
            stop.set()
            for thread in threads:
                thread.join()
        assert {here.state(order) for order in orders} == {"fulfilled"}
        # Twenty a second, and a second's worth saved up at first.
        assert len(giftly.asked) <= 20 * (took_s + 1) + 1
        # Whoever asks says that it lives.
        assert all(desk.renewed > 0 for desk in desks) or took_s < 2
        here.check()


def _worked(here: Counter, desk: Desk, stop: Event) -> None:
    house = here.house
    with closing(connect(house.url, house.secret, "worker")) as db:
        keep_ordering(db, desk, Turns(utc_now, stop), lambda: connect(house.url, house.secret, "worker"))
