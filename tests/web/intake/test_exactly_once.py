"""Whatever the door accepted is decided exactly once, however often and beside whatever it came."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.intake.house import (
    HOOK,
    MEMBERS,
    PORTAL,
    House,
    change,
    cloud_event,
    packed,
    signed,
    status_of,
)

STATUSES = {200, 202, 400, 401, 404, 405, 408, 411, 413, 414, 415, 422, 431}
# One house for all examples: each looks at its own events in it.
SHARED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PROPERTIES = [
    ("test_drive_status", "completed"),
    ("test_drive_status", "no_show"),
    ("booking_status", "confirmed"),
    ("booking_status", "canceled"),
    ("vehicle_delivered_on", "2026-05-04"),
    ("referral_converted", "4711"),
    ("lifecyclestage", "customer"),
]
# A few contacts are not enrolled: their events wait.
hubspot_events = st.builds(
    lambda contact, kind: change(contact, *kind), st.integers(1, MEMBERS + 3), st.sampled_from(PROPERTIES)
)
own_events = st.builds(
    lambda contact, kind: cloud_event(contact, type=kind, data={}),
    st.integers(1, MEMBERS + 3),
    st.sampled_from(["booking.confirmed", "test_drive.completed", "test_drive.no_show"]),
)


@st.composite
def orders(draw: st.DrawFn, some: st.SearchStrategy[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Requests that hold every event of a set once or more, in any order."""
    events = draw(st.lists(some, min_size=1, max_size=8))
    again = draw(st.lists(st.sampled_from(events), max_size=6))
    mixed = draw(st.permutations([*events, *again]))
    cut = draw(st.integers(1, 4))
    return [list(mixed[n : n + cut]) for n in range(0, len(mixed), cut)]


def distinct(requests: Sequence[Sequence[dict[str, Any]]], name: str) -> set[str]:
    return {str(event[name]) for request in requests for event in request}


@SHARED
@given(requests=orders(hubspot_events))
def test_what_hubspot_sends_is_decided_once(house: House, requests: list[list[dict[str, Any]]]) -> None:
    answers = [house.hook(packed(*request)).body for request in requests]
    once = len(distinct(requests, "eventId"))
    assert sum(a["accepted"] for a in answers) == once
    assert sum(a["duplicates"] for a in answers) == sum(map(len, requests)) - once
    assert sum(a["quarantined"] for a in answers) == 0
    house.decide()
    house.check_nothing_lost()
    ids = [
        f"{PORTAL}-700-{e['eventId']}-{e['objectId']}-{e['occurredAt']}"
        for request in requests
        for e in request
        if e["propertyName"] != "lifecyclestage" and e["objectId"] <= MEMBERS
    ]
    found = house.rows("select external_id from events where external_id = any(%s)", ids)
    assert sorted(row[0] for row in found) == sorted(set(ids))


@SHARED
@given(requests=orders(own_events))
def test_what_our_own_api_takes_is_decided_once(
    house: House, key: str, requests: list[list[dict[str, Any]]]
) -> None:
    answers = [house.send_events(request, key).body for request in requests]
    assert sum(a["accepted"] for a in answers) == len(distinct(requests, "id"))
    house.decide()
    house.check_nothing_lost()


def test_events_of_a_contact_that_comes_later_are_decided_then(house: House) -> None:
    contact = 900_001
    house.hook(packed(change(contact), change(contact, "test_drive_status", "no_show")))
    house.decide()
    assert house.rows("select count(*) from waiting where external_id = %s", str(contact)) == [(2,)]
    house.enroll([contact])
    house.decide()
    assert house.rows("select count(*) from waiting where external_id = %s", str(contact)) == [(0,)]
    found = house.rows("select type from events where external_id like %s order by id", f"%-{contact}-%")
    assert found == [("booking.confirmed",), ("test_drive.no_show",)]


# Whole requests of any kind: never a 500, never silence where there was HTTP, never anything half kept.

tokens = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
strange_changes = st.fixed_dictionaries(
    {name: st.just(value) | json_values for name, value in change().items() if name != "eventId"}
).map(lambda fields: change() | fields)
bodies = st.one_of(
    st.binary(max_size=300),
    st.lists(strange_changes | json_values, max_size=4).map(lambda v: json.dumps(v).encode()),
    json_values.map(lambda v: json.dumps(v).encode()),
)


@pytest.mark.parametrize("authentic", [True, False])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, data=st.data())
def test_any_webhook_is_answered_and_never_blamed_on_us(
    house: House, body: bytes, data: st.DataObject, *, authentic: bool
) -> None:
    headers = signed(body)
    if not authentic:
        name = data.draw(st.sampled_from(list(headers)[:2]))
        headers[name] = data.draw(tokens)
    answer = house.ask("POST", HOOK, body, {k: v.encode("latin-1") for k, v in headers.items()})
    assert answer.status == (200 if authentic else 401)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    event=st.fixed_dictionaries(
        {name: st.just(value) | json_values for name, value in cloud_event().items() if name != "id"}
    )
    | json_values
    | st.lists(json_values, max_size=3)
)
def test_any_event_is_answered_and_never_blamed_on_us(house: House, key: str, event: Any) -> None:
    body = json.dumps(cloud_event() | event if isinstance(event, dict) else event).encode()
    assert house.send_events(body, key).status in {202, 400, 422}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["POST", "GET", "PUT", "HEAD", "TRACE", "FOO"]),
    path=st.sampled_from([HOOK, "/v1/events", "/hooks/hubspot/", "/hooks/hubspot/x", "/v1/events?a=1"]),
    headers=st.dictionaries(
        st.sampled_from(
            [
                "Content-Type",
                "Authorization",
                "X-HubSpot-Signature-v3",
                "X-HubSpot-Request-Timestamp",
                "Content-Encoding",
                "Expect",
                "Range",
                "Cookie",
                "Accept",
                "X-Forwarded-For",
            ]
        ),
        tokens,
        max_size=5,
    ),
    body=st.binary(max_size=200),
)
def test_any_request_is_answered_and_never_blamed_on_us(
    house: House, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    lines = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    fixed = f"Host: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    head = f"{method} {path} HTTP/1.1\r\n{fixed}{lines}\r\n"
    assert status_of(house.raw(head.encode("latin-1") + body)) in STATUSES


def test_after_all_that_everything_is_where_it_belongs(house: House) -> None:
    house.decide()
    house.check_nothing_lost()
    assert house.hook(packed(change())).body == {"accepted": 1, "duplicates": 0, "quarantined": 0}
    assert house.decide() == 1
