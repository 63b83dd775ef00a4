"""What tests of locations ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.access.people import grant_of, hire, hire_for_everything
from tests.locations.house import House, open_shops
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.store.database import connect
from guerdon.web.accounts import migrate_accounts

if TYPE_CHECKING:
    from django.test import Client

    from guerdon.access.roles import Role

EVERYTHING, SHOP, SERVICE = "ines.okafor@example.com", "bo.shop@example.com", "fay.front@example.com"
PASSWORD = "a password of the tests"


@dataclass
class Doors:
    """The console of a house."""

    house: House
    client: "Client"
    settings: Settings

    def sign_in(self, email: str) -> None:
        self.client.logout()
        form = self.client.get("/account/sign-in")
        token = form.content.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        sent = {"csrfmiddlewaretoken": token, "email": email, "password": PASSWORD, "next": "/"}
        assert self.client.post("/account/sign-in", sent).status_code == 302

    def answer(self, path: str, language: str = "en") -> tuple[int, str]:
        answer = self.client.get(
            f"/console/{self.house.program.key}/{path}", headers={"accept-language": language}
        )
        return answer.status_code, answer.content.decode()

    def page(self, path: str, language: str = "en") -> str:
        status, text = self.answer(path, language)
        assert status == 200, (path, status)
        return text


@pytest.fixture
def house(database: str, secret: str) -> House:
    """Give a house with eight shops and nothing in it."""
    return open_shops(database, secret)


@pytest.fixture
def doors(house: House, tmp_path: Path) -> Iterator[Doors]:
    """Open the console for somebody who reads all of it, for one shop, and for who only serves there."""
    settings = read_settings(
        {"DATABASE_URL": house.url, "GUERDON_SECRET": house.secret, "GUERDON_HOME": str(tmp_path)}
    )
    assert isinstance(settings, Settings)
    with opened_room(settings, partial(migrate_accounts, settings), _enroll):
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        hire_for_everything(house.url, house.secret, house.program_id, EVERYTHING)
        with connect(house.url, house.secret, "web") as db:
            roles: tuple[tuple[str, Role], ...] = ((SHOP, "dealer_manager"), (SERVICE, "frontline"))
            for login, role in roles:
                at_bonn = grant_of(house.program_id, role, market="DE", location="de-bonn")
                hire(db, house.program_id, login, [at_bonn])
        client = Client(
            enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"}
        )
        yield Doors(house, client, settings)


def _enroll() -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    for email, name in ((EVERYTHING, "Ines Okafor"), (SHOP, "Bo Shop"), (SERVICE, "Fay Front")):
        enroll_staff(email, name, PASSWORD, waived=True)
