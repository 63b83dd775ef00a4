"""The months' partitions: a worker has them made a year ahead for ever, and may make nothing else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import errors

from guerdon.store.database import Connection, Role, connect
from guerdon.store.migrations import make_months
from guerdon.values.clock import utc_now

TABLES = ("deliveries", "events", "transfers")
# As long as an installation may run without anybody who migrates.
LATER = timedelta(days=548)


@pytest.fixture
def worker(database: str, secret: str) -> Iterator[Connection]:
    with connect(database, secret, "worker") as db:
        yield db


def months_after(at: datetime, months: int) -> str:
    count = at.year * 12 + at.month - 1 + months
    return f"{count // 12:04d}_{count % 12 + 1:02d}"


def partitions(url: str) -> set[str]:
    with psycopg.connect(url) as db:
        found = db.execute("select relname from pg_class where relispartition and relkind = 'r'").fetchall()
    return {name for (name,) in found}


def test_months_ahead_are_made_by_the_worker_and_not_a_second_time(database: str, worker: Connection) -> None:
    at = utc_now() + LATER
    wanted = {f"{table}_{months_after(at, n)}" for table in TABLES for n in range(-1, 13)}
    before = partitions(database)
    assert not wanted <= before
    assert make_months(worker, at)
    made = partitions(database)
    assert wanted <= made
    assert made - before == wanted - before
    assert make_months(worker, at)
    assert partitions(database) == made


def test_rows_of_a_month_that_was_made_do_not_lie_among_the_rest(database: str, worker: Connection) -> None:
    at = utc_now() + LATER
    make_months(worker, at)
    with psycopg.connect(database, options="-c search_path=guerdon") as db:
        for months in (0, 12):
            there = datetime.strptime(months_after(at, months), "%Y_%m").replace(tzinfo=UTC)
            db.execute(
                "insert into deliveries (program_id, connection, body, recorded_at) values (1, 'c', 'x', %s)",
                (there,),
            )
        found = db.execute("select distinct tableoid::regclass::text from deliveries order by 1").fetchall()
        assert found == [(f"deliveries_{months_after(at, n)}",) for n in (0, 12)]


def test_a_month_made_by_the_worker_is_the_owners_and_guarded_as_all_are(
    database: str, worker: Connection
) -> None:
    at = utc_now() + LATER
    make_months(worker, at)
    name = f"events_{months_after(at, 3)}"
    with psycopg.connect(database, options="-c search_path=guerdon") as db:
        owner = db.execute(
            "select relowner::regrole::text from pg_class where relname = %s", (name,)
        ).fetchone()
        assert owner == ("guerdon_owner",)
        with pytest.raises(errors.InsufficientPrivilege, match="are never changed"):
            db.execute(f"truncate {name}".encode())
    for statement in (f"select from {name}", f"drop table {name}", "create table mine ()"):
        with pytest.raises(errors.InsufficientPrivilege):
            worker.execute(statement.encode())


@pytest.mark.parametrize("at", [None, "infinity", "1999-01-01", "2199-01-01"])
def test_months_of_another_age_are_refused(worker: Connection, at: str | None) -> None:
    with pytest.raises(errors.InvalidParameterValue, match="months are made for now"):
        worker.execute("select make_months(%s::timestamptz)", (at,))


@pytest.mark.parametrize(("role", "may"), [("web", False), ("worker", True), ("owner", True)])
def test_the_web_process_may_not_ask_for_them(database: str, secret: str, role: Role, *, may: bool) -> None:
    with connect(database, secret, role) as db:
        if may:
            assert make_months(db, utc_now())
        else:
            with pytest.raises(errors.InsufficientPrivilege):
                make_months(db, utc_now())


def test_two_workers_make_each_once(database: str, secret: str) -> None:
    at = utc_now() + LATER

    def make(_: int) -> bool:
        with connect(database, secret, "worker") as db:
            return make_months(db, at)

    with ThreadPoolExecutor(4) as four:
        assert any(four.map(make, range(4)))
    assert f"transfers_{months_after(at, 12)}" in partitions(database)


def test_who_reads_for_long_is_not_waited_for_and_not_in_the_way_for_good(
    database: str, worker: Connection
) -> None:
    at = utc_now() + LATER
    with psycopg.connect(database, options="-c search_path=guerdon") as reader:
        reader.execute("select count(*) from events")
        assert not make_months(worker, at)
    assert make_months(worker, at)
