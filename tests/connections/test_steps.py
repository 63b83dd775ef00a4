"""A workflow's step "Give a Guerdon reward": signed, decided once, its result goes back to the workflow."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.connections.house import KEY, PORTAL, House
from tests.rooms import opened_room
from tests.standins.house import Stand

from guerdon.engine.crm.actions import Teller
from guerdon.store.crm.accounts import Granted
from guerdon.store.database import connect
from guerdon.web.intake.steps import hubspot_step
from guerdon.web.intake.writer import Writer
from guerdon.web.rooms import Room

PATH = f"/hooks/hubspot/{KEY}/action"


class Door:
    """The door for steps, asked without a socket."""

    def __init__(self, room: Room, writer: Writer, secret: str) -> None:
        self.room, self.writer, self.secret = room, writer, secret

    def ask(self, body: bytes, signature: str | None = None, version: bytes = b"v2") -> tuple[int, Any]:
        signed = signature if signature is not None else self.sign(body)
        headers = [(b"x-hubspot-signature", signed.encode()), (b"x-hubspot-signature-version", version)]
        scope = {"type": "http", "method": "POST", "path": PATH, "headers": headers, "query_string": b""}
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            said.append(message)

        asyncio.run(hubspot_step(self.room, self.writer, scope, receive, send))
        return said[0]["status"], json.loads(said[1]["body"])

    def sign(self, body: bytes) -> str:
        url = self.room.settings.public_url + PATH
        return hashlib.sha256(self.secret.encode() + b"POST" + url.encode() + body).hexdigest()


@pytest.fixture
def door(house: House, hubspot: Stand) -> Iterator[Door]:
    """The door of a connected house."""
    house.connect(Granted("token", hubspot.token, PORTAL))
    with opened_room(house.settings) as room:
        writer = Writer(room)
        yield Door(room, writer, hubspot.keys["app"]["clientSecret"])
        writer.close()


def step(callback: str = "ap-4242-1-7-0", contact: int = 500, **other: Any) -> bytes:
    """What HubSpot posts."""
    asked: dict[str, Any] = {
        "callbackId": callback,
        "origin": {"portalId": PORTAL, "actionDefinitionId": 7, "actionDefinitionVersion": 1},
        "context": {"source": "WORKFLOWS", "workflowId": 1},
        "object": {"objectId": contact, "objectType": "CONTACT"},
        "inputFields": {"order": "A-1"},
    }
    return json.dumps({**asked, **other}).encode()


def enroll(house: House, contact: int = 500, member: int = 7) -> None:
    with house.opened("worker") as tx:
        tx.execute(
            "insert into member_ids (program_id, source, external_id, member_id) values (%s, 'crm', %s, %s)",
            (house.program_id, str(contact), member),
        )


def tell(house: House) -> int:
    """Tell what is due; how many steps were looked at."""
    teller = Teller(house.library(), house.hubspot.open, house.clock)
    with connect(house.url, house.secret, "worker") as db:
        return teller.tell(db, house.program_id)


def outcome(house: House) -> object:
    ((state, said),) = house.rows("select state, outcome from crm_actions")
    return (state, said)


def test_a_step_is_told_what_it_earned_once_however_often_it_asks(
    house: House, door: Door, hubspot: Stand
) -> None:
    enroll(house)
    fired = fire(hubspot)
    body = json.dumps(fired["request"]).encode()
    status, said = door.ask(body)
    assert status == 200
    assert said["outputFields"]["hs_execution_state"] == "BLOCK"
    assert door.ask(body) == (status, said)
    assert tell(house) == 1
    assert outcome(house) == ("waiting", "")
    house.decide()
    house.ahead = timedelta(seconds=2)
    assert tell(house) == 1
    assert house.rows("select reason, detail from quarantine") == []
    assert outcome(house) == ("done", "earned")
    assert house.rows("select type, external_id from events") == [("order.placed", fired["callbackId"])]
    ended = hubspot.control("GET", f"/workflows/{fired['callbackId']}")
    assert ended["completions"] == 1
    # It asks again, because it did not hear us: the same, and no second reward.
    assert door.ask(body)[0] == 200
    house.decide()
    assert tell(house) == 1
    assert house.rows("select count(*) from events") == [(1,)]


def fire(hubspot: Stand) -> dict[str, Any]:
    """A workflow that runs at an address where nobody is; what it asks is handed on by the test."""
    (contact,) = hubspot.add("contacts", {"country": "Germany"})
    asked = {"url": "http://127.0.0.1:9/", "objectId": int(contact), "inputFields": {"order": "A-1"}}
    fired: dict[str, Any] = hubspot.control("POST", "/workflows/fire", asked)
    shown: dict[str, Any] = hubspot.control("GET", f"/workflows/{fired['callbackId']}")
    shown["request"]["object"]["objectId"] = 500
    return shown


@pytest.mark.parametrize(
    ("signature", "version", "status"),
    [("0" * 64, b"v2", 401), ("", b"v2", 401), (None, b"v1", 401)],
    ids=["forged", "missing", "of another version"],
)
def test_what_is_not_signed_is_not_believed(
    house: House, door: Door, signature: str | None, version: bytes, status: int
) -> None:
    assert door.ask(step(), signature, version)[0] == status
    assert house.rows("select count(*) from deliveries") == [(0,)]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"origin": {"portalId": 777}}, "other_portal"),
        ({"object": {"objectId": 1, "objectType": "DEAL"}}, "no_contact"),
        ({"callbackId": ""}, "malformed_body"),
    ],
)
def test_what_cannot_be_an_event_is_set_apart_and_the_workflow_told(
    house: House, door: Door, other: dict[str, Any], reason: str
) -> None:
    status, said = door.ask(step(**other))
    assert status == 200
    assert said["outputFields"]["hs_execution_state"] == "FAIL_CONTINUE"
    assert said["outputFields"]["guerdon_reason"] == reason
    assert house.rows("select reason from quarantine") == [(reason,)]
    assert house.rows("select count(*) from crm_actions") == [(0,)]


def test_a_callback_nobody_waits_for_is_given_up_and_trouble_is_tried_again(
    house: House, door: Door, hubspot: Stand
) -> None:
    enroll(house)
    door.ask(step())
    house.decide()
    hubspot.control("POST", "/faults", {"next": ["before"]})
    assert tell(house) == 1
    assert outcome(house) == ("waiting", "trouble")
    house.ahead = timedelta(seconds=30)
    assert tell(house) == 1
    ((state,),) = house.rows("select state from crm_actions")
    assert state == "given_up"


def test_who_is_not_known_yet_is_waited_for_and_a_week_is_enough(house: House, door: Door) -> None:
    door.ask(step(contact=501))
    house.decide()
    house.ahead = timedelta(hours=1)
    assert tell(house) == 1
    assert outcome(house) == ("waiting", "")
    house.ahead = timedelta(days=8)
    tell(house)
    assert outcome(house) == ("given_up", "too_late")
