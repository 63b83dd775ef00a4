"""The schema comes to a database once, by whoever is first, and by any login that may make roles."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from tests.servers import temporary_server
from tests.web.intake.house import REPOSITORY, House, change, cloud_event, furnished, packed

from guerdon import embedded
from guerdon.connectors.cloudevents.payload import read_arrivals as read_own
from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.engine.arrivals import Unusable
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.store.database import connect
from guerdon.store.migrations import Unfit, list_migrations, migrate, pending
from guerdon.values.clock import utc_now

PASSWORD = "only-for-this-test"


def schema_of(url: str) -> list[tuple[object, ...]]:
    """Everything that is there: tables, columns, constraints, indexes, triggers, policies, rights."""
    with psycopg.connect(url, options="-c search_path=guerdon") as db:
        return db.execute(
            """
            select 'column', attrelid::regclass::text, attname,
                   format_type(atttypid, atttypmod), attnotnull::text
            from pg_attribute join pg_class c on c.oid = attrelid
            where relnamespace = 'guerdon'::regnamespace and attnum > 0
            union all select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), ''
            from pg_constraint where connamespace = 'guerdon'::regnamespace
            union all select 'index', tablename, indexname, indexdef, ''
            from pg_indexes where schemaname = 'guerdon'
            union all select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), ''
            from pg_trigger
            union all select 'policy', tablename, policyname, qual, with_check from pg_policies
            union all select 'right', relname, relacl::text, relrowsecurity::text, relforcerowsecurity::text
            from pg_class where relnamespace = 'guerdon'::regnamespace
            order by 1, 2, 3, 4
            """
        ).fetchall()


def test_a_second_time_nothing_happens(database: str, secret: str) -> None:
    before = schema_of(database)
    assert migrate(database, secret) == []
    assert schema_of(database) == before


def test_whoever_comes_at_the_same_time_waits_and_finds_it_done(
    postgres: embedded.Server, secret: str
) -> None:
    name = f"both_{secrets.token_hex(4)}"
    url = postgres.url(name)
    try:
        with ThreadPoolExecutor(3) as three:
            ran = list(three.map(lambda _: migrate(url, secret), range(3)))
        assert sorted(map(len, ran)) == [0, 0, len(list_migrations())]
        with psycopg.connect(url, options="-c search_path=guerdon") as db:
            assert pending(db) == []
    finally:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
            admin.execute(f"drop database {name} with (force)".encode())


def test_a_database_that_is_not_migrated_says_what_is_pending(postgres: embedded.Server) -> None:
    with psycopg.connect(postgres.url("postgres")) as db:
        assert [m.name for m in pending(db)] == [m.name for m in list_migrations()]


def test_a_file_that_changed_after_it_ran_is_refused(database: str, secret: str) -> None:
    with psycopg.connect(database, options="-c search_path=guerdon", autocommit=True) as db:
        db.execute("update schema_migrations set sha = 'other' where name = '0004_ledger'")
    with pytest.raises(Unfit, match="0004_ledger was changed after it ran"):
        migrate(database, secret)


def test_another_secret_is_refused_before_it_changes_anything(database: str, secret: str) -> None:
    with pytest.raises(Unfit, match="another GUERDON_SECRET"):
        migrate(database, secrets.token_hex(32))
    for role in ("owner", "worker", "web"):
        connect(database, secret, role).close()
    assert migrate(database, secret) == []


def test_a_process_on_a_database_that_lacks_the_schema_says_so(
    postgres: embedded.Server, tmp_path: Path
) -> None:
    for command in ("web", "worker"):
        environment = {"DATABASE_URL": postgres.url("postgres"), "GUERDON_HOME": str(tmp_path)}
        done = run(command, environment)
        assert done.returncode == 1
        assert "run ./guerdon migrate" in done.stderr


def run(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "guerdon", command],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_that_fails_leaves_nothing_and_is_run_again(
    database: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guerdon.store import migrations  # noqa: PLC0415

    whole = list_migrations()
    broken = migrations.Migration("9999_broken", "create table half (); select 1 / 0;")
    mended = migrations.Migration("9999_broken", "create table half ();")
    monkeypatch.setattr(migrations, "list_migrations", lambda: [*whole, broken])
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(database, secret)
    monkeypatch.setattr(migrations, "list_migrations", lambda: [*whole, mended])
    assert migrate(database, secret) == ["9999_broken"]


def test_months_are_made_ahead_and_older_rows_have_a_place_too(database: str, secret: str) -> None:
    at = datetime(2031, 11, 30, tzinfo=UTC)
    migrate(database, secret, at)
    with psycopg.connect(database, options="-c search_path=guerdon") as db:
        names = {n for (n,) in db.execute("select relname from pg_class where relispartition").fetchall()}
    for table in ("deliveries", "events", "transfers"):
        assert {
            f"{table}_{month}" for month in ("2031_10", "2031_11", "2031_12", "2032_01", "2032_02")
        } <= names
        assert f"{table}_rest" in names


def test_rows_that_came_before_their_month_was_made_do_not_stop_a_migration(
    database: str, secret: str
) -> None:
    later = utc_now() + timedelta(days=600)
    with psycopg.connect(database, options="-c search_path=guerdon", autocommit=True) as db:
        insert = "insert into deliveries (program_id, connection, body, recorded_at) values (1, 'c', 'x', %s)"
        db.execute(insert, (later,))
        migrate(database, secret, later)
        db.execute(insert, (later,))
        assert db.execute("select count(*) from deliveries_rest").fetchall() == [(2,)]
        made = db.execute("select count(*) from pg_class where relname like 'deliveries_2%'").fetchall()
    assert made[0][0] > 5


def test_who_may_change_the_past_through_a_partition_made_later_is_nobody(database: str, secret: str) -> None:
    migrate(database, secret, utc_now() + timedelta(days=800))
    with psycopg.connect(database, options="-c search_path=guerdon") as db:
        open_ones = db.execute(
            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " join pg_class p on p.oid = i.inhparent where p.relname in ('events', 'transfers')"
            " and not exists (select from pg_trigger g where g.tgrelid = c.oid and g.tgname = 'only_grows')"
        ).fetchall()
    assert open_ones == []


# A host's database: a login that may make roles and owns its database, and is no superuser.


@pytest.fixture(scope="module")
def hosted() -> Iterator[str]:
    """Give the address of a database on a server of its own, as a host would hand it out."""
    with temporary_server() as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
            admin.execute(f"create role host login createrole createdb password '{PASSWORD}'".encode())
            admin.execute("create role guest login password 'guest'")
            admin.execute("create database hosted owner host")
            admin.execute("create database visited owner guest")
        yield at(server, "host", PASSWORD)


def at(server: embedded.Server, login: str, password: str) -> str:
    parts = urlsplit(server.url("postgres"))
    return f"postgresql://{login}:{password}@/hosted?{parts.query}"


def test_a_login_that_may_not_make_roles_is_refused_with_a_reason(hosted: str, tmp_path: Path) -> None:
    guest = hosted.replace(f"host:{PASSWORD}", "guest:guest").replace("/hosted?", "/visited?")
    done = run("migrate", {"DATABASE_URL": guest, "GUERDON_HOME": str(tmp_path)})
    assert done.returncode == 1
    assert "may create roles" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def hosted_house(hosted: str, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a furnished house on that host."""
    secret = secrets.token_hex(32)
    assert len(migrate(hosted, secret)) == len(list_migrations())
    assert migrate(hosted, secret) == []
    return furnished(hosted, secret, tmp_path_factory.mktemp("hosted"))


def test_on_a_host_that_exempts_nobody_the_worker_still_decides_for_all(hosted_house: House) -> None:
    house = hosted_house
    kept = [
        keep(house, "hubspot_eu", [change(1)]),
        keep(house, "hubspot_eu", [change(1, "test_drive_status", "completed"), change(77)]),
    ]
    assert kept == [1, 2]
    assert house.decide() == 3
    with house.working() as db:
        role = db.execute("select rolbypassrls from pg_roles where rolname = current_user").fetchall()
        assert role == [(False,)]
        outcomes = db.execute("select outcome from events where source = 'hubspot_eu'").fetchall()
        counts = db.execute(
            "select (select count(*) from rewards) = (select count(*) from events),"
            " (select count(*) from outbox) = (select count(*) from rewards),"
            " (select count(*) from waiting), (select count(*) from inbox)"
        ).fetchall()
    assert (outcomes, counts) == ([("earned",), ("earned",)], [(True, True, 1, 0)])
    with connect(house.url, house.secret, "web") as web:
        assert web.execute("select count(*) from events").fetchall() == [(0,)]


def test_what_is_written_there_is_the_same_to_the_letter(
    hosted_house: House, database: str, secret: str, tmp_path: Path
) -> None:
    odd = 'a\\b"c\td\ne \\N'
    event = cloud_event(2, type="test_drive.completed", data={"model": odd}, id="x\\y'z\\N")
    found = []
    for house in (hosted_house, furnished(database, secret, tmp_path)):
        assert keep(house, "api", [event]) == 1
        assert house.decide() == 1
        with house.working() as db:
            found.append(
                db.execute(
                    "select external_id, outcome, data::text, type, market, location, version, happened_at"
                    " from events where source = 'api'"
                ).fetchall()
            )
    assert found[0] == found[1]
    assert (found[0][0][0], json.loads(found[0][0][2])) == (event["id"], {"model": odd})


def keep(house: House, connection: str, events: list[dict[str, object]]) -> int:
    body = packed(*events)
    read = read_own(events) if connection == "api" else read_arrivals(body)
    assert not isinstance(read, Unusable)
    with connect(house.url, house.secret, "web") as web:
        kept = keep_deliveries(
            web, house.vault, house.program_id, [Delivery(connection, body, read)], utc_now()
        )
    return kept[0].accepted
