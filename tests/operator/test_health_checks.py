"""What figures mean: at which of them a check turns, and that it says so of the right thing."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from guerdon.queries.health.checks import (
    GIGABYTE,
    LATE,
    Check,
    State,
    check_account,
    check_backup,
    check_disk,
    check_heard,
    check_queues,
    check_sent,
    check_server,
)
from guerdon.queries.health.standing import Health, Heard, Queue, Sent, Server

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def server(**said: object) -> Server:
    given: dict[str, object] = {
        "version": "18.1 (Debian)",
        "size": 5 * GIGABYTE,
        "connections": 10,
        "connections_max": 100,
        "migrated_at": NOW,
        "workers": 1,
        "worker_seen_at": NOW,
        "archived_at": None,
        "archive_failed_at": None,
    }
    return Server(**{**given, **said})  # type: ignore[arg-type]


def found(checks: Iterable[Check], key: str) -> Check:
    return next(each for each in checks if each.key == key)


@pytest.mark.parametrize("name", LATE)
def test_what_waits_is_late_by_how_long_it_waits(name: str) -> None:
    look, bad = LATE[name]
    for late, state in ((look, "good"), (look + timedelta(seconds=1), "look"), (bad * 1.1, "bad")):
        (check,) = check_queues({name: Queue(3, NOW - late)}, [name], NOW)
        assert (check.state, check.subject, check.figures["n"]) == (state, name, 3)
    assert next(check_queues({}, [name], NOW)).seen == "empty"


def test_nobody_works() -> None:
    assert found(check_server(server(), timedelta()), "worker").state == "good"
    gone = found(check_server(server(workers=0), timedelta()), "worker")
    assert (gone.state, gone.seen) == ("bad", "gone")
    never = found(check_server(server(workers=0, worker_seen_at=None), timedelta()), "worker")
    assert (never.state, never.seen) == ("bad", "none")


def test_clocks_may_differ_by_two_seconds() -> None:
    assert found(check_server(server(), timedelta(seconds=2)), "clock").state == "good"
    assert found(check_server(server(), timedelta(seconds=2.1)), "clock").state == "bad"


def test_the_server_is_nearly_full() -> None:
    assert found(check_server(server(connections=80), timedelta()), "database").state == "good"
    assert found(check_server(server(connections=81), timedelta()), "database").state == "look"


@pytest.mark.parametrize(
    ("days", "silent", "seen"),
    [(28, 3, "heard"), (28, 4, "silent"), (4, 20, "heard"), (4, 21, "silent"), (2, 27, "heard")],
)
def test_silence_is_measured_by_what_is_usual(days: int, silent: int, seen: str) -> None:
    check = check_heard("crm", Heard(days, TODAY - timedelta(days=silent)), TODAY)
    assert check.seen == seen
    assert check.state == ("bad" if seen == "silent" else "good")


def test_a_connection_that_never_sent_wants_a_look() -> None:
    assert check_heard("crm", None, TODAY).state == "look"


@pytest.mark.parametrize(
    ("health", "state", "seen"),
    [
        (None, "good", "unasked"),
        (Health(0, None, None, None, ""), "good", "well"),
        (Health(0, None, NOW + timedelta(minutes=1), None, ""), "good", "rests"),
        (Health(0, None, NOW - timedelta(minutes=1), None, ""), "good", "well"),
        (Health(2, NOW - timedelta(minutes=59), None, None, "500"), "look", "fails"),
        (Health(9, NOW - timedelta(minutes=61), None, None, "500"), "bad", "fails"),
        (Health(0, None, None, NOW, "401"), "bad", "shut"),
    ],
)
def test_accounts(health: Health | None, state: State, seen: str) -> None:
    check = check_account("supplier", "runa", health, NOW)
    assert (check.state, check.seen, check.subject) == (state, seen, "runa")


def test_many_refused_messages_want_a_look() -> None:
    assert check_sent("email", Sent(80, 20, NOW)).state == "good"
    assert check_sent("email", Sent(79, 21, NOW)).state == "look"
    # A few of few are no pattern.
    assert check_sent("email", Sent(0, 4, NOW)).state == "good"
    assert check_sent("email", None).seen == "unsent"


@pytest.mark.parametrize(
    ("free", "total", "state"),
    [
        (50, 100, "good"),
        (4, 8, "look"),
        (0.9, 8, "bad"),
        (60, 4_000, "good"),
        (40, 4_000, "look"),
        (9, 4_000, "bad"),
    ],
)
def test_room_on_a_disk(free: float, total: int, state: State) -> None:
    check = check_disk("home", int(free * GIGABYTE), total * GIGABYTE)
    assert (check.state, check.subject) == (state, "home")


def test_backups_age_and_their_log_is_kept() -> None:
    assert check_backup(None, server(), NOW).seen == "none"
    assert check_backup(NOW - timedelta(days=8), server(), NOW).state == "good"
    assert check_backup(NOW - timedelta(days=9), server(), NOW).state == "look"
    hour = timedelta(hours=1)
    failing = server(archived_at=NOW - 2 * hour, archive_failed_at=NOW - hour)
    assert check_backup(NOW, failing, NOW).seen == "not_kept"
    mended = server(archived_at=NOW, archive_failed_at=NOW - hour)
    assert check_backup(NOW, mended, NOW).state == "good"
