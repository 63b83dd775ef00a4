"""Workers as processes: they share the work, take over from the dead, and step back when they overslept."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from uuid import uuid4

import psycopg
import pytest
from tests.store.test_intake import delivery, keep
from tests.web.intake.house import House, change, furnished

from guerdon.engine.process import LeaseLost, process
from guerdon.store.database import connect
from guerdon.store.lanes import lease_lanes
from guerdon.values.clock import utc_now

PATIENCE_S = 30.0


@pytest.fixture
def house(database: str, secret: str, tmp_path: Path) -> House:
    """Return a furnished house with no process running."""
    return furnished(database, secret, tmp_path)


@contextmanager
def working(house: House) -> Iterator[Popen[bytes]]:
    worker = house.start("worker", "--only", "process")
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def await_true(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def holders(house: House) -> dict[str, int]:
    """How many lanes each living worker has."""
    found = house.rows(
        "select holder::text, count(*)::int from lanes where lease_until > clock_timestamp() group by 1"
    )
    return dict(found)


def send(house: House, n: int) -> None:
    """Events in all lanes."""
    kept = keep(
        house, delivery(*(change(contact % 20 + 1, "booking_status", "canceled") for contact in range(n)))
    )
    assert kept[0].accepted == n


def inbox_of(house: House) -> int:
    return int(house.rows("select count(*) from inbox")[0][0])


def end_lease_of(house: House, worker: str) -> None:
    """The fifteen seconds pass for one worker that says nothing."""
    with psycopg.connect(house.url, options="-c search_path=guerdon") as superuser:
        superuser.execute("update lanes set lease_until = '-infinity' where holder::text = %s", (worker,))
        superuser.execute("delete from workers where worker::text = %s", (worker,))


def test_the_living_take_over_from_the_dead_and_who_overslept_steps_back(house: House) -> None:
    with working(house) as first:
        await_true(lambda: list(holders(house).values()) == [16])
        (sleeper,) = holders(house)
        first.send_signal(signal.SIGSTOP)
        end_lease_of(house, sleeper)
        with working(house) as second:
            send(house, 200)
            await_true(lambda: inbox_of(house) == 0)
            (living,) = holders(house)
            assert living != sleeper
            first.send_signal(signal.SIGCONT)
            send(house, 200)
            await_true(lambda: inbox_of(house) == 0)
            second.send_signal(signal.SIGKILL)
            second.wait()
            send(house, 200)
            end_lease_of(house, living)
            await_true(lambda: inbox_of(house) == 0)
    assert house.rows("select count(*), count(distinct id) from events") == [(600, 600)]
    assert house.quarantined() == []
    house.check_nothing_lost()


def test_a_worker_that_is_told_to_stop_finishes_and_lets_go_at_once(house: House) -> None:
    with working(house) as worker:
        await_true(lambda: list(holders(house).values()) == [16])
        send(house, 100)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=PATIENCE_S) == 0
    assert holders(house) == {}
    assert house.rows("select count(*) from workers") == [(0,)]
    house.decide()
    house.check_nothing_lost()


def test_who_lost_its_lease_writes_nothing(house: House) -> None:
    send(house, 20)
    with connect(house.url, house.secret, "worker") as db:
        worker = uuid4()
        with db.transaction():
            stale = lease_lanes(db, worker)
        end_lease_of(house, str(worker))
        before = house.tally()
        with pytest.raises(LeaseLost):
            process(db, house.library, stale, utc_now)
        assert house.tally() == before
        house.decide()
        assert inbox_of(house) == 0
        with db.transaction():
            fresh = lease_lanes(db, worker)
        assert process(db, house.library, fresh, utc_now) == 0
    house.check_nothing_lost()


def test_a_worker_whose_session_is_cut_comes_back_by_itself(house: House) -> None:
    with working(house):
        await_true(lambda: list(holders(house).values()) == [16])
        for _ in range(5):
            send(house, 50)
            with psycopg.connect(house.url, autocommit=True) as superuser:
                superuser.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where usename = 'guerdon_worker' and datname = current_database()"
                )
            with psycopg.connect(house.url, options="-c search_path=guerdon") as superuser:
                superuser.execute("update lanes set lease_until = '-infinity'")
                superuser.execute("delete from workers")
        await_true(lambda: inbox_of(house) == 0)
    assert house.rows("select count(*) from events") == [(250,)]
    house.check_nothing_lost()
