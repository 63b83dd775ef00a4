"""A house with members and what happened to them, and the console opened on it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.redeem.house import House, opened_house

from guerdon.config import Settings, read_settings
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.clock import utc_now
from guerdon.web.accounts import migrate_accounts
from guerdon.web.rooms import open_room

if TYPE_CHECKING:
    from django.test import Client

EMAIL, PASSWORD = "ines.okafor@example.com", "a password of the tests"


@dataclass
class Console:
    """The console of a house, and somebody who may sign in."""

    house: House
    settings: Settings
    client: "Client"

    @property
    def home(self) -> str:
        return f"/console/{self.house.program.key}/"

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> int:
        """Sign in through the form, as a browser does; the answer's status."""
        form = self.client.get("/account/sign-in")
        token = form.content.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        sent = {"csrfmiddlewaretoken": token, "email": email, "password": password, "next": self.home}
        return self.client.post("/account/sign-in", sent).status_code

    def page(self, path: str = "", language: str = "en") -> str:
        """A page of the console, which must be there."""
        answer = self.client.get(self.home + path, headers={"accept-language": language})
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house with one program."""
    with opened_house(database, secret) as made:
        yield made


@pytest.fixture
def console(house: House, tmp_path: Path) -> Iterator[Console]:
    """Open the console, with one person who may sign in."""
    settings = read_settings(
        {
            "DATABASE_URL": house.url,
            "GUERDON_SECRET": house.secret,
            "GUERDON_HOME": str(tmp_path),
            "HUBSPOT_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
        }
    )
    assert isinstance(settings, Settings)
    # Playwright keeps an event loop in the main thread, in which Django refuses its blocking calls.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(migrate_accounts, settings).result()
        aside.submit(_enroll).result()
    from django.test import Client  # noqa: PLC0415  Django is prepared by then

    room = open_room(settings)
    yield Console(
        house, settings, Client(enforce_csrf_checks=True, headers={"sec-fetch-site": "same-origin"})
    )
    free = room.connections._free  # noqa: SLF001  a room is open for as long as its process; a test is shorter
    while not free.empty():
        free.get_nowait().close()


@pytest.fixture
def staff(console: Console) -> Console:
    """Sign in."""
    assert console.sign_in() == 302
    return console


def _enroll() -> None:
    from django.db import connections  # noqa: PLC0415

    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    enroll_staff(EMAIL, "Ines Okafor", PASSWORD)
    connections.close_all()


def furnish(house: House) -> None:
    """Members with rewards chosen and not, one event that waits, one in quarantine."""
    house.stock_everything()
    now = utc_now()
    for member_id in (7, 8):
        house.enroll(member_id)
    first = house.reward(7, at=now - timedelta(hours=3))
    house.reward(7, at=now - timedelta(hours=2))
    house.reward(8, at=now - timedelta(hours=1))
    house.choose(7, first, now=now - timedelta(minutes=30))
    with house.working() as tx:
        person = Person("Ada Lovelace", "ada@example.com", "")
        record_persons(tx, house.program_id, [seal_person(house.vault, house.program_id, 7, person)])
        tx.execute(
            "insert into member_ids (program_id, source, external_id, member_id) values (%s, 'hubspot', '5100', 7)",
            (house.program_id,),
        )
        tx.execute(
            """
            insert into waiting (program_id, source, external_id, id, lane, connection, delivery_id, position, type,
                                 happened_at, recorded_at, waiting_since)
            values (%s, 'hubspot', '404', 77, 1, 'hubspot_eu', 1, 0, 'booking.confirmed', %s, %s, %s)
            """,
            (house.program_id, now, now, now),
        )
        tx.execute(
            """
            insert into quarantine (program_id, connection, reason, detail, recorded_at)
            values (%s, 'hubspot_eu', 'malformed_body', 'The body is no JSON: <b>send JSON</b>', %s)
            """,
            (house.program_id, now),
        )
