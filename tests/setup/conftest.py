"""An installation in which nothing is yet: no program, no staff; and its worker, by hand."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.lending import lent
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.connectors.cloudevents.payload import CONNECTION, read_arrivals
from guerdon.engine.beginnings.first_link import KEY_PURPOSE, PATH, first_token
from guerdon.engine.enroll import enroll_members
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.library import Library, read_version
from guerdon.engine.privacy.erasing import erase_asked
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.process import process
from guerdon.engine.publish import open_all_due
from guerdon.store.database import transaction
from guerdon.store.lanes import lease_lanes, let_go_lanes
from guerdon.store.programs import load_live
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.web.accounts import migrate_accounts
from guerdon.worker import MAPPERS

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

EMAIL, PASSWORD = "ann@example.com", "a long enough password"
ANN = {"email": EMAIL, "name": "Ann Example", "password": PASSWORD, "alone": "yes"}
WISH = {
    "starter": "ev_maker",
    "brand": "Nordlys Øst",
    "key": "nordlys_ost",
    "countries": ["DE", "NO"],
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "language": "",
    "amount_test_drive": "25.00",
    "amount_booking": "200",
    "amount_referral": "350.00",
    "amount_budget": "10000.00",
}
HOME = "/console/nordlys_ost/"


@dataclass
class Empty:
    """The installation, and a browser that looks at it."""

    url: str
    secret: str
    home: Path
    client: "Client"

    @property
    def link(self) -> str:
        """The link that `up` would print now."""
        return PATH + first_token(Vault(self.secret).key(KEY_PURPOSE), utc_now())

    def post(self, path: str, sent: dict[str, Any]) -> "HttpResponse":
        """Send a form as a browser does that has the page it stands on."""
        form = self.client.get(path).content.decode()
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert found is not None, form
        return self.client.post(path, {"csrfmiddlewaretoken": found[1], **sent})  # type: ignore[return-value]

    def begin(self) -> None:
        """Be Ann, with a program."""
        assert self.post(self.link, ANN).status_code == 303
        assert self.post("/setup?starter=ev_maker", {**WISH, "act": "publish"}).status_code == 303

    def page(self, path: str = "setup", language: str = "en") -> str:
        """A page of the program's console."""
        answer = self.client.get(HOME + path, headers={"accept-language": language})
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()

    def act(self, name: str, **sent: object) -> "HttpResponse":
        """Send a form of the set-up's page."""
        return self.post(HOME + "setup", {"act": name, **sent})

    def work(self) -> None:
        """Be the worker until nothing is left."""
        worker = uuid4()
        with lent(self.url, self.secret, "worker") as db:
            open_all_due(db, utc_now())
            with db.transaction():
                lease = lease_lanes(db, worker)
            library = Library(Vault(self.secret), MAPPERS)
            while process(db, library, lease, utc_now):
                pass
            with db.transaction():
                let_go_lanes(db, worker)

    def enroll(self, external_id: str) -> None:
        """Import a member who is no sample."""
        lines = ["external_source,external_id,market,name\n", f"crm,{external_id},DE,Bo Real\n"]
        with lent(self.url, self.secret, "worker") as db:
            with transaction(db, 1) as tx:
                stored = load_live(tx, 1, utc_now())
            assert stored is not None
            program = (1, read_version(stored))
            assert enroll_members(db, Vault(self.secret), program, lines, utc_now()).enrolled == 1

    def send(self, kind: str, subject: str, **said: object) -> None:
        """Have an event come in, as the door would keep it."""
        event: dict[str, object] = {
            "specversion": "1.0",
            "id": f"{kind}-{utc_now().timestamp()}",
            "source": "/crm",
            "type": kind,
        }
        event |= {"subject": subject, "time": utc_now().isoformat(), "data": said}
        delivery = Delivery(CONNECTION, json.dumps([event]).encode(), read_arrivals([event]))
        with lent(self.url, self.secret, "web") as db:
            keep_deliveries(db, Vault(self.secret), 1, [delivery], utc_now())

    def erase(self) -> int:
        """Be the worker who erases whoever asked."""
        with lent(self.url, self.secret, "worker") as db:
            return erase_asked(db, Graveyard(self.home, Vault(self.secret)), 1, utc_now())

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the database as the worker, whom row security does not bind."""
        with lent(self.url, self.secret, "worker") as db:
            return db.execute(question).fetchall()


@pytest.fixture
def console(database: str, secret: str, tmp_path: Path) -> Iterator[Empty]:
    """Open the empty installation."""
    said = {"DATABASE_URL": database, "GUERDON_SECRET": secret, "GUERDON_HOME": str(tmp_path)}
    settings = read_settings(said)
    assert isinstance(settings, Settings), settings
    with opened_room(settings, partial(migrate_accounts, settings)):
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        headers = {"sec-fetch-site": "same-origin"}
        client = Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers=headers)
        yield Empty(database, secret, tmp_path, client)


@pytest.fixture
def begun(console: Empty) -> Empty:
    """Have Ann's program in it, and its budgets open."""
    console.begin()
    console.work()
    return console
