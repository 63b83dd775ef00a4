"""The console with passkeys: what its pages send, without a browser."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.web.console.authenticator import ORIGIN, Device
from tests.web.console.conftest import Console

from guerdon.web.guesses import Guesses
from guerdon.web.rooms import room

OWN = "/account/passkeys"
USE = "/account/sign-in/passkey"
SET_UP = "/account/second-factor/passkey"


@dataclass
class Passkeys:
    """Somebody's browser at the pages of passkeys."""

    console: Console

    def post(self, path: str, **sent: str) -> Any:
        """Send a form with its token; the answer, whose page is kept."""
        pages = ("/account/sign-in", OWN, self.console.home)
        texts = [self.console.client.get(page).content.decode() for page in pages]
        page = next(text for text in texts if "csrfmiddlewaretoken" in text)
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        answer = self.console.client.post(path, {"csrfmiddlewaretoken": token, **sent})
        self.console.last = answer.content.decode()
        return answer

    def asked_to_use(self) -> dict[str, Any]:
        answer = self.post(f"{USE}/challenge")
        assert answer.status_code == 200, answer.status_code
        options: dict[str, Any] = json.loads(answer.content)
        return options

    def asked_to_add(self) -> dict[str, Any]:
        answer = self.post(f"{OWN}/challenge")
        assert answer.status_code == 200, answer.status_code
        options: dict[str, Any] = json.loads(answer.content)
        return options

    def send(self, credential: str) -> int:
        """Sign in by what a passkey signed; the answer's status."""
        status: int = self.post(USE, credential=credential, next=self.console.home).status_code
        return status

    def sign_in(self, device: Device) -> int:
        """Sign in with a passkey; the answer's status."""
        return self.send(device.use(self.asked_to_use()))

    def add(self, device: Device, name: str = "phone", **wrong: Any) -> int:
        """Add a passkey while signed in; the answer's status."""
        made = device.make(self.asked_to_add(), **wrong)
        status: int = self.post(OWN, act="add", name=name, credential=made).status_code
        return status

    def sign_out(self) -> None:
        """As if the browser were another one."""
        self.console.client.cookies.clear()

    def inside(self) -> bool:
        """Whether the console opens."""
        status: int = self.console.client.get(self.console.home).status_code
        return status == 200

    def kept(self) -> list[tuple[object, ...]]:
        """Name, count, backed up, used, of all passkeys."""
        return self.console.house.rows(
            "select name, sign_count, backed_up, last_used_at is not null from accounts.passkey order by id"
        )

    def noted(self) -> list[tuple[object, ...]]:
        """What the audit says of ways to sign in: action, and whether actor and subject are one person."""
        return self.console.house.rows(
            """
            select action, actor = subject, detail::jsonb - 'passkey' from audit
            where action like 'passkey.%%' or action like 'sign_in.%%' order by id
            """
        )


@contextmanager
def at_a_name(console: Console, public_url: str = ORIGIN) -> Iterator[Passkeys]:
    """The console, reached at an address that has a name."""
    from guerdon.web.accounts.passkeys import entrance  # noqa: PLC0415  Django is prepared by then

    before = room().settings
    # What other tests asked for in this minute is theirs.
    entrance.ASKED = Guesses(entrance.ASKED.most, entrance.ASKED.seconds)
    room().settings = replace(before, public_url=public_url)
    try:
        yield Passkeys(console)
    finally:
        room().settings = before
