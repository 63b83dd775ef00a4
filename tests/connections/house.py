"""A house connected to the stand-in for HubSpot: its program declares everything, its settings lead there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from tests.approvals import house as approvals
from tests.approvals.doors import Doors, Visitor, plain
from tests.approvals.house import PROGRAM
from tests.rooms import opened_room
from tests.standins.house import Stand

from guerdon.config import Settings, read_settings
from guerdon.connectors.hubspot.wired import HubSpot, office_of
from guerdon.engine.crm.accounts import Looking, keep_account
from guerdon.engine.library import Library
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.process import process
from guerdon.program.load import read_program
from guerdon.program.model import Connection as Declared
from guerdon.program.model import Program
from guerdon.store.crm.accounts import Granted
from guerdon.store.database import Connection, connect
from guerdon.store.lanes import lease_lanes, let_go_lanes
from guerdon.values.clock import utc_now
from guerdon.web.accounts import migrate_accounts
from guerdon.worker import MAPPERS

KEY, PORTAL = "hubspot_eu", 4242
DECLARED = f"""
connections:
  {KEY}:
    vendor: hubspot
    portal: {PORTAL}
    secret: HUBSPOT_CLIENT_SECRET
    subject: crm
    journal: true
    map:
      - {{ property: lifecyclestage, value: customer, event: order.placed }}
    contacts:
      market: {{ property: country, values: {{ Germany: DE, Norway: "NO" }} }}
    action: {{ event: order.placed, fields: {{ order_no: order }} }}
"""


@dataclass
class House(approvals.House):
    """A house whose program has a connection; its clock may be moved."""

    ahead: timedelta = timedelta(0)
    settings: Settings = field(init=False)
    hubspot: HubSpot = field(init=False)
    # Whoever was opened goes on asking by it.
    db: Connection = field(init=False)

    def declare(self, stand: Stand, home: Path, text: str = DECLARED, sources: str = "[crm]") -> None:
        """Publish the program, and settings that lead to the stand-in."""
        written = PROGRAM.read_text(encoding="utf-8").replace("sources: [crm]", f"sources: {sources}")
        program = read_program(written + text, None)
        assert isinstance(program, Program), program
        self.open(program)
        settings = read_settings(self.environment(stand, home))
        assert isinstance(settings, Settings), settings
        self.settings = settings
        self.db = connect(self.url, self.secret, "worker")
        # Its own members are 7 to 9.
        self.db.execute("select nextval('member_id_seq') from generate_series(1, 1000)")
        self.hubspot = HubSpot(office_of(settings, self.clock), self.library())

    def environment(self, stand: Stand, home: Path) -> dict[str, str]:
        app = stand.keys["app"]
        return {
            "DATABASE_URL": self.url,
            "GUERDON_SECRET": self.secret,
            "GUERDON_HOME": str(home),
            "GUERDON_OUTBOUND_ALLOW": "127.0.0.0/8",
            "GUERDON_HUBSPOT_API": stand.address,
            "GUERDON_HUBSPOT_APP": stand.address,
            "GUERDON_HUBSPOT_CLIENT_ID": app["clientId"],
            "HUBSPOT_CLIENT_SECRET": app["clientSecret"],
            # The account's private app sends webhooks; nobody has to consent to those.
            "HUBSPOT_CLIENT_SECRET_PREVIOUS": stand.keys["portals"][0]["clientSecret"],
        }

    def clock(self) -> datetime:
        return utc_now() + self.ahead

    def library(self) -> Library:
        return Library(self.vault, MAPPERS)

    @property
    def graveyard(self) -> Graveyard:
        return Graveyard(self.settings.home, self.vault)

    @property
    def declared(self) -> Declared:
        return self.program.connections[KEY]

    def connect(self, granted: Granted) -> None:
        """Connect the account, past the console."""
        looking = Looking(self.program_id, self.vault, "per_test", utc_now())
        with self.opened("web") as tx:
            keep_account(tx, looking, self.declared, granted)

    def decide(self) -> None:
        """Decide whatever arrived."""
        library, name = self.library(), uuid4()
        with connect(self.url, self.secret, "worker") as db:
            with db.transaction():
                lease = lease_lanes(db, name)
            while process(db, library, lease, self.clock):
                pass
            with db.transaction():
                let_go_lanes(db, name)

    def account_state(self) -> object:
        ((state,),) = self.rows("select state from crm_accounts")
        return state


@contextmanager
def opened_doors(house: House) -> Iterator[Doors]:
    """Open the console on a connected house."""
    with opened_room(house.settings, partial(migrate_accounts, house.settings)):
        yield Doors(house)


def agreed(visitor: Visitor) -> str:
    """Go to HubSpot from the page, agree there, and come to the page that asks once more."""
    page = visitor.send(
        f"connections/{KEY}/consent", form=f"connections/{KEY}", act="consent"
    ).content.decode()
    (url,) = re.findall(r'href="([^"]+)"[^>]*id="consent"', page)
    back = visited(url.replace("&amp;", "&"))
    landing = visitor.client.get(f"{urlsplit(back).path}?{urlsplit(back).query}").content.decode()
    (onward,) = set(re.findall(r'url=([^"]+)"', landing))
    return str(onward).replace("&amp;", "&")


def visited(url: str) -> str:
    """Where somebody is sent from there."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 302, text
        return str(answer.headers["Location"])
    finally:
        connection.close()


def token_of(page: str) -> str:
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def finish(visitor: Visitor, onward: str, **other: str) -> tuple[int, str]:
    """Say yes on the page one came back to."""
    page = visitor.client.get(onward).content.decode()
    fields = dict(re.findall(r'name="(code|state)" value="([^"]*)"', page))
    sent = {"csrfmiddlewaretoken": token_of(page), **fields, **other}
    answer = visitor.client.post(onward.partition("?")[0], sent)
    return answer.status_code, plain(answer.content.decode())


def live_in(page: str) -> str:
    """The version that the mapping page began with."""
    return page.partition('name="live" value="')[2].partition('"')[0]


def declared_in(page: str) -> str:
    """The declaration in the field of the mapping page."""
    return unescape(page.partition('name="text"')[2].partition(">")[2].partition("</textarea>")[0]).lstrip(
        "\n"
    )
