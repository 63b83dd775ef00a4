"""The app with passkeys: what its pages send, without a browser."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from psycopg import sql
from tests.app.conftest import App
from tests.lending import looking
from tests.web.console.authenticator import ORIGIN, Device
from tests.web.member.conftest import Door

from guerdon.web.guesses import Guesses
from guerdon.web.rooms import room


@dataclass
class Keychain:
    """A member's browser at the pages of passkeys, at an address that has a name."""

    app: App
    door: Door
    # Where it is served, if it is.
    address: str = ""

    def post(self, path: str, **sent: str) -> Any:
        """Send a form with its token."""
        self.door.client.get(f"{self.app.base}/sign-in")
        token = self.door.client.cookies["csrf"].value
        return self.door.client.post(f"{self.app.base}{path}", {"csrfmiddlewaretoken": token, **sent})

    def asked(self, path: str) -> dict[str, Any]:
        """What a browser is asked to sign."""
        answer = self.post(path)
        assert answer.status_code == 200, answer.status_code
        options: dict[str, Any] = json.loads(answer.content)
        return options

    def asked_to_use(self) -> dict[str, Any]:
        return self.asked("/sign-in/passkey/challenge")

    def asked_to_add(self) -> dict[str, Any]:
        return self.asked("/you/passkeys/challenge")

    def send(self, credential: str, **more: str) -> Any:
        """Sign in by what a passkey signed."""
        return self.post("/sign-in/passkey", credential=credential, **more)

    def sign_in(self, device: Device) -> int:
        """Sign in with a passkey; the answer's status."""
        status: int = self.send(device.use(self.asked_to_use())).status_code
        return status

    def add(self, device: Device, name: str = "my phone", **wrong: Any) -> int:
        """Add a passkey while signed in; the answer's status."""
        made = device.make(self.asked_to_add(), **wrong)
        status: int = self.post("/you/passkeys", act="add", name=name, credential=made).status_code
        return status

    def leave(self) -> None:
        """As if the browser were another one."""
        self.door.client.cookies.clear()

    def set_back(self, table: str, column: str, by: timedelta) -> None:
        """As if rows were so much older."""
        statement = sql.SQL("update {} set {} = {} - %s").format(
            *map(sql.Identifier, (table, column, column))
        )
        with looking(self.app.house.url) as connection:
            connection.execute(statement, (by,))

    def inside(self) -> bool:
        """Whether the app opens."""
        status: int = self.door.client.get(self.app.base).status_code
        return status == 200

    def kept(self) -> list[tuple[object, ...]]:
        """Member, count and whether it was used, of all passkeys."""
        return self.app.house.rows(
            "select member_id, sign_count, used_at is not null from member_passkeys order by added_at"
        )

    def noted(self) -> list[tuple[object, ...]]:
        """What the audit says of passkeys, without which one it was."""
        return self.app.house.rows(
            """
            select action, actor = subject, detail::jsonb - 'passkey' from audit
            where action like 'passkey.%%' order by id
            """
        )


def keychain_of(app: App, door: Door, public_url: str = ORIGIN) -> Keychain:
    """A browser at an address that has a name, where nobody asked for anything yet."""
    from guerdon.web.member.passkeys import entrance  # noqa: PLC0415  Django is prepared by then

    entrance.ASKED_OF_ALL = Guesses(entrance.ASKED_OF_ALL.most, entrance.ASKED_OF_ALL.seconds)
    room().settings = replace(room().settings, public_url=public_url)
    room().sign_ins = Guesses(10_000, 60.0)
    return Keychain(app, door)
