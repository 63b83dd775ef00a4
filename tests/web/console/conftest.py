"""A house with members and what happened to them, and the console opened on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.access.people import hire_for_everything
from tests.furnishing import Furnishing
from tests.redeem.house import FURNISHING, House, opened_house
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.web.accounts import migrate_accounts

if TYPE_CHECKING:
    from django.test import Client

EMAIL, PASSWORD = "ines.okafor@example.com", "a password of the tests"


@dataclass
class Console:
    """The console of a house, and somebody who may sign in."""

    house: House
    settings: Settings
    client: "Client"
    # The last page that a form was answered with.
    last: str = ""

    @property
    def home(self) -> str:
        return f"/console/{self.house.program.key}/"

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> int:
        """Sign in through the form, as a browser does; the answer's status."""
        form = self.client.get("/account/sign-in")
        token = form.content.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        sent = {"csrfmiddlewaretoken": token, "email": email, "password": password, "next": self.home}
        return self.client.post("/account/sign-in", sent).status_code

    def find(self, text: str) -> tuple[int, str]:
        """Look for a member by the field that stands on every page: where that leads, or what is shown."""
        token = self.page().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        answer = self.client.post(f"{self.home}members", {"csrfmiddlewaretoken": token, "q": text})
        return answer.status_code, answer.headers.get("Location") or answer.content.decode()

    def page(self, path: str = "", language: str = "en") -> str:
        """A page of the console, which must be there."""
        answer = self.client.get(self.home + path, headers={"accept-language": language})
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the house."""
    return FURNISHING


@pytest.fixture
def house(laid_out: str, secret: str) -> Iterator[House]:
    """Give a house with one program."""
    with opened_house(laid_out, secret) as made:
        yield made


@pytest.fixture
def console(house: House, tmp_path: Path) -> Iterator[Console]:
    """Open the console, with one person who may sign in and read everything."""
    settings = read_settings(
        {
            "DATABASE_URL": house.url,
            "GUERDON_SECRET": house.secret,
            "GUERDON_HOME": str(tmp_path),
            "HUBSPOT_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
        }
    )
    assert isinstance(settings, Settings)
    with opened_room(settings, partial(migrate_accounts, settings), _enroll):
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        hire_for_everything(house.url, house.secret, house.program_id, EMAIL)
        headers = {"sec-fetch-site": "same-origin"}
        client = Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers=headers)
        yield Console(house, settings, client)


@pytest.fixture
def staff(console: Console) -> Console:
    """Sign in."""
    assert console.sign_in() == 302
    return console


def _enroll() -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    # The tests of the second factor ask for it; the others have enough to do.
    enroll_staff(EMAIL, "Ines Okafor", PASSWORD, waived=True)
