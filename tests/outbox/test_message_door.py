"""The door for callbacks about messages: who is believed is noted once; nobody else learns anything."""

import asyncio
import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from guerdon.config import Settings, read_settings
from guerdon.engine.messages.noticing import take_notices
from guerdon.engine.publish import publish
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.store.database import connect, transaction
from guerdon.values.clock import utc_now
from guerdon.web.intake.asgi import BODY_BYTES_MAX
from guerdon.web.intake.messages import MessageDoor
from guerdon.web.rooms import WRONG_CALLBACKS_MAX, Room

PROGRAM = Path(__file__).resolve().parents[2] / "examples" / "ev_maker" / "program.yaml"
PATH = "/hooks/messages/nordlys_circle/twilio"
PUBLIC = "https://rewards.example"
TOKEN, PREVIOUS = "the-token-of-the-account", "the-token-before-it"
SID = "AC00000000000000000000000000000000"
FORM = "application/x-www-form-urlencoded"
RECEIPT = {
    "AccountSid": SID,
    "MessageSid": "SM00000000000000000000000000000001",
    "MessageStatus": "delivered",
    "To": "+4915112345678",
}
STOP = {
    "AccountSid": SID,
    "MessageSid": "SM00000000000000000000000000000002",
    "From": "+4915112345678",
    "To": "+15005550006",
    "Body": "Stop, my name is Ada",
}


@dataclass
class House:
    """A database with the program in it, and the door."""

    door: MessageDoor
    settings: Settings
    program: Program

    def ask(
        self, fields: Mapping[str, str] | bytes, path: str = PATH, method: str = "POST",
        client: str = "192.0.2.1", **headers: str,
    ) -> tuple[int, bytes, Mapping[str, str]]:  # fmt: skip
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        given = [(b"content-type", FORM.encode()), (b"host", b"evil.example")]
        given += [(name.replace("_", "-").encode(), text.encode("latin-1")) for name, text in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": given, "client": (client, 1)}
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.door(scope, receive, send))
        said = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], sent[1]["body"], said

    def noted(self) -> list[tuple[Any, ...]]:
        with (
            connect(self.settings.database_url, self.settings.secret, "worker") as db,
            transaction(db, 1) as tx,
        ):
            return tx.execute(
                "select channel, provider_id, state, keyword, length(mark), taken_at is null"
                " from message_notices order by provider_id nulls last"
            ).fetchall()

    def take(self) -> int:
        with (
            connect(self.settings.database_url, self.settings.secret, "worker") as db,
            transaction(db, 1) as tx,
        ):
            return take_notices(tx, 1, self.program, utc_now())


@pytest.fixture
def house(database: str, secret: str, tmp_path: Path) -> Iterator[House]:
    given = {
        "DATABASE_URL": database,
        "GUERDON_SECRET": secret,
        "GUERDON_HOME": str(tmp_path),
        "GUERDON_PUBLIC_URL": PUBLIC,
        "HUBSPOT_CLIENT_SECRET": "x",
        "TWILIO_TOKEN": TOKEN,
        "TWILIO_TOKEN_PREVIOUS": PREVIOUS,
    }
    settings, program = read_settings(given), load_program(PROGRAM)
    assert isinstance(settings, Settings)
    assert isinstance(program, Program)
    with connect(database, secret, "owner") as db:
        publish(db, program, "test", utc_now())
    room = Room(settings)
    yield House(MessageDoor(room), settings, program)
    room.close()


def signed(fields: Mapping[str, str], url: str = PUBLIC + PATH, token: str = TOKEN) -> dict[str, str]:
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    made = hmac.digest(token.encode(), text.encode(), hashlib.sha1)
    return {"x_twilio_signature": b64encode(made).decode()}


def test_what_is_theirs_is_noted_once_however_often_it_comes(house: House) -> None:
    for token in (TOKEN, TOKEN, PREVIOUS):
        assert house.ask(RECEIPT, **signed(RECEIPT, token=token))[:2] == (204, b"")
    assert house.ask(STOP, **signed(STOP))[0] == 204
    assert house.noted() == [
        ("sms", RECEIPT["MessageSid"], "delivered", None, 32, True),
        ("sms", None, None, "stop", 32, True),
    ]
    # What says nothing that we wanted to know is theirs all the same.
    queued = {**RECEIPT, "MessageStatus": "queued"}
    assert house.ask(queued, **signed(queued))[0] == 204
    assert len(house.noted()) == 2
    # The receipt is of no message that anybody knows, so it waits; the word is taken.
    assert house.take() == 1
    assert [row[-1] for row in house.noted()] == [True, False]


def test_who_guesses_is_told_the_same_whatever_there_is(house: House) -> None:
    told = signed(RECEIPT)
    elsewhere = "https://evil.example" + PATH
    wrong = [
        house.ask(RECEIPT),
        house.ask(RECEIPT, **signed(RECEIPT, token="other")),
        house.ask({**RECEIPT, "MessageStatus": "read"}, **told),
        # Signed for the address that the request says it came to.
        house.ask(RECEIPT, **signed(RECEIPT, elsewhere)),
        house.ask(RECEIPT, PATH + "x", **told),
        house.ask(RECEIPT, PATH + "/", **told),
        house.ask(RECEIPT, "/hooks/messages/nobody/twilio", **told),
        house.ask(RECEIPT, "/hooks/messages/nordlys_circle/fcm", **told),
        house.ask(RECEIPT, "/hooks/messages/", **told),
        house.ask(b"\xff\xfe", **told),
        house.ask(RECEIPT, x_twilio_signature="\u00ff"),
    ]
    assert [status for status, _, _ in wrong] == [401] * len(wrong)
    assert {body for _, body, _ in wrong} == {wrong[0][1]}
    assert {said["content-type"] for _, _, said in wrong} == {"application/problem+json"}
    assert house.noted() == []


def test_it_is_bounded_in_size_and_in_guesses(house: House) -> None:
    assert house.ask(RECEIPT, method="GET")[0] == 405
    assert house.ask(b"x" * (BODY_BYTES_MAX + 1))[0] == 413
    for _ in range(WRONG_CALLBACKS_MAX):
        assert house.ask(RECEIPT)[0] == 401
    status, _, said = house.ask(RECEIPT)
    assert status == 429
    assert int(said["retry-after"]) > 0
    assert house.ask(RECEIPT, **signed(RECEIPT, token="other"))[0] == 429
    assert house.noted() == []
    # A provider sends for others, too: by their forgeries nobody keeps ours away.
    assert house.ask(RECEIPT, **signed(RECEIPT))[0] == 204
    assert len(house.noted()) == 1
    # Nobody else waits for that.
    assert house.ask(RECEIPT, client="192.0.2.2", **signed(RECEIPT))[0] == 204
