"""The console opened on a house, for as many people as a test lets in."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.approvals.house import House
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.web.accounts import migrate_accounts

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

PASSWORD = "a password of the tests"


@dataclass
class Visitor:
    """Somebody with a browser, signed in."""

    client: "Client"
    home: str

    def get(self, path: str = "", language: str = "en") -> "HttpResponse":
        return self.client.get(self.home + path, headers={"accept-language": language})  # type: ignore[return-value]

    def page(self, path: str = "", language: str = "en") -> str:
        answer = self.get(path, language)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()

    def plain(self, path: str = "", language: str = "en") -> str:
        return plain(self.page(path, language))

    def send(self, path: str, form: str = "", **fields: object) -> "HttpResponse":
        """Send a form of a page (another one, if it stands elsewhere), with the token that is on it."""
        page = self.page(form or path)
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        return self.client.post(self.home + path, {"csrfmiddlewaretoken": token, **fields})  # type: ignore[return-value]


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


@dataclass
class Doors:
    """The console of a house."""

    house: House
    let_in: dict[str, Visitor] = field(default_factory=dict)

    def enroll(self, name: str) -> None:
        """Let one of the house's people sign in."""
        with ThreadPoolExecutor(1) as aside:
            aside.submit(_enroll, f"{name}@example.com", name).result()

    def visitor(self, name: str) -> Visitor:
        """Somebody of the house's people, signed in."""
        if name not in self.let_in:
            from django.test import Client  # noqa: PLC0415  Django is prepared by then

            email = f"{name}@example.com"
            self.enroll(name)
            client = Client(
                enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"}
            )
            form = client.get("/account/sign-in").content.decode()
            token = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
            home = f"/console/{self.house.program.key}/"
            sent = {"csrfmiddlewaretoken": token, "email": email, "password": PASSWORD, "next": home}
            assert client.post("/account/sign-in", sent).status_code == 302
            self.let_in[name] = Visitor(client, home)
        return self.let_in[name]


def _enroll(email: str, name: str) -> None:
    from django.db import connections  # noqa: PLC0415

    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    # The tests of the second factor ask for it; the others have enough to do.
    enroll_staff(email, name, PASSWORD, waived=True)
    connections.close_all()


@contextmanager
def opened_doors(house: House, home: Path) -> Iterator[Doors]:
    """Open the console on a house."""
    settings = read_settings(
        {"DATABASE_URL": house.url, "GUERDON_SECRET": house.secret, "GUERDON_HOME": str(home)}
    )
    assert isinstance(settings, Settings)
    with opened_room(settings, partial(migrate_accounts, settings)):
        yield Doors(house)
