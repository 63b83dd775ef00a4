"""Events per second from HubSpot's side to what its contacts have of us, at HubSpot's documented limits.

The stand-in tells of contacts that were made and of deals that were won, by signed webhooks through the real
door: both say too little, so contacts and deals are read in batches, contacts become members, deals give
points, and balances and custom events are written back. Everything (stand-in, web, worker, PostgreSQL) runs
on this machine with fsync on. Beside it, the door's latency for one request at a time, quiet and meanwhile.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

from bench_frame import options_of, print_result
from bench_house import House, house
from bench_load import Sender

from guerdon.cli import REPOSITORY
from guerdon.engine.crm.accounts import Looking, keep_account
from guerdon.store.crm.accounts import Granted
from guerdon.store.database import Connection, transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

PROGRAM = Path(__file__).with_name("hubspot_program.yaml")
PORTAL, KEY = 4242, "hubspot_eu"
AT_ONCE = 500
DONE_S_MAX = 1800.0
QUIET_S = 5.0
PROPERTIES = {"points": "number", "last_reward": "string", "reward_waiting": "string"}
SAID = ("reward", "rule", "amount", "unit", "reference", "pending")
# Whatever still waits somewhere; the probe's own requests may.
WAITING = """
    select (select count(*) from errands) + (select count(*) from waiting)
           + (select count(*) from announcements)
           + (select count(*) from writeback_contacts where state = 'waiting')
           + (select count(*) from writeback_events where state = 'waiting')
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """The stand-in, asked as a tester and as HubSpot's own people."""

    address: str
    keys: dict[str, Any]

    @property
    def token(self) -> str:
        """What opens the account."""
        return str(self.keys["portals"][0]["token"])

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask it something that it does."""
        parts = urlsplit(self.address)
        wire = HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        headers = {
            "Authorization": f"Bearer {self.token}" if self.keys else "",
            "Content-Type": "application/json",
        }
        wire.request(method, path, None if body is None else json.dumps(body), headers)
        answer = wire.getresponse()
        text = answer.read()
        wire.close()
        assert answer.status in (200, 201), (path, answer.status, text[:300])
        return json.loads(text)


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("hubspot")
    parser.add_argument("--events", type=int, default=50_000)
    args = parser.parse_args()
    with _stand() as stand:
        app = stand.keys["app"]
        settings = {
            "GUERDON_OUTBOUND_ALLOW": "127.0.0.0/8",
            "GUERDON_HUBSPOT_API": stand.address,
            "GUERDON_HUBSPOT_APP": stand.address,
            "GUERDON_HUBSPOT_CLIENT_ID": app["clientId"],
        }
        # What a private app is told is signed by its own secret.
        secret = stand.keys["portals"][0]["clientSecret"]
        with house(0, program=PROGRAM, client_secret=secret, settings=settings) as where:
            result = _measure(where, stand, args.events)
    return print_result(args, result)


@contextmanager
def _stand() -> Iterator[Stand]:
    command = [sys.executable, "-m", "standins.hubspot", "--port", "0", "--seed", "7"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        keys = Stand(address, {}).ask("GET", "/_control/keys")
        yield Stand(address, keys)
    finally:
        process.terminate()
        process.wait(10)


def _measure(where: House, stand: Stand, events: int) -> Mapping[str, object]:
    settings = where.opened.settings
    _prepare(where, stand)
    where.parts.start("web", ["-m", "guerdon", "web"])
    assert where.parts.wait_until_answers(f"http://{settings.host}:{settings.port}/", 60)
    where.parts.start("worker", ["-m", "guerdon", "worker"])
    probe = _known_contact(stand)
    with where.opened.connect("owner") as db:
        db.execute("set role none")
        _until_done(db, 0)
        quiet = _latency(where, probe, until=lambda: False)
        stand.ask("POST", "/_control/limits", {"on": True})
        stop = threading.Event()
        meanwhile: list[float] = []
        beside = threading.Thread(target=lambda: meanwhile.extend(_latency(where, probe, stop.is_set, 10**9)))
        contacts = events // 2
        started = time.monotonic()
        beside.start()
        _happen(stand, where.url, contacts)
        told_s = time.monotonic() - started
        _until_done(db, contacts)
        seconds = time.monotonic() - started
        stop.set()
        beside.join()
        lags = _lags(db)
        _check(db, stand, contacts)
        asked = stand.ask("GET", "/_control/counts")
    return {
        "events_per_s": round(contacts * 2 / seconds, 1),
        "writeback_lag_ms": {"p50": _at(lags, 50), "p99": _at(lags, 99)},
        "intake_ms": {
            "quiet": {"p50": _at(quiet, 50), "p99": _at(quiet, 99)},
            "enriching": {"p50": _at(meanwhile, 50), "p99": _at(meanwhile, 99)},
        },
        "stages": {"events": contacts * 2, "told_s": round(told_s, 1), "seconds": round(seconds, 1)},
        "written": len(lags),
        "requests": sum(n for name, n in asked.items() if name.partition(" ")[2].startswith("/")),
    }


def _prepare(where: House, stand: Stand) -> None:
    """Define what is written, connect the account, and have it tell us what happens."""
    for name, kind in PROPERTIES.items():
        form = {"number": "number", "string": "text"}[kind]
        wanted = {
            "name": name,
            "label": name,
            "type": kind,
            "fieldType": form,
            "groupName": "contactinformation",
        }
        stand.ask("POST", "/crm/properties/2026-09/contacts", wanted)
    stand.ask(
        "POST",
        "/events/custom/2026-09/event-definitions",
        {
            "name": "reward_earned",
            "label": "Reward earned",
            "primaryObject": "CONTACT",
            "includeDefaultProperties": False,
            "propertyDefinitions": [{"name": n, "label": n, "type": "string", "options": []} for n in SAID],
        },
    )
    vault, now = Vault(where.opened.settings.secret), utc_now()
    with where.opened.connect("web") as db, transaction(db, where.program_id) as tx:
        looking = Looking(where.program_id, vault, "benchmark", now)
        keep_account(tx, looking, where.program.connections[KEY], Granted("token", stand.token, PORTAL))


def _happen(stand: Stand, url: str, contacts: int) -> None:
    """Contacts are made, and each buys a car."""
    subscriptions = [
        {"eventType": "contact.creation"},
        {"eventType": "deal.propertyChange", "propertyName": "dealstage"},
    ]
    stand.ask("POST", "/_control/hooks", {"url": url, "subscriptions": subscriptions, "batch_ms": 20})
    for first in range(0, contacts, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, contacts))
        people = [{"properties": {"email": f"c{n}@x.example", "country": "Germany"}} for n in numbers]
        ids = stand.ask("POST", "/_control/records/contacts", {"records": people})["ids"]
        deals = [
            {"properties": {"dealname": f"car {n}", "dealstage": "closedwon"}, "contact": contact}
            for n, contact in zip(numbers, ids, strict=True)
        ]
        stand.ask("POST", "/_control/records/deals", {"records": deals})


def _known_contact(stand: Stand) -> str:
    made = stand.ask(
        "POST", "/_control/records/contacts", {"records": [{"properties": {"country": "Germany"}}]}
    )
    return str(made["ids"][0])


def _latency(where: House, contact: str, until: Any, most: int = 200) -> list[float]:
    """How long the door takes for one small request, in milliseconds, time after time."""
    sender = Sender(where)
    took: list[float] = []
    while len(took) < most and not until():
        now_ms = int(time.time() * 1000)
        change = {
            "eventId": now_ms,
            "subscriptionId": 1,
            "portalId": PORTAL,
            "appId": 1,
            "occurredAt": now_ms,
            "subscriptionType": "contact.propertyChange",
            "attemptNumber": 0,
            "objectId": int(contact),
            "changeSource": "CRM_UI",
            "propertyName": "city",
            "propertyValue": f"Jena {now_ms}",
        }
        body = json.dumps([change]).encode()
        began = time.monotonic()
        assert sender.send(body) == 200
        took.append((time.monotonic() - began) * 1000)
        time.sleep(QUIET_S / 200)
    return took


def _until_done(db: Connection, contacts: int) -> None:
    end = time.monotonic() + DONE_S_MAX
    while time.monotonic() < end:
        ((bought,),) = db.execute("select count(*) from events where type = 'car.bought'").fetchall()
        ((waiting,),) = db.execute(WAITING).fetchall()
        if bought == contacts and waiting == 0:
            return
        time.sleep(0.2)
    raise SystemExit("it did not come to an end")


def _lags(db: Connection) -> list[float]:
    rows = db.execute("select lag from writeback_batches, unnest(lags_ms) lag").fetchall()
    return [float(row[0]) for row in rows]


def _check(db: Connection, stand: Stand, contacts: int) -> None:
    """Both sides agree, contact by contact."""
    kept = stand.ask("GET", "/_control/records/contacts")["records"]
    theirs = {one["id"]: one["properties"].get("points") for one in kept if one["properties"].get("email")}
    rows = db.execute(
        """
        select i.external_id, a.posted::text from member_ids i
        join accounts a on a.member_id = i.member_id and a.name = 'purse' and a.unit = 'PTS'
        """
    ).fetchall()
    assert len(theirs) == contacts, f"{contacts} contacts were made, {len(theirs)} are there"
    assert {row[0]: row[1] for row in rows} == theirs, "the two sides do not agree"
    uuids = [one["uuid"] for one in stand.ask("GET", "/_control/completions")["completions"]]
    assert len(uuids) == len(set(uuids)) == contacts, f"{len(uuids)} events are on timelines"


def _at(found: list[float], percent: int) -> float:
    return round(quantiles(found, n=100)[percent - 1], 1) if len(found) > 1 else 0.0


if __name__ == "__main__":
    sys.exit(main())
