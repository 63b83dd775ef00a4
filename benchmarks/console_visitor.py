"""Somebody who looks at the console in a benchmark: signed in over one kept connection on loopback."""

import http.client
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bench_house import House

from guerdon.cli.staff import NewStaff, add_staff
from guerdon.web.accounts import prepare

PASSWORD = "a password of the benchmark"  # noqa: S105  of an installation that is gone afterwards
PATIENCE_S = 120
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: its status and body, and milliseconds from the first byte sent to the last one read."""

    status: int
    body: bytes
    took_ms: float
    location: str = ""


class Visitor:
    """A browser without a screen: one connection, the cookies it was given, no page kept."""

    def __init__(self, house: House) -> None:
        settings = house.opened.settings
        self._connection = http.client.HTTPConnection(settings.host, settings.port, timeout=PATIENCE_S)
        self._cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        """The cookies as a request carries them."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def ask(self, address: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for an address."""
        return self._send("GET", address, None, headers or {})

    def post(
        self, address: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a form whose token was fetched before (`token_of`)."""
        form = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._send("POST", address, urlencode(fields).encode(), form)

    def token_of(self, address: str) -> str:
        """The token in the forms of a page."""
        found = _TOKEN.search(self.ask(address).body.decode())
        assert found, f"{address} has no form"
        return found[1]

    def sign_in(self, email: str) -> None:
        """Sign in with the password of the benchmark."""
        place = "/account/sign-in"
        token = self.token_of(place)
        said = {"csrfmiddlewaretoken": token, "email": email, "password": PASSWORD, "next": "/"}
        status = self.post(place, said).status
        assert status in {302, 303}, f"{email} could not sign in: {status}"

    def _send(self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        sent = {"sec-fetch-site": "same-origin", "accept-language": "en", "cookie": self.cookie, **headers}
        began = time.perf_counter()
        self._connection.request(method, address, body, sent)
        answer = self._connection.getresponse()
        read = answer.read()
        took_ms = (time.perf_counter() - began) * 1000
        for each in answer.headers.get_all("set-cookie") or []:
            name, _, value = each.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value
        return Answer(answer.status, read, took_ms, answer.headers.get("location", ""))


def hire(house: House, people: Mapping[str, NewStaff]) -> None:
    """Give people their roles and the password of the benchmark."""
    prepare(house.opened.settings)
    for new in people.values():
        add_staff(house.opened, house.program.key, new, PASSWORD)
