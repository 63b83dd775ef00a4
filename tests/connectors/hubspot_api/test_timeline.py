"""What marketers see in HubSpot: events on a contact's timeline, and workflow steps that we answer."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.connectors.hubspot_api.house import api_of, done
from tests.standins.house import Receiver, Stand, wait_for

from guerdon.connectors.hubspot.action import (
    ActionRequest,
    duration,
    failed,
    read_action,
    succeeded,
    waiting,
)
from guerdon.connectors.hubspot.api.callbacks import complete, complete_all
from guerdon.connectors.hubspot.api.custom_events import (
    Occurrence,
    WantedProperty,
    define,
    event_type,
    send,
)
from guerdon.connectors.hubspot.api.outcomes import Later, Refused, Unsure
from guerdon.connectors.hubspot.api.versions import VERSIONS, Version
from guerdon.connectors.hubspot.signature import Rejected, Request, Verified, verify_old

NOW = datetime(2026, 9, 1, 10, tzinfo=UTC)
JSON: dict[str, str] = {"Content-Type": "application/json"}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_event_is_defined_and_arrives_once_however_often_it_is_sent(
    hubspot: Stand, version: Version
) -> None:
    api = api_of(hubspot, version=version)
    wanted = [WantedProperty("points", "Points", "number")]
    defined = done(define(api, "reward_earned", "Reward earned", wanted))
    assert defined.fully_qualified_name == "pe4242_reward_earned"
    again = define(api, "reward_earned", "Reward earned", wanted)
    assert isinstance(again, Refused)
    assert again.status == 409
    shown = done(event_type(api, "pe4242_reward_earned"))
    assert [one.name for one in shown.properties] == ["points"]
    (contact,) = hubspot.add("contacts", {"email": "a@x.com"})
    told = [Occurrence(f"u{n}", "pe4242_reward_earned", contact, NOW, {"points": f"{n}"}) for n in range(500)]
    hubspot.control("POST", "/faults", {"next": ["cut", "after"]})
    assert isinstance(send(api, told), Unsure)
    assert send(api, told) == Later(5.0, "trouble", perhaps=True)
    assert done(send(api, told)) is None
    kept = hubspot.control("GET", "/completions")
    assert ([one["uuid"] for one in kept["completions"]], kept["dropped"]) == (
        [one.uuid for one in told],
        1000,
    )
    assert kept["completions"][0]["contact"] == contact
    assert kept["completions"][0]["occurredAt"] == "2026-09-01T10:00:00.000Z"
    unknown = send(api, [Occurrence("u", "pe4242_other", contact, NOW, {})])
    assert isinstance(unknown, Refused)


def fire(hubspot: Stand, receiver: Receiver, answer: bytes) -> tuple[str, ActionRequest, Request]:
    """Run a workflow's step that is answered so."""
    (contact,) = hubspot.add("contacts", {"email": f"a{len(receiver.received)}@x.com"})
    receiver.default = (200, JSON, answer)
    asked = {
        "url": receiver.url,
        "objectId": contact,
        "inputFields": {"points": "50", "note": " x "},
        "properties": ["email"],
    }
    callback = hubspot.control("POST", "/workflows/fire", asked)["callbackId"]
    wait_for(lambda: state(hubspot, callback)["attempts"])
    found = receiver.received[-1]
    headers = [(name.lower().encode(), value.encode()) for name, value in found.headers.items()]
    request = Request("POST", receiver.url, headers, found.body)
    read = read_action(found.body)
    assert isinstance(read, ActionRequest), read
    assert read.callback_id == callback
    assert read.contact == contact
    return callback, read, request


def state(hubspot: Stand, callback: str) -> dict[str, Any]:
    found: dict[str, Any] = hubspot.control("GET", f"/workflows/{callback}")
    return found


def test_a_workflows_request_is_signed_and_says_what_it_wants(hubspot: Stand, receiver: Receiver) -> None:
    callback, read, request = fire(hubspot, receiver, succeeded({"reward": "r1"}))
    secret = hubspot.keys["portals"][0]["clientSecret"]
    assert verify_old(request, [secret], "v2") == Verified()
    assert verify_old(request, ["another"], "v2") == Rejected("forged")
    assert verify_old(request, [secret], "v1") == Rejected("forged")
    assert (read.portal, read.text("points"), read.text("note"), read.text("none")) == (4242, "50", "x", "")
    assert read.object.properties == {"email": "a0@x.com"}
    ended = state(hubspot, callback)
    assert (ended["state"], ended["outputFields"]["reward"]) == ("SUCCESS", "r1")


def test_a_step_that_failed_lets_the_workflow_go_on(hubspot: Stand, receiver: Receiver) -> None:
    callback, _, _ = fire(hubspot, receiver, failed({"reason": "unknown member"}))
    assert state(hubspot, callback)["state"] == "FAIL_CONTINUE"


def test_a_step_waits_until_it_is_completed(hubspot: Stand, receiver: Receiver) -> None:
    answer = waiting(timedelta(days=1, minutes=30))
    first, _, _ = fire(hubspot, receiver, answer)
    second, _, _ = fire(hubspot, receiver, answer)
    third, _, _ = fire(hubspot, receiver, answer)
    api, outputs = api_of(hubspot), {"hs_execution_state": "SUCCESS", "reward": "r2"}
    assert state(hubspot, first)["state"] == "BLOCK"
    assert done(complete(api, first, outputs)) is None
    assert done(complete_all(api, [(first, outputs), (second, outputs)])) is None
    assert [state(hubspot, one)["state"] for one in (first, second)] == ["SUCCESS", "SUCCESS"]
    assert state(hubspot, second)["outputFields"]["reward"] == "r2"
    hubspot.control("POST", "/clock", {"advance_s": 86_400 + 1801})
    assert state(hubspot, third)["state"] == "EXPIRED"
    unknown = complete(api, "ap-1/../x", outputs)
    assert isinstance(unknown, Refused)
    assert unknown.status == 404


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=7), "P7D"),
        (timedelta(hours=25, minutes=1, seconds=2), "P1DT1H1M2S"),
        (timedelta(minutes=90), "PT1H30M"),
        (timedelta(0), "PT1S"),
    ],
)
def test_a_length_of_time_is_written_as_iso_8601(length: timedelta, text: str) -> None:
    assert duration(length) == text


def test_what_is_no_request_of_a_workflow_is_said_in_words() -> None:
    good = {"callbackId": "c", "origin": {"portalId": 1}, "object": {"objectId": 2, "objectType": "CONTACT"}}
    assert isinstance(read_action(json.dumps({**good, "more": 1}).encode()), ActionRequest)
    deal = read_action(json.dumps({**good, "object": {"objectId": 2, "objectType": "DEAL"}}).encode())
    assert isinstance(deal, ActionRequest)
    assert deal.contact is None
    wrongs: list[dict[str, object]] = [
        {"callbackId": ""},
        {"callbackId": "x" * 201},
        {"origin": {}},
        {"object": None},
    ]
    for wrong in wrongs:
        assert isinstance(read_action(json.dumps({**good, **wrong}).encode()), str)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=100) | st.text(max_size=50).map(str.encode))
def test_nothing_makes_the_reader_of_actions_raise(body: bytes) -> None:
    assert isinstance(read_action(body), str)
