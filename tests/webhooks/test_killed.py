"""A real worker that sends to a real receiver is killed: at least once, nothing lost, the same ids."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock

import pytest
from standardwebhooks import Webhook
from tests.http.receiver import Pieces, Receiver, Request, answered, receiving
from tests.webhooks.house import House

from guerdon.config import REPOSITORY
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

TOLD = 30
PATIENCE_S = 60.0


@contextmanager
def sending(house: House, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "src"),
        "DATABASE_URL": house.url,
        "GUERDON_SECRET": house.secret,
        "GUERDON_HOME": str(home),
        "GUERDON_OUTBOUND_ALLOW": "127.0.0.0/8",
    }
    words = [sys.executable, "-m", "guerdon", "worker", "--only", "webhooks"]
    worker = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


class Forgetful:
    """Takes so many, and then answers nobody any more until it is told to."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.silent, self.release = Event(), Event()
        self._lock = Lock()

    def __call__(self, _: Request) -> Pieces:
        with self._lock:
            self.takes -= 1
            late = self.takes < 0 and not self.release.is_set()
        if late:
            self.silent.set()
            self.release.wait(PATIENCE_S)
            # Whoever asked is dead by now.
            return [b""]
        return [answered(200)]


@pytest.mark.timeout(180)
def test_whoever_is_killed_while_sending_loses_nothing(house: House, tmp_path: Path) -> None:
    house.now = utc_now()
    forgetful = Forgetful(takes=8)
    with receiving(Receiver(forgetful)) as receiver:
        made = house.endpoint(url=receiver.url)
        house.enroll(*(f"c{n}" for n in range(TOLD)))
        house.announce()
        with sending(house, tmp_path) as worker:
            assert forgetful.silent.wait(PATIENCE_S)
            worker.kill()
            worker.wait()
        unsettled = house.rows("select count(*) from webhook_deliveries where fence is not null")[0][0]
        assert 0 < unsettled < TOLD
        forgetful.release.set()
        # The minute of the lease passes.
        house.rows("update webhook_deliveries set next_at = now() where fence is not null returning 1")
        with sending(house, tmp_path):
            until = time.monotonic() + PATIENCE_S
            while house.rows("select count(*) from webhook_deliveries where state = 'waiting'") != [(0,)]:
                assert time.monotonic() < until
                time.sleep(0.05)
    told = [(each.headers["webhook-id"], each.body) for each in receiver.requests]
    assert {number for number, _ in told} == {
        show("msg", row[0]) for row in house.rows("select id from webhook_deliveries")
    }
    # What came twice is the same thing under the same id, and it is what the dead one had under way.
    assert len(set(told)) == TOLD
    assert 0 < len(told) - TOLD <= unsettled
    for each in receiver.requests:
        assert Webhook(made.secret).verify(each.body, each.headers)
