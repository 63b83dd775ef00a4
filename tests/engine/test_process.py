"""The one way through, where it hurts: poison, the last of a budget, waiting, any size of batch."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count

import pytest
from msgspec.structs import replace
from tests.engine.house import NOW, House, Worker, booked, drove
from tests.races import RACED, Race

from guerdon.connectors.hubspot.mapping import map_body
from guerdon.connectors.hubspot.sample import sample_delivery
from guerdon.engine.arrivals import LANES, Arrival, Element, Mapper, Meaning
from guerdon.engine.process import Batch, process_batch
from guerdon.engine.scenarios.scenario import PropertyChange
from guerdon.program.model import Program
from guerdon.store.inbox import find_inbox

SOMEBODY_WAITS_FOR_THE_BUDGET = """
    select exists (
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%from accounts%'
    )
"""


def unreadable(program: Program, connection: str, body: bytes) -> Sequence[Element]:
    """A reader with a mistake in it: one contact's request makes it fail."""
    if b'"objectId":5,' in body:
        raise ValueError("a mistake of the reader")
    return map_body(program, connection, body)


def senseless(program: Program, connection: str, body: bytes) -> Sequence[Element]:
    """A reader with another mistake: of one contact's change it makes an event that nobody declared."""
    return [
        replace(e, type="never.declared") if isinstance(e, Meaning) and e.subject == "5" else e
        for e in map_body(program, connection, body)
    ]


@pytest.mark.parametrize("reader", [unreadable, senseless])
def test_one_poisonous_event_is_parked_alone_and_the_others_are_decided(house: House, reader: Mapper) -> None:
    house.publish()
    house.enroll(range(1, 41))
    house.tell([booked(contact) for contact in range(1, 41)], per_request=1 if reader is unreadable else 40)
    with house.worker(reader) as worker:
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


def shared_lanes(*workers: Worker) -> None:
    """Lease until everybody has a fair share: who holds too much lets go when asked the next time."""
    while (
        len({len(worker.lease().lanes) for worker in workers}) > 1
        or len(workers[0].lease().lanes) * len(workers) > LANES
    ):
        pass


def contacts_of(house: House, worker: Worker) -> Iterator[int]:
    """Contacts whose events this worker decides."""
    lanes, connection = worker.lease().lanes, house.program.connections["hubspot_eu"]
    for contact in count(1):
        (element,) = sample_delivery(connection, [PropertyChange(str(contact), "any", "", NOW, 1)]).elements
        assert isinstance(element, Arrival)
        if element.lane in lanes:
            yield contact


def test_who_decided_on_a_budget_that_another_spent_meanwhile_decides_again(house: House) -> None:
    house.publish(PT=20_000)
    with house.worker() as first, house.worker() as second, ThreadPoolExecutor() as threads:
        shared_lanes(first, second)
        one, other = next(contacts_of(house, first)), next(contacts_of(house, second))
        house.enroll([one, other], market="PT")
        house.tell([booked(one), booked(other)])
        lanes = first.lease().lanes
        with first.db.transaction():
            rows = find_inbox(first.db, lanes, 10)
            process_batch(first.db, first.library, Batch(rows, house.program_id), NOW)
            # The second finds the budget full, for the first has not committed, and then waits until it has.
            working = threads.submit(second.work)
            house.await_true(SOMEBODY_WAITS_FOR_THE_BUDGET)
        assert working.result() == 1
    assert sorted(house.rows("select market, outcome from events")) == [("PT", "earned"), ("PT", "refused")]
    assert house.count("select count(*) from quarantine") == 0
    assert house.count("select posted from accounts where name = 'budget:by_market:PT'") == 0


@RACED
def test_many_workers_never_overspend_a_budget(house: House, race: Race) -> None:
    # More than a worker for each lane there cannot be: the other half of a race's connections would watch.
    among = race.connections // 2
    people = range(1, 10 * among + 1)
    house.publish(PT=25_000 * among)
    house.enroll(people, market="PT")
    deeds = [deed for contact in people for deed in (booked(contact), drove(contact))]
    random.Random(race.round_).shuffle(deeds)  # noqa: S311  seeded, not secret
    house.tell(deeds, per_request=8)
    with ExitStack() as stack:
        workers = [stack.enter_context(house.worker()) for _ in range(among)]
        shared_lanes(*workers)
        with ThreadPoolExecutor(among) as threads:
            decided = list(threads.map(lambda worker: worker.work(at_most=3), workers))
    race.figures.update(workers=among, decided=sum(decided))
    assert sum(decided) == len(deeds)
    assert min(decided) > 0
    assert house.count("select count(*) from events") == len(deeds)
    left = house.count("select posted from accounts where name = 'budget:by_market:PT'")
    # Nothing is left that could have paid what was refused.
    assert 0 <= left < 2_500
    assert house.rows("select sum(value)::bigint from rewards") == [(25_000 * among - left,)]


def test_events_wait_for_their_contact_and_are_decided_when_it_comes(house: House) -> None:
    house.publish()
    house.enroll([1])
    house.tell([booked(1), booked(2), drove(2)], per_request=3)
    with house.worker() as worker:
        worker.work()
        assert house.rows("select external_id, type from waiting order by id") == [
            ("2", "booking.confirmed"),
            ("2", "test_drive.completed"),
        ]
        assert house.enroll([2, 3]).released == 2
        assert worker.work() == 2
    assert house.count("select count(*) from rewards") == 3
    assert house.count("select count(*) from waiting") == 0


@pytest.mark.parametrize("at_most", [1, 7])
def test_a_batch_of_any_size_decides_the_same(house: House, at_most: int) -> None:
    chance = random.Random(7)  # noqa: S311  seeded, not secret
    deeds = [chance.choice((booked, drove))(chance.randint(1, 25)) for _ in range(250)]
    states = []
    for key, size in (("in_one_batch", 1000), ("in_small_ones", at_most)):
        house.publish(key, PT=300_000)
        house.enroll(range(1, 24), market="PT")
        house.tell(deeds, per_request=25)
        with house.worker() as worker:
            worker.work(size)
        house.check()
        states.append(house.state())
    assert states[0] == states[1]
    assert {outcome for _, outcome, *_ in states[0]["events"]} == {"earned", "refused"}
