"""What was answered with 200 is there, whatever falls over: sessions, the web process, the whole database."""

import json
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.servers import copied_database, quick_folder
from tests.web.intake.house import (
    HOOK,
    House,
    change,
    cloud_event,
    furnished,
    made_key,
    open_house,
    packed,
    signed,
)

from guerdon import embedded
from guerdon.store.migrations import migrate

ONE = {"accepted": 1, "duplicates": 0, "quarantined": 0}


class Sender(threading.Thread):
    """Sends one event after the other, each until it is taken, and remembers which were."""

    def __init__(self, house: House) -> None:
        super().__init__(daemon=True)
        self.house = house
        self.taken: list[dict[str, Any]] = []
        self.statuses: set[int] = set()
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.is_set():
            event = change(len(self.taken) % 20 + 1, "booking_status", "canceled")
            while not self.taken_by_the_door(event) and not self.enough.is_set():
                time.sleep(0.01)

    def taken_by_the_door(self, event: dict[str, Any]) -> bool:
        body = packed(event)
        try:
            with closing(HTTPConnection("127.0.0.1", self.house.port, timeout=30)) as wire:
                wire.request("POST", HOOK, body, signed(body))
                response = wire.getresponse()
                answer = json.loads(response.read())
        except (OSError, HTTPException, ValueError):
            return False
        self.statuses.add(response.status)
        if response.status != 200:
            assert response.headers["retry-after"] == "1"
            return False
        assert answer["quarantined"] == 0
        self.taken.append(event)
        return True

    def finish(self) -> None:
        self.enough.set()
        self.join(timeout=60)
        assert not self.is_alive()

    def await_taken(self, n: int) -> None:
        wanted, until = len(self.taken) + n, time.monotonic() + 60
        while len(self.taken) < wanted:
            assert time.monotonic() < until, f"only {len(self.taken)} were taken"
            time.sleep(0.01)


def check_all_there(house: House, events: list[dict[str, Any]]) -> None:
    """Each is decided, once."""
    house.decide()
    house.check_nothing_lost()
    found = house.rows(
        "select external_id, count(*) from events where source = 'hubspot_eu' group by external_id"
    )
    counted = {name.split("-")[2]: n for name, n in found}
    elsewhere = house.rows(
        """
        select 'inbox', lane::text from inbox union all select 'waiting', external_id from waiting
        union all select reason, detail from quarantine
        union all select 'lane ' || lane, lease_until::text from lanes where holder is not null
        """
    )
    assert {str(e["eventId"]): 1 for e in events}.items() <= counted.items(), elsewhere


@pytest.fixture
def alone(postgres: embedded.Server, migrated_template: str, secret: str, tmp_path: Path) -> Iterator[House]:
    """Give a house of this test's own, with its door open."""
    with copied_database(postgres, migrated_template) as url, open_house(url, secret, tmp_path) as made:
        yield made


def test_a_web_process_that_is_killed_takes_nothing_with_it(alone: House) -> None:
    sender = Sender(alone)
    sender.start()
    for _ in range(2):
        sender.await_taken(20)
        alone.stop_web(signal.SIGKILL)
        alone.start_web()
    sender.await_taken(5)
    sender.finish()
    check_all_there(alone, sender.taken)


def test_a_web_process_that_is_stopped_answers_whom_it_has_heard(alone: House) -> None:
    sender = Sender(alone)
    sender.start()
    sender.await_taken(20)
    alone.stop_web()
    sender.finish()
    check_all_there(alone, sender.taken)


def test_sessions_that_are_cut_lose_nothing_and_double_nothing(alone: House) -> None:
    senders = [Sender(alone) for _ in range(3)]
    for sender in senders:
        sender.start()
    with psycopg.connect(alone.url, autocommit=True) as admin:
        for _ in range(40):
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = 'guerdon_web' and datname = current_database()"
            )
            time.sleep(0.02)
    for sender in senders:
        sender.await_taken(5)
        sender.finish()
        assert sender.statuses <= {200, 503}
    check_all_there(alone, [event for sender in senders for event in sender.taken])


def test_an_idle_door_does_not_even_stumble_over_sessions_that_were_cut(alone: House) -> None:
    key = made_key(alone)
    for _ in range(3):
        assert alone.hook(packed(change())).status == 200
        assert alone.send_events(cloud_event(), key).status == 202
        with psycopg.connect(alone.url, autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'guerdon_web'"
                " and datname = current_database()"
            )
        # Long enough for what is known of programs and keys to be asked for again.
        time.sleep(1.1)
        assert alone.send_events(cloud_event(), key).status == 202
        assert alone.hook(packed(change())).body == ONE


def test_a_lock_on_what_is_live_holds_up_who_asks_for_it_and_nobody_else(alone: House) -> None:
    with psycopg.connect(alone.url, options="-c search_path=guerdon") as other:
        other.execute("lock table program_versions")
        # Long enough for what is live to be asked for again: the first one then waits for the lock.
        time.sleep(1.1)
        senders = [Sender(alone) for _ in range(2)]
        for sender in senders:
            sender.start()
        until = time.monotonic() + 30
        while not any(sender.taken for sender in senders):
            assert time.monotonic() < until
            time.sleep(0.01)
        other.rollback()
    for sender in senders:
        sender.await_taken(1)
        sender.finish()
    check_all_there(alone, [event for sender in senders for event in sender.taken])


@pytest.fixture
def own_server() -> Iterator[embedded.Server]:
    """Run a PostgreSQL that this test may stop."""
    home = Path(tempfile.mkdtemp(prefix="gd-", dir=quick_folder()))
    home.chmod(0o711)
    server = embedded.start(home)
    try:
        yield server
    finally:
        server.stop()
        for folder in (server.sockets, server.place, home):
            shutil.rmtree(folder, ignore_errors=True)


def test_while_the_database_is_away_the_door_says_come_again(
    own_server: embedded.Server, tmp_path: Path
) -> None:
    secret = secrets.token_hex(32)
    migrate(own_server.url("guerdon"), secret)
    house = furnished(own_server.url("guerdon"), secret, tmp_path)
    key = made_key(house)
    house.start_web()
    server = own_server
    try:
        sender = Sender(house)
        sender.start()
        sender.await_taken(10)
        server.stop()
        # Longer than what is known of programs and keys is relied on.
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            event, body = cloud_event(), packed(change())
            for answer in (house.hook(body), house.send_events(event, key)):
                assert (answer.status, answer.headers["retry-after"]) == (503, "1")
                assert answer.headers["content-type"] == "application/problem+json"
            assert house.ask("POST", HOOK, body, signed(body, secret="x")).status == 401
        server = embedded.start(own_server.home)
        sender.await_taken(10)
        sender.finish()
        assert sender.statuses == {200, 503}
        assert house.send_events(event, key).body == ONE
        assert house.hook(body).body == ONE
        check_all_there(house, sender.taken)
    finally:
        house.stop_web()
        server.stop()
