"""A process that does a piece of work and is killed on its way, at the n-th point where it talks to anybody.

The points are not listed anywhere: a run that nobody disturbs counts them. A commit has three of them, the
one in the middle when PostgreSQL has the word and nobody will read its answer.
"""

import json
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import psycopg
from tests.lending import close_lent

from guerdon.channels.email.wire import EmailChannel
from guerdon.http import Client

PATIENCE_S = 60.0


@dataclass
class Points:
    """The points that a process passed; at the fatal one it is no more."""

    fatal: int = 0
    passed: list[str] = field(default_factory=list)

    def reach(self, what: str) -> None:
        self.passed.append(what)
        if len(self.passed) == self.fatal:
            die()

    def ends_next(self) -> bool:
        return len(self.passed) + 1 == self.fatal


def die() -> NoReturn:
    """End without a word to anybody."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody outlives this")


def watch(points: Points) -> None:
    """Let everything that leaves this process pass by the points; for good, so only in a child."""
    _watch_statements(points)
    _watch_commits(points)
    _watch_letters(points)
    _watch_questions(points)


def _watch_statements(points: Points) -> None:
    execute, copy = psycopg.Cursor.execute, psycopg.Cursor.copy

    def executed(self: Any, query: Any, *terms: Any, **options: Any) -> Any:
        points.reach(f"execute {_short(query)}")
        return execute(self, query, *terms, **options)

    @contextmanager
    def copied(self: Any, statement: Any, *terms: Any, **options: Any) -> Iterator[Any]:
        points.reach(f"copy {_short(statement)}")
        with copy(self, statement, *terms, **options) as lines:
            yield lines
            points.reach(f"in the middle of copy {_short(statement)}")

    psycopg.Cursor.execute = executed  # type: ignore[method-assign]
    psycopg.Cursor.copy = copied  # type: ignore[method-assign]


def _watch_commits(points: Points) -> None:
    leave = psycopg.Transaction.__exit__

    def left(self: Any, kind: Any, fault: Any, trace: Any) -> Any:
        commits = fault is None and self._outer_transaction
        if commits:
            points.reach("commit")
            if points.ends_next():
                self.pgconn.send_query(b"COMMIT")
                self.pgconn.flush()
            points.reach("commit sent")
        done = leave(self, kind, fault, trace)
        if commits:
            points.reach("committed")
        return done

    psycopg.Transaction.__exit__ = left  # type: ignore[method-assign]


def _watch_letters(points: Points) -> None:
    send = EmailChannel.send

    def sent(self: Any, letter: Any) -> Any:
        points.reach("send")
        outcome = send(self, letter)
        points.reach("sent")
        return outcome

    EmailChannel.send = sent  # type: ignore[method-assign]


def _watch_questions(points: Points) -> None:
    ask = Client.ask

    def asked(self: Any, method: str, url: str, *terms: Any) -> Any:
        points.reach(f"ask {method}")
        answer = ask(self, method, url, *terms)
        points.reach(f"answered {method}")
        return answer

    Client.ask = asked  # type: ignore[assignment,method-assign]


def _short(query: object) -> str:
    return " ".join(str(query).split())[:60]


def work_in_child(work: Callable[[], None], fatal: int = 0) -> list[str] | None:
    """Do it in a process of its own; the points that it passed, or None when it was killed at the fatal one.

    Nobody holds a connection meanwhile: the child would share it.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _work_and_go(work, Points(fatal), writer)
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123  a pipe has no path
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert fatal
        return None
    said = json.loads(told)
    assert "fault" not in said, said["fault"]
    passed: list[str] = said["passed"]
    return passed


def _work_and_go(work: Callable[[], None], points: Points, writer: int) -> NoReturn:
    said: dict[str, object] = {"passed": points.passed}
    try:
        watch(points)
        work()
    except BaseException:  # noqa: BLE001  nothing of the test's own may run in the child
        said = {"fault": traceback.format_exc()}
    with open(writer, "w") as pipe:
        json.dump(said, pipe)
    os._exit(0)


def let_the_dead_go(url: str) -> None:
    """Wait until PostgreSQL has noticed who is gone, and until the lease that the dead held has ended."""
    until = time.monotonic() + PATIENCE_S
    # What this process keeps for its houses is no sign of life.
    close_lent(url)
    with psycopg.connect(url, options="-c search_path=guerdon", autocommit=True) as db:
        while db.execute(
            "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            " and backend_type = 'client backend'"
        ).fetchone():
            assert time.monotonic() < until, "PostgreSQL did not notice who is gone"
            time.sleep(0.001)
        db.execute("update lanes set holder = null, lease_until = '-infinity' where holder is not null")
        db.execute("delete from workers")
