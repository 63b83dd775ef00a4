"""A house whose members are contacts of an account at the stand-in, and are told what they have."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from tests.connectors.hubspot_api.house import api_of
from tests.lending import lent
from tests.standins.house import Stand
from tests.wallet import house as wallet

from guerdon.connectors.hubspot.crm import HubSpotCrm
from guerdon.engine.announcements.fanning import Fan, announce, tell_endpoints
from guerdon.engine.crm.out.sending import Scribes, forget, keep_all_lanes, work
from guerdon.engine.crm.out.telling import GATHERED, tell_connections
from guerdon.engine.crm.port import Closed, Crm, NotNow
from guerdon.engine.library import Library
from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import Connection, connect
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

KEY, PORTAL = "crm_hub", 4242
PROPERTIES = {
    "points": "number",
    "euros": "number",
    "last_reward": "string",
    "last_reward_value": "number",
    "last_reward_at": "datetime",
    "reward_waiting": "bool",
}
EVENTS = ("reward_earned", "reward_ready", "reward_redeemed", "reward_refused")
SAID = ("reward", "rule", "amount", "unit", "reference", "pending", "item", "reason")
WRITE = """
connections:
  crm_hub:
    vendor: hubspot
    portal: 4242
    secret: HUBSPOT_CLIENT_SECRET
    subject: crm
    write:
      properties:
        balance: { PTS: points, EUR: euros }
        last_reward: last_reward
        last_reward_value: last_reward_value
        last_reward_at: last_reward_at
        reward_waiting: reward_waiting
      events:
        earned: reward_earned
        ready: reward_ready
        redeemed: reward_redeemed
        refused: reward_refused
"""


def writing_program(write: str = WRITE) -> Program:
    """The wallet's program, with an account that is told."""
    read = read_program(wallet.PROGRAM.read_text() + write, wallet.PROGRAM.parent)
    assert isinstance(read, Program), read
    return read


def defined(stand: Stand) -> None:
    """Make the properties and events that are written, as somebody does in HubSpot."""
    for name, kind in PROPERTIES.items():
        form = {"bool": "booleancheckbox", "datetime": "date", "number": "number"}.get(kind, "text")
        options = [{"value": v, "label": v, "displayOrder": n} for n, v in enumerate(("true", "false"))]
        stand.define(
            {
                "name": name,
                "label": name,
                "type": kind,
                "fieldType": form,
                "groupName": "contactinformation",
                **({"options": options} if kind == "bool" else {}),
            }
        )
    for name in EVENTS:
        said = stand.ask(
            "POST",
            "/events/custom/2026-09/event-definitions",
            {
                "name": name,
                "label": name,
                "primaryObject": "CONTACT",
                "includeDefaultProperties": False,
                "propertyDefinitions": [
                    {"name": one, "label": one, "type": "string", "options": []} for one in SAID
                ],
            },
        )
        assert said.status == 201, said


@dataclass
class House(wallet.House):
    """An installation whose members' contacts are told."""

    stand: Stand = field(kw_only=True)
    # Who answers in its place.
    crm: Any = None

    def contacts(self, count: int) -> list[str]:
        """Contacts who are members: HubSpot's ids of them."""
        begun = int(self.rows("select count(*) from member_ids")[0][0])
        made = self.stand.add("contacts", *({"email": f"p{begun + n}@x.example"} for n in range(count)))
        self.enroll(*made)
        return made

    def open(self, _db: Connection, program_id: int, key: str) -> Crm | Closed | NotNow:
        """The account, open."""
        assert (program_id, key) == (self.program_id, KEY)
        found: Crm | Closed | NotNow = self.crm or self.account()
        return found

    def account(self) -> HubSpotCrm:
        """The account at the stand-in."""
        return HubSpotCrm(api_of(self.stand), lambda: Closed("app"), PORTAL)

    @property
    def scribes(self) -> Scribes:
        return Scribes(self.open, lambda: connect(self.url, self.secret, "worker"), lambda: self.now)

    def gather(self) -> None:
        """Keep the lanes, hand on what was announced, and let the time pass in which changes are gathered."""
        library = Library(self.vault, MAPPERS)
        with self.worker() as db:
            while keep_all_lanes(db, library, self.now):
                pass
            while announce(db, Fan(library, (tell_endpoints, tell_connections)), self.now):
                pass
        self.now += GATHERED

    def write(self) -> int:
        """Send everything that is due; how many times HubSpot was asked."""
        with self.worker() as db:
            return work(db, self.scribes, (self.program_id, KEY), Event())

    def write_back(self) -> int:
        """All of it."""
        self.gather()
        return self.write()

    def forget(self) -> None:
        with self.worker() as db:
            forget(db, self.now)

    def at_hubspot(self) -> dict[str, dict[str, str]]:
        """What each contact has there of us."""
        kept = self.stand.control("GET", "/records/contacts")["records"]
        return {
            one["id"]: {name: text for name, text in one["properties"].items() if name in PROPERTIES and text}
            for one in kept
        }

    def timeline(self) -> list[dict[str, Any]]:
        """The custom events that arrived."""
        return list(self.stand.control("GET", "/completions")["completions"])

    def now_of_last_reward(self) -> str:
        """When the last reward was given, as it is written."""
        ((at,),) = self.rows("select max(issued_at) from rewards")
        return str(at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))

    def states(self) -> list[str]:
        """How far contacts are."""
        return [row[0] for row in self.rows("select state from writeback_contacts order by member_id")]

    def lane(self, *columns: str) -> tuple[Any, ...]:
        (found,) = self.rows("select to_jsonb(l) from writeback_lanes l")[0]
        return tuple(found[each] for each in columns)


@contextmanager
def opened_house(url: str, secret: str, stand: Stand, write: str = WRITE) -> Iterator[House]:
    """A house whose books are checked when the test is done."""
    program, now = writing_program(write), utc_now()
    with lent(url, secret, "owner") as db:
        published = publish(db, program, "test", now)
    defined(stand)
    made = House(url, secret, program, published.program_id, now, stand=stand)
    yield made
    made.check()
