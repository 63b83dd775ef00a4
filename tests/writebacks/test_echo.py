"""What we write comes back from HubSpot as changes: they mean nothing, and nothing follows from them."""

import asyncio
import base64
import hashlib
import hmac
import time
from pathlib import Path
from typing import Any

from tests.connections.house import KEY, House
from tests.rooms import opened_room
from tests.standins.house import POINTS, Receiver, Stand, wait_for
from tests.standins.test_sending import add_hook, settled
from tests.writebacks.connected import LAST_REWARD, TOLD, connect_account, enroll, write_back

from guerdon.web.intake.hooks import hubspot_hook
from guerdon.web.intake.writer import Writer
from guerdon.web.rooms import Room

PATH = f"/hooks/hubspot/{KEY}"


def told(room: Room, writer: Writer, secret: str, body: bytes) -> int:
    """Bring a body to our door, as HubSpot does."""
    at = str(int(time.time() * 1000))
    signed = b"POST" + f"{room.settings.public_url}{PATH}".encode() + body + at.encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256))
    headers = [(b"x-hubspot-signature-v3", signature), (b"x-hubspot-request-timestamp", at.encode())]
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": headers, "query_string": b""}
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(hubspot_hook(room, writer, scope, receive, send))
    return int(said[0]["status"])


def test_our_own_writes_are_no_events(database: str, secret: str, tmp_path: Path, hubspot: Stand) -> None:
    house, receiver = House(database, secret), Receiver()
    house.declare(hubspot, tmp_path, TOLD)
    hubspot.define(POINTS, LAST_REWARD)
    contacts = hubspot.add("contacts", {"email": "a@x.example"}, {"email": "b@x.example"})
    with house.opened("worker") as tx:
        tx.execute("update member_ids set source = 'other'")
    enroll(house, contacts)
    connect_account(house, hubspot)
    add_hook(hubspot, receiver, "contact.propertyChange")
    write_back(house)
    wait_for(lambda: receiver.received and settled(hubspot))
    changes = receiver.events()
    assert {each["propertyName"] for each in changes} == {"points"}
    # A person changes one of ours by hand: it means nothing either.
    hubspot.control("PATCH", f"/records/contacts/{contacts[0]}", {"properties": {"last_reward": "mine"}})
    wait_for(lambda: len(receiver.events()) == len(changes) + 1 and settled(hubspot))
    with opened_room(house.settings) as room:
        writer = Writer(room)
        for each in receiver.received:
            assert told(room, writer, hubspot.keys["app"]["clientSecret"], each.body) == 200
        writer.close()
    receiver.close()
    house.decide()
    assert house.rows("select sum(n) from intake_counts where what = 'ignored'") == [(3,)]
    assert house.rows("select count(*) from quarantine") == [(0,)]
    assert house.rows("select count(*) from inbox") == [(0,)]
    assert house.rows("select count(*) from events") == [(0,)]
    batches = house.rows("select count(*) from writeback_batches")
    write_back(house)
    assert house.rows("select count(*) from writeback_batches") == batches
    house.db.close()
