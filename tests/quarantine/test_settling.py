"""What was set apart is tried again: once, by whoever is first, and it has one effect however it comes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from tests.engine.house import NOW
from tests.quarantine.house import WORD, House

from guerdon.engine.arrivals import Element
from guerdon.engine.quarantine.settling import put_away
from guerdon.program.model import Program
from guerdon.queries.quarantine.standing import find_parked
from guerdon.store.database import connect, transaction
from guerdon.store.quarantine.settling import Settled

BOOKINGS = (
    "select e.version, r.value from events e"
    " left join rewards r on r.program_id = e.program_id and r.event_id = e.id order by e.id"
)


def test_what_a_new_version_maps_is_decided_once_by_the_version_of_its_time(house: House) -> None:
    house.set_apart(1)
    assert [reason for reason, _ in house.standing()] == ["unmapped_value"]
    house.mend()
    assert len(house.retry().ids) == 1
    # It comes again by itself, before and after it is decided.
    assert house.keep([house.delivery(1)])[0].duplicates == 1
    house.work()
    assert house.keep([house.delivery(1)])[0].duplicates == 1
    house.work()
    assert house.rows(BOOKINGS) == [(1, 200_00)]
    assert house.standing() == []
    assert house.retry().ids == ()
    assert house.rows("select actor, action, detail ->> 'n' from audit where action like 'quarantine.%'") == [
        ("per_test", "quarantine.retried", "1")
    ]


def test_what_fails_again_stands_there_again_with_its_reason_and_its_tries(house: House) -> None:
    house.set_apart(1)
    for _ in range(2):
        house.retry(reason="unmapped_value")
        house.work()
    assert [reason for reason, _ in house.standing()] == ["unmapped_value"]
    ((number,),) = house.rows("select id from quarantine where settled_at is null")
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        found = find_parked(tx, int(str(number)))
    assert found is not None
    assert found.tries == 2
    assert house.retry(reason="poison").ids == ()


def test_two_who_try_the_same_at_once_try_it_once(house: House) -> None:
    contacts = range(1, 31)
    house.set_apart(*contacts)
    house.mend()
    start = Barrier(2)

    def tried(by: str) -> Sequence[int]:
        with connect(house.url, house.secret, "web") as db:
            start.wait()
            with transaction(db, house.program_id) as tx:
                return house.retry_in(tx, house.chosen(), by).ids

    with ThreadPoolExecutor(2) as staff:
        first, second = staff.map(tried, ("per_a", "per_b"))
    assert sorted([*first, *second]) == sorted(n for (n,) in house.rows("select id from quarantine"))  # type: ignore[type-var]
    house.work()
    assert house.rows(BOOKINGS) == [(1, 200_00)] * 30


def test_whoever_is_killed_while_trying_leaves_everything_as_it_was(house: House) -> None:
    house.set_apart(1)
    house.keep([house.delivery(2, unread=True)])
    house.mend()
    before = house.standing()

    def killed() -> None:
        with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
            assert len(house.retry_in(tx, house.chosen()).ids) == 2
            tx.execute("select pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(psycopg.OperationalError):
        killed()
    assert house.standing() == before
    assert house.count("select count(*) from inbox") == 0
    assert len(house.retry().ids) == 2
    house.work()
    assert house.rows(BOOKINGS) == [(1, 200_00)] * 2


def test_what_was_never_accepted_takes_its_key_and_counts_once(house: House) -> None:
    house.mend()
    # It comes again by itself and can be read; another comes under its id with other words.
    house.keep(
        [house.delivery(1, unread=True), house.delivery(2, unread=True), house.delivery(3, unread=True)]
    )
    house.keep([house.delivery(1), house.delivery(2, "canceled")])
    assert len(house.retry().ids) == 3
    assert [reason for reason, _ in house.standing()] == ["reused_id"]
    assert house.retry().ids == ()
    house.keep([house.delivery(3)])
    house.work()
    assert sorted(house.rows("select type, count(*) from events group by 1")) == [
        ("booking.canceled", 1),
        ("booking.confirmed", 2),
    ]
    assert house.count("select count(*) from rewards") == 2


def test_what_still_cannot_be_read_stands_there_again(house: House) -> None:
    made = house.delivery(1, unread=True)
    house.keep([type(made)(made.connection, b'[{"no": "event"}]', made.elements)])
    assert house.retry().again == 1
    ((reason, detail),) = house.rows("select reason, detail from quarantine where settled_at is null")
    assert reason == "malformed_event"
    assert "missing required field" in str(detail)


def test_poison_is_decided_after_the_fix(house: House) -> None:
    def broken(_: Program, __: str, ___: bytes) -> Sequence[Element]:
        raise ValueError(WORD)

    house.mend()
    house.keep([house.delivery(1)])
    with house.worker(broken) as worker:
        worker.work()
    assert [reason for reason, _ in house.standing()] == ["poison"]
    lanes = house.rows("select lane between 0 and 15 from quarantine")
    assert lanes == [(True,)]
    house.retry()
    house.work()
    assert house.rows(BOOKINGS) == [(1, 200_00)]


def test_what_is_put_away_stays_with_the_reason_and_is_not_tried_again(house: House) -> None:
    house.set_apart(1, 2)
    ((number,),) = house.rows("select min(id) from quarantine")
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        settled = Settled("per_test", NOW)
        assert put_away(tx, house.chosen(int(str(number))), settled, "a test of the CRM") == [number]
        assert put_away(tx, house.chosen(int(str(number))), settled, "again") == []
    assert len(house.standing()) == 1
    assert house.rows("select settled_for from quarantine where settled_as = 'put_away'") == [
        ("a test of the CRM",)
    ]
    house.mend()
    assert len(house.retry().ids) == 1
    house.work()
    assert house.rows(BOOKINGS) == [(1, 200_00)]
