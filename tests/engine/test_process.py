"""The one way through, where it hurts: poison, races for the last of a budget, waiting, and any size of batch."""

import random
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

import pytest
from tests.engine.house import NOW, Deed, House, booked, drove

from guerdon.connectors.hubspot.mapping import map_body
from guerdon.engine.arrivals import Element, Meaning
from guerdon.engine.process import Batch, process_batch
from guerdon.program.model import Program
from guerdon.store.inbox import find_inbox

WAITS_FOR_A_LOCK = """
    select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
"""


def unreadable(program: Program, connection: str, body: bytes) -> Sequence[Element]:
    """A reader with a mistake in it: one contact's request makes it fail."""
    if b'"objectId":5,' in body:
        raise ValueError("a mistake of the reader")
    return map_body(program, connection, body)


def senseless(program: Program, connection: str, body: bytes) -> Sequence[Element]:
    """A reader with another mistake: it makes an event that the program does not have of one contact's change."""
    return [
        replace(e, type="never.declared") if isinstance(e, Meaning) and e.subject == "5" else e
        for e in map_body(program, connection, body)
    ]


@pytest.mark.parametrize("reader", [unreadable, senseless])
def test_one_poisonous_event_is_parked_alone_and_the_others_are_decided(house: House, reader: object) -> None:
    house.publish()
    house.enroll(range(1, 41))
    house.tell([booked(contact) for contact in range(1, 41)], per_request=1 if reader is unreadable else 40)
    with house.worker(reader) as worker:  # type: ignore[arg-type]
        worker.work()
    assert house.count("select count(*) from rewards") == 39
    assert house.rows("select count(*), min(reason), count(event_id) from quarantine") == [(1, "poison", 1)]
    assert house.count("select count(*) from inbox") == 0


def test_poison_says_what_it_did_and_where_it_stands(house: House) -> None:
    house.publish()
    house.enroll([4, 5])
    house.tell([booked(4), booked(5)])
    with house.worker(unreadable) as worker:
        worker.work()
    ((detail, position),) = house.rows(
        "select detail, position from quarantine join deliveries d on d.id = delivery_id"
    )
    assert detail == "It could not be decided: ValueError: a mistake of the reader"
    assert position == 0


def test_only_poison_leaves_an_empty_inbox_and_no_reward(house: House) -> None:
    house.publish()
    house.enroll([5])
    house.tell([booked(5)] * 3)
    with house.worker(unreadable) as worker:
        assert worker.work() == 3
        assert worker.work() == 0
    assert house.count("select count(*) from quarantine") == 3
    assert house.count("select count(*) from rewards") == 0


def test_who_decided_on_a_budget_that_another_spent_meanwhile_decides_again(house: House) -> None:
    house.publish(PT=20_000)
    house.enroll([1, 2], market="PT")
    house.tell([booked(1)])
    with house.worker() as first, house.worker() as second:
        lanes = first.lease().lanes
        with first.db.transaction():
            rows = find_inbox(first.db, lanes, 10)
            process_batch(first.db, first.library, Batch(rows, house.program_id), NOW)
            # The second sees a full budget, because the first has not committed, and then waits for its figures.
            house.tell([booked(2)])
            first.db.execute("delete from workers")
            first.db.execute("update lanes set holder = null, lease_until = '-infinity'")
            thread = threading.Thread(target=_work_on, args=(second, rows[0].id))
            thread.start()
            house.await_true(WAITS_FOR_A_LOCK)
        thread.join()
    assert house.rows("select market, outcome from events order by id") == [
        ("PT", "earned"),
        ("PT", "refused"),
    ]
    assert house.count("select count(*) from quarantine") == 0
    assert house.count("select posted from accounts where name = 'budget:by_market:PT'") == 0


def _work_on(worker: object, _: int) -> None:
    raise NotImplementedError
