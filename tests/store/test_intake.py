"""What the door writes: each event once, also when it comes by two doors in the same instant."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.races import RACED, Race
from tests.web.intake.house import House, change, furnished, packed

from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.engine.arrivals import Arrival, Unusable
from guerdon.engine.intake import Delivery, Kept, keep_deliveries
from guerdon.store.database import Connection, connect, transaction
from guerdon.values.clock import utc_now


@pytest.fixture
def house(database: str, secret: str, tmp_path: Path) -> House:
    """Return a furnished house with no process running."""
    return furnished(database, secret, tmp_path)


def delivery(*changes: object) -> Delivery:
    body = packed(*changes)
    read = read_arrivals(body)
    return Delivery("hubspot_eu", body, [read] if isinstance(read, Unusable) else read)


def keep(house: House, *deliveries: Delivery) -> list[Kept]:
    with connect(house.url, house.secret, "web") as web:
        return keep_deliveries(web, house.vault, house.program_id, deliveries, utc_now())


def keep_while_another_has(
    house: House, first: Delivery, second: Delivery, *, then_commit: bool = True
) -> tuple[Kept, Kept]:
    """Keep the second while the first is written and not yet committed; what each was told."""
    told: list[Kept] = []

    def keep_second() -> None:
        told.extend(keep(house, second))

    thread = threading.Thread(target=keep_second)
    with connect(house.url, house.secret, "web") as web, web.transaction(force_rollback=not then_commit):
        mine = keep_deliveries(web, house.vault, house.program_id, [first], utc_now())[0]
        thread.start()
        await_blocked(house)
    thread.join(timeout=30)
    return mine, told[0]


def await_blocked(house: House) -> None:
    for _ in range(2000):
        if house.rows(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        ):
            return
        threading.Event().wait(0.005)
    raise AssertionError("nobody waits")


def test_the_same_event_by_two_doors_at_once_is_a_duplicate_at_one(house: House) -> None:
    event = change()
    told = keep_while_another_has(house, delivery(event), delivery(event))
    assert told == (Kept(1, 0, 0), Kept(0, 1, 0))
    assert house.quarantined() == []
    assert house.decide() == 1


def test_the_same_id_by_two_doors_at_once_with_other_content_is_set_apart(house: House) -> None:
    event = change()
    told = keep_while_another_has(house, delivery(event), delivery({**event, "propertyValue": "canceled"}))
    assert told == (Kept(1, 0, 0), Kept(0, 0, 1))
    assert [row[1] for row in house.quarantined()] == ["reused_id"]


def test_an_event_whose_first_writer_gives_up_is_kept_by_the_second(house: House) -> None:
    event = change()
    told = keep_while_another_has(house, delivery(event), delivery(event), then_commit=False)
    assert told[1] == Kept(1, 0, 0)
    assert house.decide() == 1


def test_a_storm_of_the_same_events_from_many_doors_keeps_each_once(house: House) -> None:
    events = [change(n % 5 + 1, "booking_status", "canceled") for n in range(60)]

    def send(n: int) -> list[Kept]:
        turned = events[n * 10 :] + events[: n * 10]
        with connect(house.url, house.secret, "web") as web:
            return [
                kept
                for at in range(0, 60, 7)
                for kept in keep_deliveries(
                    web, house.vault, house.program_id, [delivery(*turned[at : at + 7])], utc_now()
                )
            ]

    with ThreadPoolExecutor(6) as six:
        told = [kept for some in six.map(send, range(6)) for kept in some]
    assert sum(k.accepted for k in told) == 60
    assert sum(k.duplicates for k in told) == 300
    assert house.quarantined() == []
    assert house.decide() == 60
    house.check_nothing_lost()


@RACED
def test_one_event_at_64_doors_at_once_is_kept_once(house: House, race: Race) -> None:
    event = delivery(change())

    def twice(web: Connection) -> list[Kept]:
        return [keep_deliveries(web, house.vault, house.program_id, [event], utc_now())[0] for _ in range(2)]

    told = [kept for two in race.run(house, [("web", twice)] * race.connections) for kept in two]
    assert sum(kept.accepted for kept in told) == 1
    assert sum(kept.duplicates for kept in told) == 2 * race.connections - 1
    assert house.quarantined() == []
    assert house.decide() == 1
    house.check_nothing_lost()


def test_many_requests_in_one_commit_are_told_each_its_own(house: House) -> None:
    event = change()
    told = keep(
        house,
        delivery(event, change()),
        delivery(event),
        delivery("x"),
        delivery(),
        delivery({**event, "propertyValue": "canceled"}, 7, change()),
    )
    assert told == [Kept(2, 0, 0), Kept(0, 1, 0), Kept(0, 0, 1), Kept(0, 0, 0), Kept(1, 0, 2)]
    assert house.counted("accepted") == 3
    assert house.counted("duplicate") == 1
    assert house.counted("quarantined") == 3
    assert house.decide() == 3
    house.check_nothing_lost()


def test_what_is_set_apart_can_be_found_in_the_body_it_came_in(house: House) -> None:
    given = delivery(change(), {"eventId": 7}, change())
    keep(house, given)
    row = house.rows("select delivery_id, position from quarantine")[0]
    assert row[1] == 1
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        from guerdon.engine.bodies import open_body  # noqa: PLC0415

        sealed = tx.execute("select body from deliveries where id = %s", (row[0],)).fetchall()[0][0]
    assert open_body(house.vault, house.program_id, "hubspot_eu", sealed) == given.body
    assert given.body not in sealed


def test_a_row_that_the_database_refuses_spoils_the_commit_and_nothing_stays(house: House) -> None:
    before = house.tally()
    good, bad = delivery(change()), Arrival(0, "0" * 32, 2**70, 0, "x")
    with pytest.raises(psycopg.DataError, match="out of range"):
        keep(house, good, Delivery("hubspot_eu", b"[]", [bad]))
    assert house.tally() == before
