"""Connections that tests are lent come back as new, and go with their database."""

import psycopg
import pytest
from tests.lending import close_lent, lent, looking

from guerdon.store.database import Connection


def state_of(connection: Connection) -> tuple[object, ...] | None:
    return connection.execute(
        """
        select current_setting('search_path'), coalesce(current_setting('guerdon.program_id', true), ''),
               (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
               (select count(*) from pg_listening_channels()), to_regclass('pg_temp.mine') is null
        """
    ).fetchone()


def test_nothing_of_one_borrower_meets_the_next(database: str, secret: str) -> None:
    with lent(database, secret, "owner") as first:
        process, began = first.info.backend_pid, state_of(first)
        first.execute("set search_path = public")
        first.execute("select set_config('guerdon.program_id', '7', false), pg_advisory_lock(7)")
        first.execute("listen news")
        assert state_of(first) != began
    with lent(database, secret, "owner") as second:
        assert second.info.backend_pid == process, "it is the same connection"
        assert state_of(second) == began


def test_what_was_left_in_the_middle_is_lent_to_nobody(database: str, secret: str) -> None:
    with lent(database, secret, "worker") as first:
        process = first.info.backend_pid
        first.execute("begin")
    with lent(database, secret, "worker") as second:
        assert second.info.backend_pid != process


def test_what_the_superuser_did_is_kept_only_when_it_went_well(database: str) -> None:
    with looking(database) as db:
        db.execute("create table mine (number int)")
    with pytest.raises(psycopg.errors.DivisionByZero), looking(database) as db:
        db.execute("insert into mine values (1); select 1 / 0")
    with looking(database) as db:
        assert db.execute("select * from mine").fetchall() == []


def test_a_database_can_go_after_its_connections_were_closed(database: str, secret: str) -> None:
    with lent(database, secret, "worker") as connection:
        pass
    assert not connection.closed
    close_lent(database)
    assert connection.closed
