"""What histories become: ids like the journal's, and only what is mapped, of its time and not our own."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from guerdon.connectors.hubspot.api.journal import read_file
from guerdon.connectors.hubspot.api.objects import Record
from guerdon.connectors.hubspot.listening import bodies
from guerdon.connectors.hubspot.past import histories_of, past_heard
from guerdon.engine.arrivals import Arrival
from guerdon.engine.crm.past import Judged, Span, changed_after, judge
from guerdon.engine.crm.port import Histories, Past
from guerdon.engine.tellings.comparing import late_ones, same, telling_of
from guerdon.program.model import Connection, DealMapping, Program, PropertyMapping
from guerdon.store.crm.tellings import Told
from guerdon.store.versions.timeline import Era, Timeline

AT = datetime(2026, 5, 4, 10, 0, 0, 123000, tzinfo=UTC)
DAY = timedelta(days=1)
DECLARED = Connection(
    "hubspot_eu",
    "hubspot",
    4242,
    "HUBSPOT_SECRET",
    "crm",
    (PropertyMapping("stage", "done", "drive.done", {}), PropertyMapping("city", None, "home.moved", {})),
    (),
    deals=(DealMapping("dealstage", "closedwon", "car.bought", {}, None),),
)
# The first version wrote `city`, which the second one reads.
TIMELINE = Timeline([Era(1, "a", AT - 100 * DAY, True), Era(2, "b", AT - 10 * DAY, True)])
PROGRAM = cast("Program", SimpleNamespace(connections={"hubspot_eu": DECLARED}))
SPAN = Span(AT - 200 * DAY, AT + DAY, TIMELINE, {1: {"city"}, 2: set()})


def record(name: str, *versions: tuple[str, str, str]) -> Record:
    told = [{"value": value, "timestamp": at, "sourceType": source} for value, at, source in versions]
    shown = {"id": "501", "properties": {}, "propertiesWithHistory": {name: told}}
    return msgspec.convert(shown, Record)


def past(name: str, value: str, days: float = 0, *, by_app: bool = False) -> Past:
    return Past("501", name, value, AT - days * DAY, by_app)


def judged(*changes: Past, kind: str = "contact", full: bool = False, span: Span = SPAN) -> Judged:
    names = frozenset({("501", each.property) for each in changes}) if full else frozenset()
    ordered = sorted(changes, key=lambda each: each.at)
    return judge(DECLARED, "deal" if kind == "deal" else "contact", span, Histories(ordered, names))


def test_a_change_of_the_past_is_the_very_event_that_the_journal_tells() -> None:
    read = histories_of("contact", [record("stage", ("done", "2026-05-04T10:00:00.123Z", "CRM_UI"))])
    (heard,) = past_heard(4242, "contact", read.changes)
    journal_says = {
        "portalId": 4242,
        "objectId": 501,
        "objectTypeId": "0-1",
        "action": "UPDATE",
        "occurredAt": "2026-05-04T10:00:00.123Z",
        "propertyChanges": {"stage": "done"},
    }
    file = read_file(json.dumps({"offset": "o", "journalEvents": [journal_says]}).encode())
    (journals,) = bodies(file.changes)
    # Key, hash and lane: at the door it is the same event, which came already.
    assert (heard.elements, heard.body) == (journals.elements, journals.body)
    (arrival,) = heard.elements
    assert isinstance(arrival, Arrival)
    _, subscription, number, object_id, _ = arrival.external_id.split("-")
    found = telling_of(told(arrival.external_id))
    assert found is not None
    assert (found.object, found.by_webhook, found.happening) == (object_id, False, number)
    assert (object_id, subscription) == ("501", "0")
    assert telling_of(told("A-1")) is None


def told(external_id: str, seconds: float = 0, **fields: str) -> Told:
    return Told(7, "hubspot_eu", "home.moved", external_id, AT + timedelta(seconds=seconds), fields)


@pytest.mark.parametrize(
    ("one", "other", "once"),
    [
        # Webhooks have ids of their own; the journal and the past have one for each happening.
        (told("4242-5-1-501-9", city="Jena"), told("4242-5-2-501-9", city="Jena"), False),
        (told("4242-0-1-501-9", city="Jena"), told("4242-0-2-501-9", city="Jena"), False),
        (told("4242-0-1-501-9", city="Jena"), told("4242-0-1-501-9", 5, city="Jena"), True),
        (told("4242-0-1-501-9", city="Jena"), told("4242-0-1-501-9", 5.1, city="Jena"), False),
        # A webhook is compared by what it came to, also where two contacts became one.
        (told("4242-5-1-501-9", city="Jena"), told("4242-0-7-502-9", -5, city="Jena"), True),
        (told("4242-5-1-501-9", city="Jena"), told("4242-0-7-501-9", city="Ulm"), False),
    ],
)
def test_what_tells_of_one_change_is_the_same(one: Told, other: Told, *, once: bool) -> None:
    first, second = telling_of(one), telling_of(other)
    assert first is not None
    assert second is not None
    assert same(PROGRAM, first, second) is once
    assert same(PROGRAM, second, first) is once


def test_two_properties_that_mean_one_event_are_two_events_by_whomever_they_are_told() -> None:
    webhook = told("4242-5-1-501-9")
    asked = {n: telling_of(told(f"4242-0-{n}-501-9")) for n in (3, 4)}
    tellings = {n: each for n, each in asked.items() if each is not None}
    # One webhook stands for one of them, and then for no other; two stand for both.
    assert late_ones(PROGRAM, tellings, [webhook]) == {3}
    assert late_ones(PROGRAM, tellings, [webhook, told("4242-6-1-501-9")]) == {3, 4}
    # With a journal, a webhook says itself which it is.
    exact = telling_of(webhook, "4242-0-4-501-9")
    assert exact is not None
    assert late_ones(PROGRAM, {1: exact}, [told("4242-0-3-501-9")]) == set()
    assert late_ones(PROGRAM, {1: exact}, [told("4242-0-4-501-9")]) == {1}


def test_histories_say_who_wrote_what_and_where_there_may_be_more() -> None:
    times = [f"2026-05-{day:02}T10:00:00Z" for day in range(20, 0, -1)]
    deal = record("dealstage", *[("closedwon", at, "INTEGRATION") for at in times])
    read = histories_of("deal", [deal])
    assert [each.at.day for each in read.changes] == [*range(1, 21)]
    assert {each.by_app for each in read.changes} == {True}
    assert read.full == {("501", "dealstage")}
    assert histories_of("contact", [deal]).full == frozenset()
    never = histories_of("contact", [record("stage", ("done", "1970-01-01T00:00:00Z", "API"))])
    assert never.changes == []


def test_only_what_the_program_maps_is_brought() -> None:
    moved, done = past("city", "Jena", 5), past("stage", "done", 4)
    found = judged(moved, done, past("stage", "open", 3), past("city", "", 2), past("phone", "1", 1))
    assert found == Judged([moved, done])
    won = past("dealstage", "closedwon")
    assert judged(won, past("stage", "done"), kind="deal") == Judged([won])


def test_what_is_older_than_the_program_is_left_out_and_counted() -> None:
    kept = past("stage", "done", 99)
    assert judged(past("stage", "done", 101), past("stage", "done", 300), kept) == Judged([kept], early=1)
    # Nothing from the day on which it was asked: that is told by webhooks.
    assert judged(past("stage", "done", -2)) == Judged([])


def test_what_a_version_of_its_time_wrote_is_ours_whoever_wrote_it() -> None:
    then, late, since = past("city", "Jena", 20), past("city", "Ulm", 5, by_app=True), past("city", "Bonn", 4)
    assert judged(then, late, since) == Judged([since], ours=2)
    # An app may write what we never did.
    by_app = past("stage", "done", 5, by_app=True)
    assert judged(by_app) == Judged([by_app])


def test_that_older_values_may_be_missing_is_counted() -> None:
    assert judged(past("stage", "done", 5), full=True).clipped == 1
    recent = Span(AT - 3 * DAY, AT + DAY, TIMELINE, {})
    assert judged(past("stage", "done", 5), full=True, span=recent).clipped == 0
    assert judged(past("phone", "1", 5), full=True).clipped == 0


def test_what_does_not_say_when_it_changed_is_asked_for() -> None:
    assert changed_after("2026-05-04T10:00:00.123Z", AT)
    assert not changed_after("2026-05-04T10:00:00.122Z", AT)
    assert changed_after("", AT)
