"""Two web processes on one database: what one member has open in both comes in both, and outlives either."""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.inapp.posts import Post
from tests.web.intake.house import free_port

from guerdon.config import Settings

SOON_S = 60


class Reading:
    """A stream of one process, read in a thread of its own."""

    def __init__(self, port: int, cookie: str, last: int) -> None:
        self.positions: list[int] = []
        self.ended = False
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S)
        headers = {"Cookie": cookie, "Last-Event-ID": str(last)}
        self._connection.request("GET", "/inbox/live", headers=headers)
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        try:
            while line := self._answer.readline():
                if line.startswith(b"id: "):
                    self.positions.append(int(line[4:]))
        except (OSError, http.client.HTTPException):
            pass
        self.ended = True

    def until(self, positions: list[int]) -> None:
        until = time.monotonic() + SOON_S
        while self.positions != positions:
            assert time.monotonic() < until, self.positions
            time.sleep(0.02)

    def join(self) -> None:
        self._thread.join(SOON_S)
        assert self.ended
        self._answer.close()
        self._connection.close()


@contextmanager
def web(settings: Settings, secret: str) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "GUERDON_SECRET": secret,
        "GUERDON_HOME": str(settings.home),
        "GUERDON_PORT": str(port),
        "GUERDON_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HUBSPOT_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
        "LETTERS_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
    }
    process = subprocess.Popen([sys.executable, "-m", "guerdon", "web"], env=environment)
    try:
        _wait(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(SOON_S)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + SOON_S
    while time.monotonic() < until:
        assert process.poll() is None, "it ended"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/inbox")
            assert connection.getresponse().status == 404
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise AssertionError("it does not answer")


@pytest.mark.timeout(240)
def test_one_is_killed_and_the_other_goes_on_where_it_was(post: Post, settings: Settings) -> None:
    post.house.enroll(7)
    cookie, secret = post.cookie(7), post.house.secret
    with web(settings, secret) as (one_port, one), web(settings, secret) as (other_port, _):
        here, there = Reading(one_port, cookie, 0), Reading(other_port, cookie, 0)
        post.to(7, 7)
        for each in (here, there):
            each.until([1, 2])
        one.kill()
        here.join()
        post.to(7)
        there.until([1, 2, 3])
        again = Reading(other_port, cookie, here.positions[-1])
        again.until([3])
        post.to(7)
        again.until([3, 4])
        there.until([1, 2, 3, 4])
    again.join()
    there.join()
