"""The description of events: AsyncAPI's own parser reads it, and what comes in and is told is as it says."""

import copy
import json
from typing import Any

from jsonschema_rs import Draft202012Validator
from tests.api.house import ApiHouse
from tests.peers import npm

from guerdon.connectors.cloudevents.payload import check_events
from guerdon.engine.announcements.fanning import Fan, announce, tell_endpoints
from guerdon.engine.announcements.shapes import CHOICES, TESTED
from guerdon.engine.library import Library
from guerdon.engine.webhooks.endpoints import Looking, Made, Wanted, make_endpoint
from guerdon.store.database import connect, transaction
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS


def payload_of(document: dict[str, Any], message: str) -> Draft202012Validator:
    """What a message's payload has to be."""
    schema = document["components"]["messages"][message]["payload"]
    return Draft202012Validator({**schema, "components": {"schemas": document["components"]["schemas"]}})


def test_it_is_what_asyncapi_calls_a_document(shown: ApiHouse) -> None:
    document = shown.get("/asyncapi.json").body
    wrong = copy.deepcopy(document)
    wrong["operations"]["tell"]["action"] = "shout"
    lost = copy.deepcopy(document)
    del lost["components"]["messages"]["in.order.paid"]
    read, shouted, broken = npm.asked(
        npm.installed(), "asyncapi.js", [json.dumps(each) for each in (document, wrong, lost)]
    )
    assert read["errors"] == []
    assert sorted(read["messages"]) == sorted([*shown.inner.program.events, *CHOICES, TESTED])
    assert (sorted(read["channels"]), sorted(read["operations"])) == (
        ["events", "webhooks"],
        ["receive takeEvent", "send tell"],
    )
    assert shouted["errors"]
    assert broken["errors"]


def test_what_it_says_of_events_is_what_the_door_takes(shown: ApiHouse) -> None:
    document = shown.get("/asyncapi.json").body
    validator = payload_of(document, "in.order.paid")
    good = {
        "specversion": "1.0",
        "id": "x-1",
        "source": "/dms/1",
        "type": "order.paid",
        "subject": "crm:ada",
        "time": "2026-05-04T09:30:00Z",
        "data": {"order_no": "1", "amount": 5},
    }
    changes: list[dict[str, Any]] = [
        {},
        {"partitionkey": "p"},
        {"id": ""},
        {"id": "x" * 201},
        {"specversion": "0.3"},
        {"type": "trip.booked"},
        {"subject": "nobody:1"},
        {"subject": "crm:"},
        {"source": None},
        {"data": {}},
        {"data": {"order_no": "1", "amount": 2**63}},
        {"data": {"order_no": "1", "amount": 1.5}},
        {"data": {"order_no": 7, "amount": 1}},
        {"data": {"order_no": "1", "amount": 1, "more": 1}},
        {"data": []},
    ]
    for change in changes:
        event = good | change
        assert validator.is_valid(event) == (not check_events(shown.inner.program, "", [event])), change


def test_what_is_told_is_as_it_says(house: ApiHouse) -> None:
    inner = house.inner
    looking = Looking(inner.program_id, inner.program.key, inner.vault, (), "per_test", utc_now())
    with connect(inner.url, inner.secret, "web") as db, transaction(db, inner.program_id) as tx:
        assert isinstance(make_endpoint(tx, looking, Wanted("Shop", "https://hooks.example/in", ())), Made)
    house.earn()
    house.sign_contract()
    with inner.worker() as db:
        while announce(db, Fan(Library(inner.vault, MAPPERS), (tell_endpoints,)), utc_now()):
            pass
    told = [json.loads(payload) for (payload,) in inner.rows("select payload from webhook_deliveries")]
    document = house.get("/asyncapi.json").body
    assert {"reward.earned", "balance.changed"} <= {each["type"] for each in told}
    for each in told:
        validator = payload_of(document, f"out.{each['type']}")
        assert list(validator.iter_errors(each)) == []
        assert not validator.is_valid(each | {"type": "other"})
        assert not validator.is_valid(each | {"data": {}})


def test_it_is_for_keys_of_the_whole_program_that_read_versions(shown: ApiHouse) -> None:
    assert shown.get("/asyncapi.json", key=shown.make_key(["read:versions"], market="DE")).status == 404
    assert shown.get("/asyncapi.json", key=shown.make_key(["read:members"])).status == 403
