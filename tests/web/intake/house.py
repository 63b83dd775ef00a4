"""A house with its door open: a real web process over a migrated database, and what one may ask of both."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from hubspot.utils.signature import Signature  # type: ignore[import-untyped]
from psycopg import sql
from tests.furnishing import read_once
from tests.lending import lent, looking

from guerdon.engine.enroll import enroll_members
from guerdon.engine.library import Library
from guerdon.engine.process import process
from guerdon.engine.publish import publish
from guerdon.program.model import Program
from guerdon.queries.invariants import check_invariants
from guerdon.store.access.api_keys import ApiKey, record_api_key, revoke_api_key
from guerdon.store.audit import record_audit
from guerdon.store.database import transaction
from guerdon.store.lanes import lease_lanes, let_go_lanes
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAM = REPOSITORY / "examples" / "ev_maker" / "program.yaml"
CLIENT_SECRET, PREVIOUS_SECRET = "0b1c2d3e-now-in-force", "9f8e7d6c-being-replaced"
PUBLIC_URL = "https://rewards.example.com"
HOOK = "/hooks/hubspot/hubspot_eu"
PORTAL = 4471209
MEMBERS = 20
START_S = 60.0


@dataclass(frozen=True)
class Answer:
    """What the door said."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass
class House:
    """An installation with one program and a few members; its web process may come and go."""

    url: str
    secret: str
    home: Path
    program: Program
    program_id: int
    port: int = 0
    web: "subprocess.Popen[bytes] | None" = None
    vault: Vault = field(init=False)
    library: Library = field(init=False)

    def __post_init__(self) -> None:
        self.vault = Vault(self.secret)
        self.library = Library(self.vault, MAPPERS)

    # the process

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "src"),
            "DATABASE_URL": self.url,
            "GUERDON_HOME": str(self.home),
            "GUERDON_SECRET": self.secret,
            "GUERDON_PORT": str(self.port or 8710),
            "GUERDON_PUBLIC_URL": PUBLIC_URL,
            "HUBSPOT_CLIENT_SECRET": CLIENT_SECRET,
            "HUBSPOT_CLIENT_SECRET_PREVIOUS": PREVIOUS_SECRET,
        }

    def start_web(self) -> None:
        self.port = self.port or free_port()
        self.web = self.start("web")
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            assert self.web.poll() is None, "the web process ended at once"
            with suppress(OSError):
                if self.ask("GET", HOOK).status == 405:
                    return
            time.sleep(0.05)
        raise AssertionError("the web process does not answer")

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start a command of Guerdon on this house."""
        return subprocess.Popen(
            [sys.executable, "-m", "guerdon", *words], env=self.environment, stdin=subprocess.DEVNULL
        )

    def stop_web(self, how: int = signal.SIGTERM) -> None:
        if self.web is not None:
            self.web.send_signal(how)
            self.web.wait(timeout=20)
            self.web = None

    # the door

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str | bytes] | None = None
    ) -> Answer:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body or None, dict(headers or {}))
            response = connection.getresponse()
            raw = response.read()
            return Answer(response.status, _read(raw), {k.lower(): v for k, v in response.getheaders()})

    def hook(self, body: bytes, *, secret: str = CLIENT_SECRET, path: str = HOOK, age_s: float = 0) -> Answer:
        """Deliver as HubSpot would, signed by HubSpot's own library."""
        return self.ask("POST", path, body, signed(body, secret=secret, path=path, age_s=age_s))

    def send_events(self, events: object, key: str, kind: str | None = None) -> Answer:
        body = events if isinstance(events, bytes) else json.dumps(events).encode()
        single = "application/cloudevents+json"
        batch = "application/cloudevents-batch+json"
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": kind or (batch if isinstance(events, list) else single),
        }
        return self.ask("POST", "/v1/events", body, headers)

    def raw(self, request: bytes, *, wait_s: float = 20.0) -> bytes:
        """Send bytes as they are, and read until the other side has nothing more to say."""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=wait_s)) as wire:
            with suppress(BrokenPipeError, ConnectionResetError):
                wire.sendall(request)
            return read_answer(wire)

    # the rest of the house

    @contextmanager
    def working(self) -> Iterator["psycopg.Connection[Any]"]:
        with lent(self.url, self.secret, "worker") as db:
            yield db

    def decide(self) -> int:
        """Be the worker until nothing is left; how many events left the inbox."""
        done, worker = 0, uuid4()
        with self.working() as db:
            with db.transaction():
                lease = lease_lanes(db, worker)
            while some := process(db, self.library, lease, utc_now):
                done += some
            with db.transaction():
                let_go_lanes(db, worker)
        return done

    def enroll(self, ids: Sequence[int], market: str = "DE") -> None:
        lines = ["external_source,external_id,name,email,phone,market,language,location,employee\n"]
        lines += [f"hubspot,{n},Ada Example,ada{n}@example.com,,{market},en,,false\n" for n in ids]
        with self.working() as db:
            done = enroll_members(db, self.vault, (self.program_id, self.program), lines, utc_now())
        assert done.problems == []

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Read with an eye that row security does not cover."""
        with looking(self.url) as connection:
            return connection.execute(statement, values).fetchall()

    def tally(self) -> dict[str, int]:
        """How many rows each table holds."""
        with looking(self.url) as connection:
            names = connection.execute(
                "select relname from pg_class where relnamespace = 'guerdon'::regnamespace"
                " and relkind in ('r', 'p') and not relispartition"
            ).fetchall()
            # Each with its name: of many tables several are counted at once, and come in any order.
            counts = [
                sql.SQL("select {}, count(*) from {}").format(sql.Literal(n), sql.Identifier(n))
                for (n,) in names
            ]
            return dict(connection.execute(sql.SQL(" union all ").join(counts)).fetchall())

    def counted(self, what: str, connection: str = "hubspot_eu") -> int:
        found = self.rows(
            "select coalesce(sum(n), 0)::int from intake_counts where what = %s and connection = %s",
            what,
            connection,
        )
        return int(found[0][0])

    def settled_count(self, what: str, connection: str = "hubspot_eu") -> int:
        """A counter, once nothing of what was told before is on its way to it."""
        seen, now = -1, self.counted(what, connection)
        while seen != now:
            time.sleep(1.5)
            seen, now = now, self.counted(what, connection)
        return now

    def await_counted(self, what: str, at_least: int, connection: str = "hubspot_eu") -> None:
        """Wait for a counter: rejections are written within a second or so, not at once."""
        until = time.monotonic() + 20
        while self.counted(what, connection) < at_least:
            assert time.monotonic() < until, f"{what} stays at {self.counted(what, connection)}"
            time.sleep(0.05)

    def quarantined(self) -> list[tuple[Any, ...]]:
        return self.rows("select id, reason, detail, external_id, event_id from quarantine order by id")

    def check_nothing_lost(self) -> None:
        """Received = decided + waiting + set apart after it was accepted + still in the inbox + ignored."""
        received = self.rows("select coalesce(sum(n), 0)::int from intake_counts where what = 'accepted'")[0][
            0
        ]
        decided, waiting, parked, inbox, ignored, keys = self.rows(
            """
            select (select count(*) from events where type <> 'reward.redeemed'),
                   (select count(*) from waiting),
                   (select count(*) from quarantine where event_id is not null and reason <> 'reused_id'),
                   (select count(*) from inbox),
                   (select coalesce(sum(n), 0)::int from intake_counts where what = 'ignored'),
                   (select count(*) from event_keys)
            """
        )[0]
        assert received == keys == decided + waiting + parked + inbox + ignored
        assert self.rows("select id from events group by id having count(*) > 1") == []
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            assert check_invariants(tx) == []


def read_answer(wire: socket.socket) -> bytes:
    """Read one answer, headers and body, or what comes until the end."""
    got = b""
    with suppress(TimeoutError, ConnectionResetError):
        while True:
            head, found, rest = got.partition(b"\r\n\r\n")
            if found and len(rest) >= _length(head):
                return got
            part = wire.recv(65536)
            if not part:
                return got
            got += part
    return got


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 1 << 30


def status_of(answer: bytes) -> int:
    """The status of a raw answer; 0 when there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def _read(raw: bytes) -> Any:
    with suppress(ValueError):
        return json.loads(raw)
    return raw


def signed(
    body: bytes, *, secret: str = CLIENT_SECRET, path: str = HOOK, age_s: float = 0, method: str = "POST"
) -> dict[str, str]:
    """The two headers of a request, by HubSpot's own library."""
    timestamp = str(int((utc_now().timestamp() - age_s) * 1000))
    # Their library takes text alone; what is none, we sign ourselves.
    signature = (
        Signature.get_signature(
            secret, body.decode(), "v3", http_uri=PUBLIC_URL + path, http_method=method, timestamp=timestamp
        )
        if _is_text(body)
        else _sign_bytes(secret, method, PUBLIC_URL + path, body, timestamp)
    )
    return {
        "X-HubSpot-Signature-v3": signature,
        "X-HubSpot-Request-Timestamp": timestamp,
        "Content-Type": "application/json",
    }


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sign_bytes(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    text = method.encode() + uri.encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


_numbers = iter(range(1_000_000, 1 << 40))


def change(
    contact: int = 1, prop: str = "booking_status", value: str = "confirmed", **more: Any
) -> dict[str, Any]:
    """One element as HubSpot sends it, under an id that was never used."""
    return {
        "eventId": next(_numbers),
        "subscriptionId": 700,
        "portalId": PORTAL,
        "appId": 1160452,
        "occurredAt": int((utc_now() - timedelta(minutes=5)).timestamp() * 1000),
        "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0,
        "objectId": contact,
        "changeSource": "CRM",
        "propertyName": prop,
        "propertyValue": value,
        "sourceId": "userId:17",
        **more,
    }


def packed(*changes: object) -> bytes:
    return json.dumps(changes).encode()


def cloud_event(contact: int = 1, **more: Any) -> dict[str, Any]:
    """A CloudEvent under an id that was never used."""
    return {
        "specversion": "1.0",
        "id": f"e-{next(_numbers)}",
        "source": "/dms/hamburg",
        "type": "booking.confirmed",
        "subject": f"hubspot:{contact}",
        "time": datetime(2026, 5, 4, 9, 30, tzinfo=UTC).isoformat(),
        "data": {"order_type": "retail"},
        **more,
    }


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def furnished(url: str, secret: str, home: Path) -> House:
    """Publish the example and enroll a few members; no process runs yet."""
    program = read_once(PROGRAM)
    with lent(url, secret, "owner") as db:
        published = publish(db, program, "test", utc_now())
    house = House(url, secret, home, program, published.program_id)
    house.enroll(range(1, MEMBERS + 1))
    return house


@contextmanager
def open_house(url: str, secret: str, home: Path) -> Iterator[House]:
    """A furnished house whose door is open."""
    house = furnished(url, secret, home)
    try:
        house.start_web()
        yield house
    finally:
        with suppress(ProcessLookupError, HTTPException):
            house.stop_web()


def made_key(house: House, *, source: str = "/dms/", days: float = 1, revoked: bool = False) -> str:
    """A key for the API, as the command makes one."""
    key_id, secret, now = secrets.token_hex(6), secrets.token_hex(20), utc_now()
    sha = hashlib.sha256(secret.encode()).digest()
    with lent(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        key = ApiKey(key_id, sha, "test", source, now + timedelta(days=days), None)
        record_api_key(tx, house.program_id, key, now)
        record_audit(tx, house.program_id, "test", "key.added", key_id, now)
        if revoked:
            revoke_api_key(tx, house.program_id, key_id, now)
    return f"gdn_{key_id}_{secret}"
