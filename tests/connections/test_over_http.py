"""The whole way over real wires: the stand-in posts to our front, and is answered and called back."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import uvicorn
from tests.connections.house import KEY, PORTAL, House
from tests.connections.test_listening import enroll, listen
from tests.connections.test_steps import tell
from tests.rooms import opened_room
from tests.standins.house import Stand, wait_for

from guerdon.engine.crm import journal
from guerdon.store.crm.accounts import Granted
from guerdon.web.rooms import room


@pytest.fixture
def front(house: House, hubspot: Stand) -> Iterator[str]:
    """The whole front on a port of this machine, by the address that signatures cover."""
    house.connect(Granted("token", hubspot.token, PORTAL))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    house.settings = replace(house.settings, public_url=address)
    with opened_room(house.settings):
        from guerdon.web.asgi import Front  # noqa: PLC0415  Django is prepared by then

        config = uvicorn.Config(Front(room()), port=port, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield address
        server.should_exit = True
        thread.join()


def counted(house: House, what: str) -> object:
    rows = house.rows("select coalesce(sum(n), 0)::int from intake_counts where what = %s", what)
    return rows[0][0]


def test_webhooks_and_the_journal_bring_the_same_thing_once_and_a_wrong_clock_nothing(
    house: House, hubspot: Stand, front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "BEGIN_AFTER", -journal.BEGIN_AFTER)
    listen(house)
    hook = hubspot.control(
        "POST",
        "/hooks",
        {
            "url": f"{front}/hooks/hubspot/{KEY}",
            "portal": PORTAL,
            "subscriptions": [{"eventType": "contact.propertyChange", "propertyName": "lifecyclestage"}],
            "factor": 0.0001,
            "skew_ms": -400_000,
        },
    )
    (contact,) = hubspot.add("contacts", {"country": "Germany"})
    enroll(house, [contact])
    path = f"/records/contacts/{contact}"
    hubspot.control("PATCH", path, {"properties": {"lifecyclestage": "customer"}})
    wait_for(lambda: counted(house, "rejected_stale"))
    assert house.rows("select count(*) from deliveries") == [(0,)]
    hubspot.control("PATCH", f"/hooks/{hook['id']}", {"skew_ms": 0})
    wait_for(lambda: counted(house, "accepted"))
    listen(house)
    assert house.rows("select count(*) from deliveries") == [(2,)]
    house.decide()
    assert house.rows("select count(*) from events where type = 'order.placed'") == [(1,)]
    assert counted(house, "told_twice") == 1


def test_a_workflow_is_told_what_its_step_earned(house: House, hubspot: Stand, front: str) -> None:
    (contact,) = hubspot.add("contacts", {"country": "Germany"})
    enroll(house, [contact])
    asked = {
        "url": f"{front}/hooks/hubspot/{KEY}/action",
        "app": "public",
        "objectId": int(contact),
        "inputFields": {"order": "A-1"},
    }
    callback = hubspot.control("POST", "/workflows/fire", asked)["callbackId"]

    def ran() -> dict[str, object]:
        shown: dict[str, object] = hubspot.control("GET", f"/workflows/{callback}")
        return shown

    wait_for(lambda: ran()["state"] == "BLOCK")
    house.decide()
    assert tell(house) == 1
    ended = ran()
    assert ended["state"] == "SUCCESS"
    outputs = ended["outputFields"]
    assert isinstance(outputs, dict)
    assert (outputs["guerdon_outcome"], outputs["guerdon_amount"], outputs["guerdon_unit"]) == (
        "earned",
        "200.00",
        "EUR",
    )
