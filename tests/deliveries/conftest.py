"""What tests of the delivery clock ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.access.people import grant_of, hire, hire_for_everything
from tests.deliveries.house import ClockHouse
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.store.database import connect
from guerdon.web.accounts import migrate_accounts

if TYPE_CHECKING:
    from django.test import Client

EVERYTHING, DEALER = "ines.okafor@example.com", "dirk.dealer@example.com"
PASSWORD = "a password of the tests"


@dataclass
class Doors:
    """The console of a house."""

    house: ClockHouse
    client: "Client"

    def sign_in(self, email: str) -> None:
        self.client.logout()
        form = self.client.get("/account/sign-in")
        token = form.content.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        sent = {"csrfmiddlewaretoken": token, "email": email, "password": PASSWORD, "next": "/"}
        assert self.client.post("/account/sign-in", sent).status_code == 302

    def page(self, path: str, language: str = "en") -> str:
        answer = self.client.get(
            f"/console/{self.house.program.key}/{path}", headers={"accept-language": language}
        )
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()


@pytest.fixture
def house(database: str, secret: str) -> ClockHouse:
    """Give a house with a program and nothing in it."""
    made = ClockHouse(database, secret)
    made.begin()
    return made


@pytest.fixture
def doors(house: ClockHouse, tmp_path: Path) -> Iterator[Doors]:
    """Open the console for somebody who reads all of it, and for a dealer."""
    settings = read_settings(
        {"DATABASE_URL": house.url, "GUERDON_SECRET": house.secret, "GUERDON_HOME": str(tmp_path)}
    )
    assert isinstance(settings, Settings)
    with opened_room(settings, partial(migrate_accounts, settings), _enroll):
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        hire_for_everything(house.url, house.secret, house.program_id, EVERYTHING)
        with connect(house.url, house.secret, "web") as db:
            grant = grant_of(house.program_id, "dealer_manager", market="DE", location="de-kiel")
            hire(db, house.program_id, DEALER, [grant])
        client = Client(
            enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"}
        )
        yield Doors(house, client)


def _enroll() -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    enroll_staff(EVERYTHING, "Ines Okafor", PASSWORD, waived=True)
    enroll_staff(DEALER, "Dirk Dealer", PASSWORD, waived=True)
