"""A house that asks the stand-in of HubSpot, in its own process, and hears its webhooks."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

from tests.connectors.hubspot_api.house import api_of
from tests.engine.house import House as Engine
from tests.lending import lent
from tests.standins.house import Receiver, Stand, wait_for

from guerdon.connectors.hubspot.crm import HubSpotCrm
from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.engine.arrivals import Unusable
from guerdon.engine.crm.enriching import Desk, enrich
from guerdon.engine.crm.port import Closed, Crm, NotNow
from guerdon.engine.intake import Delivery, Kept, keep_deliveries
from guerdon.engine.library import Library
from guerdon.engine.process import process
from guerdon.engine.publish import publish
from guerdon.engine.quarantine.looking import Sight, look
from guerdon.engine.quarantine.settling import CHUNK, Reading, retry
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.controls import intake
from guerdon.queries.controls.run import run_controls
from guerdon.queries.quarantine.standing import find_parked, load_body
from guerdon.store.database import Connection, transaction
from guerdon.store.persons import Person, load_person
from guerdon.store.quarantine.settling import Chosen, Settled
from guerdon.values.clock import utc_now
from guerdon.web.readers import READERS
from guerdon.worker import MAPPERS

TEXT = (Path(__file__).parent / "program.yaml").read_text(encoding="utf-8")
CONNECTION = "hubspot_eu"
OURS: dict[str, list[dict[str, str]]] = {
    "contacts": [
        {"name": "dealer_code", "type": "string", "fieldType": "text"},
        {"name": "is_employee", "type": "bool", "fieldType": "booleancheckbox"},
        {"name": "visits", "type": "number", "fieldType": "number"},
        {"name": "drive_status", "type": "string", "fieldType": "text"},
    ],
    "deals": [{"name": "delivery_date", "type": "date", "fieldType": "date"}],
}
SUBSCRIPTIONS = (
    *("contact.creation", "contact.propertyChange", "contact.deletion", "contact.merge"),
    *("contact.privacyDeletion", "deal.creation", "deal.propertyChange", "deal.deletion"),
)
ADA = {"firstname": "Ada", "lastname": "Byron", "email": "ada@example.org", "country": "Germany"}
WON = {"dealname": "A car", "dealstage": "closedwon", "amount": "24990.50"}
REWARDS: LiteralString = "select count(*) from rewards"


@dataclass
class House(Engine):
    """A migrated database with the motors' program in it, and a HubSpot that tells it what happens."""

    stand: Stand | None = None
    ahead: timedelta = timedelta(0)
    # What the CRM is asked through; a test may stand in between.
    between: Callable[[Crm], Crm | Closed | NotNow] = field(default=lambda crm: crm)
    receiver: Receiver = field(init=False)
    portal: int = field(init=False, default=0)
    heard: int = field(init=False, default=0)

    def begin(self, *changes: tuple[str, str]) -> None:
        stand = self.hubspot
        self.receiver = Receiver()
        self.portal = stand.keys["portals"][0]["portalId"]
        for kind, wanted in OURS.items():
            for one in wanted:
                stand.control("POST", f"/properties/{kind}", self.wanted(kind, **one))
        subscriptions = [{"eventType": each} for each in SUBSCRIPTIONS]
        stand.control(
            "POST", "/hooks", {"url": self.receiver.url, "subscriptions": subscriptions, "batch_ms": 5}
        )
        self.publish_text(*changes)

    def wanted(self, kind: str, **told: str) -> dict[str, str]:
        group = {"contacts": "contactinformation", "deals": "dealinformation"}[kind]
        return {"label": told["name"], "groupName": group, **told}

    def publish_text(self, *changes: tuple[str, str]) -> None:
        text = TEXT.replace("portal: 4242", f"portal: {self.portal}")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        program = read_program(text)
        assert isinstance(program, Program), program
        self.program = program
        with lent(self.url, self.secret, "owner") as db:
            # Yesterday: what happens from now on is by it.
            self.program_id = publish(db, program, "test", utc_now() - timedelta(days=1)).program_id

    @property
    def hubspot(self) -> Stand:
        assert self.stand is not None
        return self.stand

    def now(self) -> datetime:
        return utc_now() + self.ahead

    def deal(self, contact: str | None, **properties: str) -> str:
        """Make a deal as a person does."""
        record: dict[str, Any] = {"properties": {**WON, **properties}}
        if contact is not None:
            record["contact"] = contact
        return str(self.hubspot.control("POST", "/records/deals", {"records": [record]})["ids"][0])

    def hear(self) -> list[Kept]:
        """Keep what HubSpot has told so far, once it has told all of it."""
        wait_for(lambda: all(one["waiting"] == 0 for one in self.hubspot.control("GET", "/hooks")["hooks"]))
        bodies = [one.body for one in self.receiver.received[self.heard :]]
        self.heard += len(bodies)
        return self.keep(*bodies)

    def keep(self, *bodies: bytes) -> list[Kept]:
        deliveries = []
        for body in bodies:
            read = read_arrivals(body)
            deliveries.append(Delivery(CONNECTION, body, [read] if isinstance(read, Unusable) else read))
        with lent(self.url, self.secret, "web") as db:
            return keep_deliveries(db, self.vault, self.program_id, deliveries, self.now())

    def heard_of(self, what: str = "") -> list[dict[str, Any]]:
        """What HubSpot's webhooks said, of one kind."""
        events = [event for one in self.receiver.received for event in json.loads(one.body)]
        return [event for event in events if event["subscriptionType"].endswith(what)]

    def opened(self, _db: Connection, _program_id: int, _connection: str) -> Crm | Closed | NotNow:
        return self.between(HubSpotCrm(api_of(self.hubspot), lambda: Closed("app"), self.portal))

    def desk(self) -> Desk:
        return Desk(Library(self.vault, MAPPERS), self.opened, self.now, self.graveyard)

    def decide(self) -> int:
        """Process what is in the inbox."""
        with self.worker() as worker:
            lease, total = worker.lease(), 0
            while done := process(worker.db, worker.library, lease, self.now):
                total += done
            return total

    def enrich(self, desk: Desk | None = None) -> int:
        """Read what is due, once."""
        with lent(self.url, self.secret, "worker") as db:
            return enrich(db, desk or self.desk())

    def settle(self) -> None:
        """Hear, decide and enrich until nothing is left that can be done now."""
        self.hear()
        desk = self.desk()
        while self.decide() + self.enrich(desk):
            pass

    def retry(self) -> None:
        """Try again all that was set apart."""
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            reading = Reading(self.program, self.vault, READERS)
            retry(tx, reading, Chosen(self.program_id, CHUNK), Settled("per_test", self.now()))

    def look(self) -> list[Sight]:
        """What was set apart, as people look at it."""
        mapper = MAPPERS["hubspot"]
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            numbers = [int(str(row[0])) for row in self.rows("select id from quarantine order by id")]
            found = [(find_parked(tx, number), load_body(tx, number)) for number in numbers]
        return [
            look(self.vault, self.program_id, self.program, mapper, parked, body)
            for parked, body in found
            if parked is not None
        ]

    def quarantined(self) -> list[tuple[object, ...]]:
        return self.rows("select reason, detail from quarantine where settled_at is null order by id")

    def errands(self) -> list[tuple[object, ...]]:
        return self.rows("select kind, object, step, reason from errands order by 1, 2, 3, event_id")

    def member_of(self, contact: str) -> int | None:
        found = self.rows("select external_id, member_id from member_ids")
        return next((int(str(member)) for known, member in found if known == contact), None)

    def person(self, contact: str) -> Person | None:
        member_id = self.member_of(contact)
        assert member_id is not None
        with lent(self.url, self.secret, "worker") as db, transaction(db, self.program_id) as tx:
            return load_person(tx, self.vault, self.program_id, member_id)

    def check_places(self) -> None:
        """Everything that was acknowledged stands in one place, or is counted."""
        with lent(self.url, self.secret, "worker") as db, transaction(db, self.program_id) as tx:
            found = run_controls(tx, self.now(), intake.CONTROLS).breached
            assert [str(each) for one in found for each in one.breaches] == []
