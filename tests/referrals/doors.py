"""The slipway's doors: what a browser and a program see of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.access.people import grant_of, hire, hire_for_everything
from tests.referrals.house import House
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.store.access.api_keys import ApiKey, KeyScope, record_api_key
from guerdon.store.audit import record_audit
from guerdon.store.database import connect
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now
from guerdon.web.accounts import migrate_accounts

OWNER, READER, PASSWORD = "ines@example.com", "otto@example.com", "a password of the tests"
# An address that is nobody's own network, and one that a proxy in front of us may have.
WORLD, PROXY = "81.2.69.142", "10.0.0.7"


class Doors:
    """What a browser and a program see of the house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.browser("one")

    @property
    def home(self) -> str:
        """Where its console begins."""
        return f"/console/{self.house.program.key}/"

    def browser(self, name: str, address: str = WORLD) -> None:
        """Go on with another browser, from somewhere in the world unless it is said from where."""
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        headers = {"sec-fetch-site": "same-origin", "user-agent": name}
        self.client = Client(
            enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", REMOTE_ADDR=address, headers=headers
        )

    def link(self, name: str) -> str:
        key = self.house.vault.key(KEY_PURPOSE)
        return f"/r/{claim_token(key, self.house.program_id, self.house.members[name], 1)}/invite"

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def post(self, path: str, **form: str) -> Any:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text_of(self.get(path)))
        return self.client.post(path, {"csrfmiddlewaretoken": token.group(1) if token else "", **form})

    def sign_in(self, login: str) -> None:
        self.browser(login)
        answer = self.post("/account/sign-in", email=login, password=PASSWORD, next="/")
        assert answer.status_code == 302

    def api(self, method: str, path: str, key: str, body: object = None) -> Any:
        headers = {"authorization": f"Bearer {key}", "idempotency-key": uuid4().hex}
        if method == "GET":
            return self.client.get(f"/api/v1/{path}", headers=headers)
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)

    def key(self, *scopes: KeyScope) -> str:
        now, key_id = utc_now(), uuid4().hex[:12]
        source = "/tests" if "write:events" in scopes else ""
        key = ApiKey(key_id, sha256(b"secret").digest(), "test", source, None, None, scopes)
        with self.house.web() as tx:
            record_api_key(tx, self.house.program_id, key, now)
            record_audit(tx, self.house.program_id, "test", "key.added", key_id, now)
        return f"gdn_{key_id}_secret"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@contextmanager
def opened_doors(house: House, home: Path) -> Iterator[Doors]:
    """Open the doors of a house in which it is now what it is outside."""
    house.now = utc_now()
    settings = read_settings(
        {"DATABASE_URL": house.url, "GUERDON_SECRET": house.secret, "GUERDON_HOME": str(home)}
    )
    assert isinstance(settings, Settings)
    with opened_room(settings, partial(migrate_accounts, settings), _staff):
        hire_for_everything(house.url, house.secret, house.program_id, OWNER)
        with connect(house.url, house.secret, "web") as db:
            hire(db, house.program_id, READER, [grant_of(house.program_id, "auditor")])
        yield Doors(house)


def _staff() -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    for login in (OWNER, READER):
        enroll_staff(login, login.partition("@")[0].title(), PASSWORD, waived=True)
