"""What somebody may not do is refused, and the audit says so: once a minute, however often they try."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from tests.access.conftest import OTHER_PROGRAM, World, login_of

from guerdon.access.roles import ROLES, Role
from guerdon.queries.controls.attempts import list_attempts
from guerdon.store.audit import record_refusal
from guerdon.store.database import connect, transaction
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)


def refusals(world: World, actor: str = "", since: datetime | None = None) -> list[tuple[object, ...]]:
    """Actor, action, subject and detail of each, in order."""
    with psycopg.connect(world.url, options="-c search_path=guerdon") as db:
        return db.execute(
            "select actor, action, subject, detail, recorded_at from audit"
            " where action like '%%.refused' and (%s = '' or actor = %s) and program_id = %s"
            " and recorded_at >= coalesce(%s, '-infinity'::timestamptz) order by id",
            (actor, actor, world.program_id, since),
        ).fetchall()


def person(world: World, role: Role) -> str:
    with psycopg.connect(world.url, options="-c search_path=guerdon") as db:
        row = db.execute("select person_id from people where login = %s", (login_of(role),)).fetchone()
    assert row is not None
    return show("per", row[0])


def test_a_page_that_is_not_theirs_is_noted(world: World) -> None:
    actor, client, since = person(world, "frontline"), world.client(login_of("frontline")), utc_now()
    assert client.get(world.path("ledger")).status_code == 404
    ((who, action, subject, detail, at),) = refusals(world, actor, since)
    assert (who, action, subject) == (actor, "access.refused", "ledger")
    assert detail == {"power": "read", "address": "console/<slug:key>/ledger", "method": "GET"}
    assert isinstance(at, datetime)
    assert since <= at <= utc_now()
    # What opens, and what nobody has, is no refusal.
    assert client.get(world.path("members")).status_code == 200
    assert client.get(world.path("no/such/page")).status_code == 404
    assert client.get(world.path("members/mem_7ZZZZZZZZZZZZ")).status_code == 404
    assert {row[2] for row in refusals(world, actor, since)} == {"ledger"}


def test_a_change_that_is_not_theirs_is_noted(world: World) -> None:
    actor, since = person(world, "auditor"), utc_now()
    assert world.client(login_of("auditor")).post(world.path("people")).status_code == 403
    ((_, action, subject, detail, _),) = refusals(world, actor, since)
    assert (action, subject) == ("access.refused", "people")
    assert isinstance(detail, dict)
    assert (detail["power"], detail["method"]) == ("write", "POST")


def test_hammering_fills_no_audit(world: World) -> None:
    actor, client, since = person(world, "marketing"), world.client(login_of("marketing")), utc_now()
    for number in range(60):
        path = ("people", "audit", "ledger", "owed")[number % 4]
        assert client.get(world.path(path)).status_code == 404
    minutes = [row[4].replace(second=0, microsecond=0) for row in refusals(world, actor, since)]  # type: ignore[attr-defined]
    assert len(minutes) == len(set(minutes)) <= (utc_now() - since) / timedelta(minutes=1) + 2


def test_at_the_same_moment_one_row_is_written(world: World) -> None:
    def knock(_: int) -> bool:
        with connect(world.url, world.secret, "web") as db, transaction(db, world.program_id) as tx:
            return record_refusal(tx, world.program_id, "per_at_once", "access.refused", "x", NOON)

    with ThreadPoolExecutor(8) as many:
        assert sum(many.map(knock, range(40))) == 1
    with connect(world.url, world.secret, "web") as db:
        for actor, action, at, written in (
            ("per_at_once", "access.refused", NOON + timedelta(seconds=29), False),
            ("per_at_once", "access.refused", NOON + timedelta(seconds=30), True),
            ("per_at_once", "request.refused", NOON, True),
            ("per_another", "access.refused", NOON, True),
        ):
            with transaction(db, world.program_id) as tx:
                assert record_refusal(tx, world.program_id, actor, action, "x", at) is written, (actor, at)


def test_the_row_of_the_minute_is_found_without_a_scan(world: World) -> None:
    with psycopg.connect(world.url, options="-c search_path=guerdon") as db:
        db.execute(
            "insert into audit (program_id, actor, action, subject, recorded_at)"
            " select %s, 'per_busy', 'request.signed', 'x', now() from generate_series(1, 20000)",
            (world.program_id,),
        )
    with psycopg.connect(world.url, autocommit=True, options="-c search_path=guerdon") as db:
        db.execute("analyze audit")
    used = "select idx_scan from pg_stat_user_indexes where indexrelname = 'audit_refusals'"
    read = "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables where relname = 'audit'"

    def figures() -> tuple[int, int]:
        with psycopg.connect(world.url) as db:
            return db.execute(used).fetchone()[0], db.execute(read).fetchone()[0]  # type: ignore[index]

    before = figures()
    with connect(world.url, world.secret, "web") as db:
        for _ in range(5):
            with transaction(db, world.program_id) as tx:
                record_refusal(tx, world.program_id, "per_busy", "access.refused", "x", NOON)
        db.execute("select pg_stat_force_next_flush()")
        db.rollback()
    after = figures()
    assert after[0] - before[0] == 5
    assert after[1] - before[1] < 100


@pytest.mark.parametrize("role", ["operator", "finance", "dealer_manager"])
def test_what_was_refused_counts_as_an_attempt_and_changes_no_answer(world: World, role: Role) -> None:
    client, since = world.client(login_of(role)), utc_now()
    missing = client.get(world.path("no/such/page"))
    answers = [client.get(world.path(path)) for path in ("people", "audit", "ledger", "rewards", "")]
    refused = [answer for answer in answers if answer.status_code == 404]
    assert {answer.content for answer in refused} <= {missing.content}
    with connect(world.url, world.secret, "owner") as db, transaction(db, world.program_id) as tx:
        told = list_attempts(tx, since - timedelta(minutes=1), utc_now() + timedelta(minutes=1))
    stopped = sum(each.n for each in told if (each.kind, each.name) == ("right", "access.refused"))
    assert stopped >= (1 if refused else 0)


def test_a_stranger_of_the_program_leaves_no_row(world: World) -> None:
    """Whoever has nothing in a program is nobody there, and writes nothing into its audit."""
    since = utc_now()
    for role in ROLES:
        assert world.client(login_of(role)).get(world.path("people", OTHER_PROGRAM)).status_code == 404
    with psycopg.connect(world.url, options="-c search_path=guerdon") as db:
        found = db.execute(
            "select count(*) from audit"
            " where action like '%%.refused' and recorded_at >= %s and program_id = %s",
            (since, world.other_id),
        ).fetchone()
    assert found == (0,)
