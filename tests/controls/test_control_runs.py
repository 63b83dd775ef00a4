"""A control run reads one moment, keeps what it found, raises alarms; the first comes at once, then at 5."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.controls.books import BEN, NOW, PROGRAM, Books
from tests.controls.ledgers import opened, written
from tests.controls.plants import PLANTS, unlocked

from guerdon.engine.proof.controls import check_controls, run_due_controls
from guerdon.queries.alarms import list_alarms
from guerdon.queries.controls.run import KEYS
from guerdon.store.database import Connection, connect, transaction
from guerdon.store.proof.control_runs import list_control_runs, steady_reading

# Five in the morning of the program's own zone, which is two hours before.
FIVE = datetime(2026, 5, 20, 3, tzinfo=UTC)


@pytest.fixture
def books(database: str) -> Iterator[Books]:
    with opened(database) as db:
        yield written(db)


@pytest.fixture
def worker(database: str, secret: str) -> Iterator[Connection]:
    with connect(database, secret, "worker") as db:
        yield db


def open_alarms(worker: Connection, books: Books) -> list[str]:
    with transaction(worker, books.program_id) as tx:
        return [alarm.subject for alarm in list_alarms(tx, 100, kinds=["control"], only_open=True)]


def test_a_run_is_kept_with_what_it_found_and_what_was_stopped(books: Books, worker: Connection) -> None:
    refused = {
        "type": "refuse",
        "rule": "booking",
        "reason": "limit:member_month",
        "unit": "EUR",
        "value": 20_000,
    }
    books.at = NOW - timedelta(hours=2)
    books.decide(BEN, "booking.done", refused)
    unlocked(books)
    PLANTS["holds.sums"](books)
    ran = check_controls(worker, books.program_id, NOW)
    assert [checked.key for checked in ran.report.breached] == ["holds.sums"]
    with transaction(worker, books.program_id) as tx:
        (kept,) = list_control_runs(tx, books.program_id, 10)
    assert (kept.controls, kept.ran_at) == (len(KEYS), NOW)
    assert set(kept.findings.breaches) == {"holds.sums"}
    assert kept.findings.breaches["holds.sums"].words == [
        "budget:by_market:FR in EUR: held 1, open holds make 0"
    ]
    assert [(s.kind, s.name, s.n, s.value) for s in kept.findings.stopped] == [
        ("limit", "member_month", 1, 20_000)
    ]


def test_a_breach_is_an_alarm_until_a_run_finds_it_mended(books: Books, worker: Connection) -> None:
    unlocked(books)
    PLANTS["holds.sums"](books)
    for _ in range(2):
        books.at += timedelta(minutes=1)
        check_controls(worker, books.program_id, books.at)
        assert open_alarms(worker, books) == ["holds.sums"]
    books.run("update accounts set held = held - 1 where name = 'budget:by_market:FR'")
    check_controls(worker, books.program_id, books.at + timedelta(minutes=1))
    assert open_alarms(worker, books) == []


@pytest.mark.parametrize(
    ("moments", "runs"),
    [
        # Nobody waits until the morning for the first one.
        ([FIVE - timedelta(hours=9)], 1),
        ([FIVE - timedelta(hours=9), FIVE - timedelta(minutes=1)], 1),
        ([FIVE - timedelta(minutes=1), FIVE], 2),
        ([FIVE, FIVE + timedelta(hours=1), FIVE + timedelta(hours=20)], 1),
        ([FIVE, FIVE + timedelta(days=1)], 2),
        ([FIVE + timedelta(minutes=1), FIVE + timedelta(days=1, minutes=-1), FIVE + timedelta(days=1)], 2),
    ],
)
def test_the_first_is_due_at_once_and_then_one_a_day_at_five_in_the_programs_zone(
    books: Books, worker: Connection, moments: list[datetime], runs: int
) -> None:
    assert sum(run_due_controls(worker, moment) for moment in moments) == runs
    assert books.run("select count(*) from control_runs")[0][0] == runs


def test_a_program_that_is_not_live_yet_is_not_controlled(books: Books, worker: Connection) -> None:
    books.run("update program_versions set live_from = %s", FIVE + timedelta(minutes=1))
    assert run_due_controls(worker, FIVE) == 0
    assert run_due_controls(worker, FIVE + timedelta(minutes=1)) == 1


def test_an_empty_program_has_its_first_run_when_it_is_published_and_breaches_nothing(
    database: str, secret: str
) -> None:
    with opened(database) as db, connect(database, secret, "worker") as worker:
        books = Books(db)
        books.publish()
        assert run_due_controls(worker, NOW) == 1
        with transaction(worker, books.program_id) as tx:
            (kept,) = list_control_runs(tx, books.program_id, 10)
        assert (kept.controls, kept.ran_at, dict(kept.findings.breaches)) == (len(KEYS), NOW, {})
        assert run_due_controls(worker, NOW + timedelta(minutes=1)) == 0


@pytest.mark.parametrize("before", [0, 1])
def test_two_workers_run_what_is_due_once(books: Books, database: str, secret: str, before: int) -> None:
    ran: list[int] = []
    with connect(database, secret, "worker") as db:
        for _ in range(before):
            check_controls(db, books.program_id, FIVE - timedelta(hours=1))

    def work() -> None:
        with connect(database, secret, "worker") as db:
            ran.append(run_due_controls(db, FIVE))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(ran) == 1
    assert books.run("select count(*) from control_runs")[0][0] == before + 1


def test_a_run_sees_one_moment_and_cannot_write(books: Books, worker: Connection) -> None:
    with steady_reading(worker, books.program_id) as tx:
        before = tx.execute("select sum(posted) from accounts").fetchone()
        books.run("update accounts set posted = posted + 1 where name = 'spent:by_market:DE'")
        assert tx.execute("select sum(posted) from accounts").fetchone() == before
        with pytest.raises(Exception, match="read-only"):
            tx.execute("update alarms set settled_at = null")


def test_what_a_program_names_is_data_even_where_it_looks_like_sql(database: str, secret: str) -> None:
    text = json.loads(json.dumps(PROGRAM).replace("member_month", "it's; drop %s {} --"))
    with opened(database) as db, connect(database, secret, "worker") as worker:
        books = Books(db)
        books.publish(text)
        assert check_controls(worker, books.program_id, NOW).report.breached == ()


def test_an_empty_program_breaches_nothing(database: str, secret: str) -> None:
    with opened(database) as db, connect(database, secret, "worker") as worker:
        books = Books(db)
        books.publish()
        assert check_controls(worker, books.program_id, NOW).report.breached == ()


def test_the_breach_of_one_program_is_not_the_others(books: Books, database: str, worker: Connection) -> None:
    with opened(database) as db:
        other = Books(db)
        other.publish({**PROGRAM, "program": "other"})
    unlocked(books)
    PLANTS["holds.sums"](books)
    assert check_controls(worker, other.program_id, NOW).report.breached == ()
