"""What vendors' readers make of bytes: always an answer, and at the door the same as at the worker."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guerdon.connectors.cloudevents.payload import Wrong, check_events, read_events
from guerdon.connectors.cloudevents.payload import map_body as map_own
from guerdon.connectors.cloudevents.payload import read_arrivals as read_own
from guerdon.connectors.hubspot.mapping import map_body
from guerdon.connectors.hubspot.payload import read_arrivals, read_changes
from guerdon.engine.arrivals import LANES, Arrival, Ignored, Meaning, Unusable
from guerdon.program.load import load_program
from guerdon.program.model import Program

FILE = Path(__file__).resolve().parents[2] / "examples" / "ev_maker" / "program.yaml"
FUZZ = settings(max_examples=200, deadline=None)


def loaded() -> Program:
    program = load_program(FILE)
    assert isinstance(program, Program)
    return program


PROGRAM = loaded()
GOOD: dict[str, Any] = {
    "eventId": 1,
    "subscriptionId": 2,
    "portalId": 4471209,
    "objectId": 3,
    "occurredAt": 1_777_887_000_000,
    "subscriptionType": "contact.propertyChange",
    "propertyName": "booking_status",
    "propertyValue": "confirmed",
    "changeSource": "CRM",
    "sourceId": "userId:1",
}
OWN: dict[str, Any] = {
    "specversion": "1.0",
    "id": "a",
    "source": "/dms/1",
    "type": "booking.confirmed",
    "subject": "hubspot:3",
    "time": "2026-05-04T09:30:00Z",
    "data": {"deposit": 5},
}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
numbers = st.integers(-(2**70), 2**70) | st.integers(0, 4_200_000_000_000)


def mutated(good: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The good one with some fields of any kind, some missing, some more."""
    changed = st.dictionaries(st.sampled_from(list(good)), values | numbers, max_size=3)
    dropped = st.sets(st.sampled_from(list(good)), max_size=2)
    more = st.dictionaries(st.text(max_size=8), values, max_size=2)
    return st.builds(
        lambda c, d, m: {k: v for k, v in (m | good | c).items() if k not in d}, changed, dropped, more
    )


def bodies(good: dict[str, Any]) -> st.SearchStrategy[bytes]:
    whole = st.lists(mutated(good) | values, max_size=5).map(lambda v: json.dumps(v).encode())
    cut = st.tuples(whole, st.integers(0, 400)).map(lambda t: t[0][: t[1]])
    spliced = st.tuples(whole, st.integers(0, 400), st.binary(max_size=4)).map(
        lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :]
    )
    return st.one_of(
        st.binary(max_size=200), whole, cut, spliced, values.map(lambda v: json.dumps(v).encode())
    )


@FUZZ
@given(body=bodies(GOOD))
def test_any_webhook_body_is_read_the_same_at_the_door_and_by_the_worker(body: bytes) -> None:
    kept = read_arrivals(body)
    meant = map_body(PROGRAM, "hubspot_eu", body)
    if isinstance(kept, Unusable):
        assert meant == [kept]
        return
    assert len(kept) == len(meant)
    for position, (at_door, by_worker) in enumerate(zip(kept, meant, strict=True)):
        if isinstance(at_door, Unusable):
            assert at_door == by_worker
            assert at_door.position == position
        else:
            assert (at_door.position, by_worker.position) == (position, position)
            assert 0 <= at_door.lane < LANES
            assert -(2**63) <= at_door.payload_hash < 2**63
            assert not isinstance(by_worker, Meaning) or by_worker.external_id == at_door.external_id


@FUZZ
@given(body=bodies(OWN))
def test_any_body_of_our_own_is_read_the_same_at_the_door_and_by_the_worker(body: bytes) -> None:
    events = read_events(body)
    if isinstance(events, Wrong):
        assert events.detail
        return
    wrong = check_events(PROGRAM, "", events)
    if wrong:
        assert all(w.detail and len(w.pointer) < 200 for w in wrong)
        return
    kept = read_own(events)
    meant = map_own(PROGRAM, "api", body)
    assert [(a.position, a.external_id) for a in kept] == [
        (m.position, m.external_id) for m in meant if isinstance(m, Meaning)
    ]


@FUZZ
@given(events=st.lists(mutated(OWN) | values, max_size=5))
def test_no_event_makes_the_check_raise(events: list[object]) -> None:
    assert all(isinstance(w, Wrong) for w in check_events(PROGRAM, "/dms/", events))


@FUZZ
@given(shape=st.text('[]{}",:\\ 1a', max_size=60))
def test_whatever_its_shape_a_body_is_read_or_refused(shape: str) -> None:
    read = read_changes(f"[{shape}]".encode())
    assert isinstance(read, Unusable | list)


@FUZZ
@given(
    elements=st.lists(st.one_of(values.map(json.dumps), st.just(json.dumps(GOOD))), min_size=1, max_size=6)
)
def test_elements_are_found_whatever_stands_in_them(elements: list[str]) -> None:
    # A lone surrogate among them keeps the fast way shut, whatever the others are.
    body = "[" + " ,".join([*elements, r'{"a": "\ud800"}']) + "]"
    read = read_changes(body.encode())
    assert not isinstance(read, Unusable)
    assert len(read) == len(elements) + 1
    for element, change in zip(elements, read, strict=False):
        assert isinstance(change, Unusable) == (element != json.dumps(GOOD))


def test_the_key_of_an_event_is_what_never_differs_between_two_attempts() -> None:
    def kept(**changed: object) -> Arrival:
        read = read_arrivals(json.dumps([GOOD | changed]).encode())
        assert not isinstance(read, Unusable)
        assert isinstance(read[0], Arrival)
        return read[0]

    first = kept()
    for same in ({"attemptNumber": 4}, {"changeSource": "API"}, {"appId": 9}, {"new": 1}):
        assert kept(**same) == first
    for other in ("portalId", "subscriptionId", "eventId", "objectId", "occurredAt"):
        assert kept(**{other: 99}).key != first.key
    for content in ({"propertyValue": "canceled"}, {"propertyName": "x"}, {"sourceId": "y"}):
        assert kept(**content).key == first.key
        assert kept(**content).payload_hash != first.payload_hash


def test_events_of_one_contact_go_to_one_lane() -> None:
    body = json.dumps([GOOD | {"eventId": n, "objectId": n % 40} for n in range(400)]).encode()
    kept = read_arrivals(body)
    assert not isinstance(kept, Unusable)
    arrivals = [a for a in kept if isinstance(a, Arrival)]
    assert len({(n % 40, a.lane) for n, a in enumerate(arrivals)}) == 40
    assert len({a.lane for a in arrivals}) > 8


def test_neither_source_nor_id_can_pose_as_the_other() -> None:
    pairs = [("/a", "b/c"), ("/a/b", "c"), ("/", "ab"), ("/a", "b"), ("/1", "1:x")]
    events: list[object] = [OWN | {"source": s, "id": i} for s, i in pairs]
    assert len({a.key for a in read_own(events)}) == len(pairs)


@pytest.mark.parametrize(
    ("changed", "meaning"),
    [
        ({}, "booking.confirmed"),
        ({"propertyValue": "canceled"}, "booking.canceled"),
        ({"propertyName": "test_drive_status", "propertyValue": "completed"}, "test_drive.completed"),
        ({"propertyName": "vehicle_delivered_on", "propertyValue": "2026-05-04"}, "vehicle.purchased"),
        ({"propertyName": "vehicle_delivered_on", "propertyValue": "1777887000000"}, "vehicle.purchased"),
        ({"propertyName": "referral_converted", "propertyValue": "4711"}, "referral.succeeded"),
    ],
)
def test_the_program_says_what_a_change_means(changed: dict[str, object], meaning: str) -> None:
    element = map_body(PROGRAM, "hubspot_eu", json.dumps([GOOD | changed]).encode())[0]
    assert isinstance(element, Meaning)
    assert (element.type, element.subject_source, element.subject) == (meaning, "hubspot", "3")
    assert element.happened_at.isoformat() == "2026-05-04T09:30:00+00:00"


def test_what_the_program_ignores_is_ignored_whatever_its_value() -> None:
    for value in ("customer", "", None, "x" * 1000):
        changed = GOOD | {"propertyName": "lifecyclestage", "propertyValue": value}
        assert map_body(PROGRAM, "hubspot_eu", json.dumps([changed]).encode()) == [Ignored(0)]


def test_an_event_that_no_longer_fits_the_program_is_set_apart_by_the_worker() -> None:
    body = json.dumps([OWN, OWN | {"type": "wash.booked"}, OWN | {"data": {"colour": "red"}}]).encode()
    first, *others = map_own(PROGRAM, "api", body)
    assert isinstance(first, Meaning)
    assert [type(o) for o in others] == [Unusable, Unusable]
    assert [o.reason for o in others if isinstance(o, Unusable)] == ["no_longer_fits"] * 2
    assert all("known: " in o.detail for o in others if isinstance(o, Unusable))
