"""A whole installation beside the stand-in: a web and workers in their own processes, and who kills these."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any, LiteralString

import pytest
from tests.errands.house import OURS, SUBSCRIPTIONS, TEXT
from tests.lending import lent
from tests.standins.house import VERSION, Stand, wait_for
from tests.wallet.house import House as Books
from tests.web.intake.house import free_port
from tests.writebacks.house import SAID

from guerdon.cli.processes import Processes
from guerdon.connectors.hubspot.wired import OPTIONAL_SCOPES, SCOPES
from guerdon.engine.crm.accounts import Looking, keep_account
from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.crm.accounts import Granted
from guerdon.store.database import transaction
from guerdon.values.clock import utc_now

KEY, WORKERS = "hubspot_eu", 2
MORE = """    write:
      properties: { balance: euros, last_reward: last_reward }
      events: { earned: reward_earned }
budgets:
"""
CHANGES = (
    ("    subject: hubspot\n", "    subject: hubspot\n    journal: true\n"),
    ("[dealname]", "[dealname, drive_status=open]"),
    ("values: [25.00 EUR]", "values: [25.00 EUR, 40.00 EUR]"),
    (
        "25.00 EUR, pay_from: by_market, valid_days: 90 }\n  drove",
        "40.00 EUR, pay_from: by_market }\n  drove",
    ),
    ("DE: 10000.00, FR: 10000.00", "DE: 10000000.00, FR: 10000000.00"),
    ("budgets:\n", MORE),
)
# What is still under way here, in any of the places where something waits.
UNDER_WAY: LiteralString = """
    select 'inbox', count(*) from inbox
    union all select 'errands', count(*) from errands
    union all select 'waiting', count(*) from waiting
    union all select 'announcements', count(*) from announcements
    union all select 'contacts', count(*) from writeback_contacts where state = 'waiting'
    union all select 'events', count(*) from writeback_events where state = 'waiting'
"""


@dataclass
class House(Books):
    """An installation that runs, the account that it is connected to, and what ought to come of it."""

    stand: Stand = field(kw_only=True)
    parts: Processes = field(kw_only=True)
    port: int = field(kw_only=True)
    # What each contact should have got: how often, by rule.
    expected: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, contacts: int) -> list[str]:
        """Contacts come to be."""
        countries = ("Germany", "France")
        records = [
            {"properties": {"email": f"p{len(self.expected) + n}@x.example", "country": countries[n % 2]}}
            for n in range(contacts)
        ]
        made = list(self.stand.control("POST", "/records/contacts", {"records": records})["ids"])
        self.expected |= {one: Counter() for one in made}
        return made

    def drive(self, contact: str) -> None:
        """A contact drives, and is ready for the next time."""
        for status in ("done", "open"):
            self.stand.control(
                "PATCH", f"/records/contacts/{contact}", {"properties": {"drive_status": status}}
            )
        self.expected[contact]["drove"] += 1

    def buy(self, contact: str) -> None:
        """A deal of a contact is won."""
        won = {"dealname": "A car", "dealstage": "closedwon", "amount": "24990.50"}
        self.stand.control("POST", "/records/deals", {"records": [{"properties": won, "contact": contact}]})
        self.expected[contact]["bought"] += 1

    def merge(self, primary: str, second: str) -> str:
        """Two contacts become one, under a new id."""
        said = self.stand.control("POST", "/records/contacts/merge", {"primary": primary, "second": second})
        merged = str(said["id"])
        self.expected[merged] = self.expected.pop(primary) + self.expected.pop(second)
        return merged

    def settle(self, within_s: float) -> None:
        """Wait until both sides have nothing more to say."""

        def quiet() -> bool:
            hooks = self.stand.control("GET", "/hooks")["hooks"]
            return all(one["waiting"] == 0 for one in hooks) and not any(self.under_way().values())

        def quiet_for_a_while() -> bool:
            return quiet() and not Event().wait(1.5) and quiet()

        try:
            wait_for(quiet_for_a_while, within_s)
        except AssertionError:
            pytest.fail(f"it does not come to rest: {self.under_way()}")

    def under_way(self) -> dict[str, int]:
        """How much waits, by where."""
        return dict(self.rows(UNDER_WAY))

    def start_workers(self) -> None:
        """Have so many workers at work."""
        for n in range(WORKERS):
            self.parts.stop(f"worker {n}")
            self.parts.start(f"worker {n}", ["-m", "guerdon", "worker"])

    @contextmanager
    def killing(self, chance: Random, every_s: float) -> Iterator[list[int]]:
        """Somebody kills workers hard meanwhile, at any moment, and starts others."""
        stop, killed = Event(), list[int]()

        def kill() -> None:
            while not stop.wait(every_s * (0.5 + chance.random())):
                name = f"worker {chance.randrange(WORKERS)}"
                child = self.parts.running[name]
                child.kill()
                child.wait()
                killed.append(child.pid)
                self.parts.start(name, ["-m", "guerdon", "worker"])

        thread = Thread(target=kill)
        thread.start()
        try:
            yield killed
        finally:
            stop.set()
            thread.join()
            # A child goes with the thread that started it.
            self.start_workers()

    def at_hubspot(self) -> dict[str, dict[str, Any]]:
        """What each contact has there."""
        kept = self.stand.control("GET", "/records/contacts")["records"]
        return {one["id"]: one["properties"] for one in kept if not one["archived"]}

    def rewards(self) -> dict[str, Counter[str]]:
        """How many rewards the member of each contact has, by rule."""
        found: dict[str, Counter[str]] = {}
        for contact, rule, n in self.rows(
            """
            select i.external_id, r.rule, count(*) from member_ids i
            join rewards r on r.program_id = i.program_id and r.member_id = i.member_id
            where i.source = 'hubspot' group by 1, 2
            """
        ):
            found.setdefault(contact, Counter())[rule] = n
        return found

    def balances(self) -> dict[str, int]:
        """What the member of each contact can spend, in minor units."""
        rows = self.rows(
            """
            select i.external_id, a.posted - a.held from member_ids i
            join accounts a on a.program_id = i.program_id and a.member_id = i.member_id and a.name = 'purse'
            where i.source = 'hubspot'
            """
        )
        return {contact: int(balance) for contact, balance in rows}


@contextmanager
def opened_house(url: str, secret: str, stand: Stand, folder: Path) -> Iterator[House]:
    """A connected installation, with its web running and no worker yet."""
    port = free_port()
    app, portal = stand.keys["app"], stand.keys["portals"][0]["portalId"]
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("GUERDON_", "DATABASE_URL"))},
        "DATABASE_URL": url,
        "GUERDON_SECRET": secret,
        "GUERDON_HOME": str(folder),
        "GUERDON_PORT": str(port),
        "GUERDON_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GUERDON_OUTBOUND_ALLOW": "127.0.0.0/8",
        "GUERDON_HUBSPOT_API": stand.address,
        "GUERDON_HUBSPOT_APP": stand.address,
        "GUERDON_HUBSPOT_CLIENT_ID": app["clientId"],
        "HUBSPOT_CLIENT_SECRET": app["clientSecret"],
    }
    program = program_of(portal)
    with lent(url, secret, "owner") as db:
        published = publish(db, program, "test", utc_now())
    define(stand)
    parts = Processes(environment, folder / "said")
    made = House(url, secret, program, published.program_id, utc_now(), stand=stand, parts=parts, port=port)
    with lent(url, secret, "web") as db, transaction(db, made.program_id) as tx:
        looking = Looking(made.program_id, made.vault, "per_test", utc_now())
        keep_account(tx, looking, program.connections[KEY], install(stand, portal))
    parts.start("web", ["-m", "guerdon", "web"])
    try:
        assert parts.wait_until_answers(f"http://127.0.0.1:{port}/", 60)
        yield made
    finally:
        parts.stop()


def program_of(portal: int) -> Program:
    """The motors' program, told by the journal too, and with a contact that is told what it has."""
    text = TEXT.replace("portal: 4242", f"portal: {portal}")
    for old, new in CHANGES:
        assert old in text, old
        text = text.replace(old, new)
    program = read_program(text)
    assert isinstance(program, Program), program
    return program


def install(stand: Stand, portal: int) -> Granted:
    """Have the app installed: its account consents, so that webhooks and journal are of this account too."""
    stand.control("POST", "/consent", {"portal": portal})
    app, back = stand.credentials(), "http://127.0.0.1/back"
    scopes = "%20".join((*SCOPES, *OPTIONAL_SCOPES))
    asked = f"client_id={app['client_id']}&redirect_uri={back}&scope={scopes}"
    code = stand.ask("GET", f"/oauth/authorize?{asked}").headers["Location"].rpartition("code=")[2]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, **app}
    said = stand.ask("POST", f"/oauth/{VERSION}/token", form=form)
    assert said.status == 200, said
    told = said.body
    ends = utc_now() + timedelta(seconds=told["expires_in"])
    return Granted(
        "oauth",
        told["access_token"],
        portal,
        told["refresh_token"],
        ends,
        told["scopes"],
        stand.keys["app"]["appId"],
    )


def define(stand: Stand) -> None:
    """Make the properties and the event, and have webhooks sent, as somebody does in HubSpot."""
    wanted = [("contacts", {"type": "number", "fieldType": "number", "name": "euros"})]
    wanted += [("contacts", {"type": "string", "fieldType": "text", "name": "last_reward"})]
    wanted += [(kind, one) for kind, several in OURS.items() for one in several]
    group = {"contacts": "contactinformation", "deals": "dealinformation"}
    for kind, one in wanted:
        stand.control("POST", f"/properties/{kind}", {"label": one["name"], "groupName": group[kind], **one})
    properties = [{"name": one, "label": one, "type": "string", "options": []} for one in SAID]
    event: dict[str, Any] = {"name": "reward_earned", "label": "Reward", "primaryObject": "CONTACT"}
    event |= {"includeDefaultProperties": False, "propertyDefinitions": properties}
    assert stand.ask("POST", "/events/custom/2026-09/event-definitions", event).status == 201


def hook(house: House, **how: Any) -> None:
    """Have webhooks sent to our door."""
    url = f"http://127.0.0.1:{house.port}/hooks/hubspot/{KEY}"
    subscriptions = [{"eventType": each} for each in SUBSCRIPTIONS]
    house.stand.control(
        "POST", "/hooks", {"url": url, "subscriptions": subscriptions, "app": "public", **how}
    )


def listen(house: House) -> None:
    """Have the journal tell of it too, as the app's developer does."""
    token, portal = house.stand.journal_token(), house.stand.keys["portals"][0]["portalId"]
    for kind, actions in (("0-1", ["CREATE", "UPDATE", "DELETE", "MERGE"]), ("0-3", ["CREATE", "UPDATE"])):
        wanted = {"subscriptionType": "OBJECT", "portalId": portal, "actions": actions, "objectTypeId": kind}
        wanted |= {"objectIds": [], "properties": []}
        path = "/webhooks-journal/subscriptions/2026-03"
        assert house.stand.ask("POST", path, wanted, token=token).status == 200
