"""The door for callbacks: whoever is believed has an order looked at; nobody else learns what there is."""

import asyncio
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from guerdon.config import REPOSITORY, Settings, read_settings
from guerdon.engine.publish import publish
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.store.database import connect, transaction
from guerdon.values.clock import utc_now
from guerdon.web.intake.asgi import BODY_BYTES_MAX
from guerdon.web.intake.suppliers import SupplierDoor
from guerdon.web.rooms import WRONG_CALLBACKS_MAX, Room

PROGRAM = REPOSITORY / "examples" / "ev_maker" / "program.yaml"
PATH = "/hooks/suppliers/nordlys_circle/tremendous_eu"
SECRET, PREVIOUS = "the-key-of-the-webhook", "the-key-before-it"
BODY = b'{"event":"ORDERS.CREATED","uuid":"5ccc7bb1","payload":{"resource":{"id":"ORDER1","type":"orders"}}}'


@dataclass
class House:
    """A database with the program in it, and the door."""

    door: SupplierDoor
    settings: Settings

    def ask(
        self, body: bytes, path: str = PATH, method: str = "POST", client: str = "192.0.2.1", **headers: str
    ) -> tuple[int, Any, Mapping[str, str]]:
        given = [
            (name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()
        ]
        scope = {"type": "http", "method": method, "path": path, "headers": given, "client": (client, 1)}
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.door(scope, receive, send))
        said = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], msgspec.json.decode(sent[1]["body"]), said

    def noted(self) -> list[tuple[str, ...]]:
        with (
            connect(self.settings.database_url, self.settings.secret, "worker") as db,
            transaction(db, 1) as tx,
        ):
            found = tx.execute(
                "select supplier, id, their_id, ref from supplier_notices order by id"
            ).fetchall()
        return [tuple(row) for row in found]


@pytest.fixture
def house(database: str, secret: str, tmp_path: Path) -> Iterator[House]:
    keys = {
        "TREMENDOUS_API_KEY": "k",
        "TREMENDOUS_WEBHOOK_KEY": SECRET,
        "TREMENDOUS_WEBHOOK_KEY_PREVIOUS": PREVIOUS,
    }
    given = {"DATABASE_URL": database, "GUERDON_SECRET": secret, "GUERDON_HOME": str(tmp_path), **keys}
    settings, program = read_settings(given), load_program(PROGRAM)
    assert isinstance(settings, Settings)
    assert isinstance(program, Program)
    with connect(database, secret, "owner") as db:
        publish(db, program, "test", utc_now())
    room = Room(settings)
    yield House(SupplierDoor(room), settings)
    room.close()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"tremendous_webhook_signature": "sha256=" + hmac.digest(secret.encode(), body, sha256).hex()}


def test_one_that_is_theirs_is_noted_once_however_often_it_comes(house: House) -> None:
    for secret in (SECRET, SECRET, PREVIOUS):
        assert house.ask(BODY, **signed(BODY, secret))[:2] == (200, {"noted": True})
    assert house.noted() == [("tremendous_eu", "5ccc7bb1", "ORDER1", "")]
    # What names no order of ours is theirs all the same.
    for body in (b"", b"{}", b'{"payload":{"resource":{"id":"R1","type":"rewards"}}}'):
        assert house.ask(body, **signed(body))[0] == 200
    assert len(house.noted()) == 1


def test_who_guesses_is_told_the_same_whatever_there_is(house: House) -> None:
    wrong = [
        house.ask(BODY),
        house.ask(BODY, **signed(BODY, "other")),
        house.ask(BODY + b" ", **signed(BODY)),
        house.ask(BODY, PATH + "x", **signed(BODY)),
        house.ask(BODY, "/hooks/suppliers/nobody/tremendous_eu", **signed(BODY)),
        # It has no secret here.
        house.ask(BODY, "/hooks/suppliers/nordlys_circle/runa_eu", **signed(BODY)),
        house.ask(BODY, "/hooks/suppliers/", **signed(BODY)),
        house.ask(BODY, "/hooks/suppliers/a/b/c", tremendous_webhook_signature="\u00ff"),
    ]
    assert [status for status, _, _ in wrong] == [401] * len(wrong)
    assert {str(body) for _, body, _ in wrong} == {str(wrong[0][1])}
    assert {said["content-type"] for _, _, said in wrong} == {"application/problem+json"}
    assert house.noted() == []


def test_it_is_bounded_in_size_and_in_guesses(house: House) -> None:
    assert house.ask(BODY, method="GET")[0] == 405
    assert house.ask(b"x" * (BODY_BYTES_MAX + 1))[0] == 413
    for _ in range(WRONG_CALLBACKS_MAX):
        assert house.ask(BODY)[0] == 401
    status, _, said = house.ask(BODY)
    assert status == 429
    assert int(said["retry-after"]) > 0
    assert house.noted() == []
    # By forgeries from where they call for others, too, nobody keeps theirs away.
    assert house.ask(BODY, **signed(BODY))[0] == 200
    # Nobody else waits for that.
    assert house.ask(BODY, client="192.0.2.2", **signed(BODY))[0] == 200
