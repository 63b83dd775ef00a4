"""What HubSpot tells beside changes of a contact's properties, of every kind; nothing is asked here."""

import json
from pathlib import Path
from typing import Any

import pytest

from guerdon.connectors.cloudevents.payload import map_body as map_own
from guerdon.connectors.hubspot.mapping import map_body
from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.engine.arrivals import Arrival, Element, Errand, Ignored, Meaning, Unusable
from guerdon.engine.privacy.retention import lessened
from guerdon.program.load import read_program
from guerdon.program.model import Program

TEXT = (Path(__file__).parents[1] / "errands" / "program.yaml").read_text("utf-8")
CHANGE: dict[str, Any] = {
    "eventId": 1,
    "subscriptionId": 2,
    "portalId": 4242,
    "objectId": 3,
    "occurredAt": 1_777_887_000_000,
}
MERGED = {"primaryObjectId": 7, "mergedObjectIds": [8, 9], "newObjectId": 10}
JOINED = {"fromObjectId": 70, "toObjectId": 3, "associationType": "DEAL_TO_CONTACT"}


def loaded(*without: str) -> Program:
    lines = TEXT.split("\n")
    for name in without:
        start = lines.index(f"    {name}:")
        end = next(n for n in range(start + 1, len(lines)) if not lines[n].startswith("      "))
        del lines[start:end]
    program = read_program("\n".join(lines))
    assert isinstance(program, Program), program
    return program


WHOLE, BARE = loaded(), loaded("contacts", "deals")


def meant(program: Program, what: str, **more: object) -> Element:
    body = json.dumps([{**CHANGE, "subscriptionType": what, **more}]).encode()
    kept = read_arrivals(body)
    assert not isinstance(kept, Unusable)
    assert isinstance(kept[0], Arrival), kept
    return map_body(program, "hubspot_eu", body)[0]


def said(element: Element) -> tuple[object, ...]:
    match element:
        case Errand():
            return (element.kind, element.object, element.step, *element.others)
        case Unusable():
            return (element.reason,)
        case _:
            return (type(element).__name__,)


Said = tuple[object, ...]
CONTACT_CHANGED, DEAL_CHANGED = "contact.propertyChange", "deal.propertyChange"
UNKNOWN, UNMAPPED = ("unknown_type",), ("unmapped_property",)
IGNORED, MEANT = ("Ignored",), ("Meaning",)
READ, GONE, FORGET = [("contact", "3", step) for step in ("read", "gone", "forget")]
DEAL = ("deal", "3", "read")
ALONE, TWO, THREE = [("contact", "3", "join", *others) for others in ("", "89", "789")]
NEW = ("contact", "10", "join", "7", "8", "9")


def became(name: str, value: str) -> dict[str, object]:
    return {"propertyName": name, "propertyValue": value}


BACK = {"associationType": "CONTACT_TO_DEAL"}
WON = became("dealstage", "closedwon")
KINDS: list[tuple[str, dict[str, object], Said, Said]] = [
    # What is told, and what it means with contacts and deals declared, and without.
    ("contact.creation", {}, READ, UNKNOWN),
    ("contact.restore", {}, READ, UNKNOWN),
    ("object.creation", {"objectTypeId": "0-1"}, READ, UNKNOWN),
    ("contact.deletion", {}, GONE, GONE),
    ("object.deletion", {"objectTypeId": "0-1"}, GONE, GONE),
    ("contact.privacyDeletion", {}, FORGET, FORGET),
    ("contact.merge", MERGED, NEW, NEW),
    ("object.merge", {"objectTypeId": "0-1"}, ALONE, ALONE),
    # In whatever form the ids come, and whatever is beside them.
    ("contact.merge", {"mergedObjectIds": "8; 9"}, TWO, TWO),
    ("contact.merge", {"mergedObjectIds": [True, None, {}, "x", -1]}, ALONE, ALONE),
    ("contact.merge", {**MERGED, "newObjectId": None}, THREE, THREE),
    (CONTACT_CHANGED, became("country", "x"), READ, UNMAPPED),
    (CONTACT_CHANGED, {"propertyName": "email"}, READ, UNMAPPED),
    (CONTACT_CHANGED, became("drive_status", "done"), MEANT, MEANT),
    (DEAL_CHANGED, WON, DEAL, UNKNOWN),
    ("object.propertyChange", {"objectTypeId": "0-3", **WON}, DEAL, UNKNOWN),
    (DEAL_CHANGED, became("dealstage", "lost"), IGNORED, UNKNOWN),
    (DEAL_CHANGED, became("amount", "7"), IGNORED, UNKNOWN),
    (DEAL_CHANGED, became("dealname", "x"), IGNORED, UNKNOWN),
    (DEAL_CHANGED, became("closedate", "7"), UNMAPPED, UNKNOWN),
    ("deal.creation", {}, IGNORED, UNKNOWN),
    ("deal.deletion", {}, IGNORED, UNKNOWN),
    ("deal.merge", MERGED, IGNORED, UNKNOWN),
    ("deal.associationChange", JOINED, ("deal", "70", "again"), UNKNOWN),
    ("contact.associationChange", {**JOINED, **BACK}, ("deal", "3", "again"), UNKNOWN),
    ("contact.associationChange", {**JOINED, "associationType": "CONTACT_TO_COMPANY"}, IGNORED, UNKNOWN),
    ("company.creation", {}, UNKNOWN, UNKNOWN),
    ("object.creation", {"objectTypeId": "2-1234"}, UNKNOWN, UNKNOWN),
    ("contact.creation", {"objectTypeId": "0-3"}, UNKNOWN, UNKNOWN),
    ("contact.lifting", {}, UNKNOWN, UNKNOWN),
    # Of another account or of no time at all.
    ("contact.merge", {**MERGED, "portalId": 7}, ("other_portal",), ("other_portal",)),
    ("contact.privacyDeletion", {"portalId": 7}, ("other_portal",), ("other_portal",)),
    ("contact.privacyDeletion", {"occurredAt": 7}, ("impossible_time",), ("impossible_time",)),
]  # fmt: skip


@pytest.mark.parametrize(("what", "more", "whole", "bare"), KINDS)
def test_each_kind_is_followed_or_set_apart(
    what: str, more: dict[str, object], whole: tuple[object, ...], bare: tuple[object, ...]
) -> None:
    assert said(meant(WHOLE, what, **more)) == whole
    assert said(meant(BARE, what, **more)) == bare


def test_what_joins_two_objects_needs_none_of_its_own_and_everything_else_does() -> None:
    told = {name: value for name, value in CHANGE.items() if name != "objectId"}
    body = json.dumps(
        [
            {**told, **JOINED, "subscriptionType": "deal.associationChange"},
            {**told, "subscriptionType": "contact.deletion"},
        ]
    ).encode()
    first, second = map_body(WHOLE, "hubspot_eu", body)
    assert isinstance(first, Errand)
    assert isinstance(second, Unusable)
    assert second.reason == "malformed_event"


def reading(stage: str = "closedwon", **deal: str | None) -> Element:
    change = {
        **CHANGE,
        "subscriptionType": "deal.propertyChange",
        "propertyName": "dealstage",
        "propertyValue": stage,
    }
    body = b'{"read":[' + json.dumps({"change": change, "object": deal, "contact": "5"}).encode() + b"]}"
    return map_body(WHOLE, "hubspot_eu", body)[0]


def test_what_is_left_of_a_body_of_any_kind_is_read_in_its_place() -> None:
    """Retention empties elements that nobody needs: the one that somebody needs means what it meant."""
    deal = {**CHANGE, "subscriptionType": "deal.propertyChange", "propertyName": "dealstage"}
    read = {
        "change": {**deal, "propertyValue": "closedwon"},
        "object": {"amount": "5", "delivery_date": "2026-05-04", "deal_currency_code": "EUR"},
        "contact": "5",
    }
    own: dict[str, object] = {"specversion": "1.0", "id": "a", "source": "/a", "subject": "hubspot:5"}
    own |= {"type": "car.bought", "time": "2026-05-04T09:30:00Z"}
    own |= {"data": {"price": 5, "delivered_on": "2026-05-04"}}
    bodies = [
        ("hubspot_eu", b'{"read":[' + b",".join([json.dumps(read).encode()] * 3) + b"]}", map_body),
        ("hubspot_eu", json.dumps([{**deal, "propertyValue": "closedwon"}] * 3).encode(), map_body),
        ("api", json.dumps([own] * 3).encode(), map_own),
    ]
    for connection, body, mapper in bodies:
        before = mapper(WHOLE, connection, body)
        assert not isinstance(before[1], Unusable), before[1]
        less = lessened(body, [1])
        assert less is not None
        after = mapper(WHOLE, connection, less)
        assert after[1] == before[1]
        assert [(each.position, getattr(each, "reason", "")) for each in (after[0], after[2])] in (
            [(0, "malformed_event"), (2, "malformed_event")],
            [(0, "no_longer_fits"), (2, "no_longer_fits")],
        )


def test_a_deal_that_was_read_is_its_contacts_event_at_the_time_of_its_change() -> None:
    element = reading(amount="24990.5", delivery_date="2026-05-04", deal_currency_code="EUR")
    assert isinstance(element, Meaning)
    assert (element.type, element.subject_source, element.subject) == ("car.bought", "hubspot", "5")
    assert element.happened_at.isoformat() == "2026-05-04T09:30:00+00:00"
    assert element.fields["price"] == 2_499_050
    assert str(element.fields["delivered_on"]) == "2026-05-04 00:00:00+00:00"


@pytest.mark.parametrize(
    ("deal", "why"),
    [
        ({}, "amount of the deal is empty"),
        ({"amount": ""}, "amount of the deal is empty"),
        ({"amount": "many"}, "'many' is not an amount"),
        ({"amount": "1e999999999"}, "not an amount"),
        ({"amount": "1e-999999999"}, "not an amount"),
        ({"amount": "NaN"}, "not an amount"),
        ({"amount": "1e30"}, "beyond 64 bits"),
        ({"amount": "12.345"}, "not an amount in EUR"),
        ({"amount": "9" * 18}, "beyond 64 bits"),
        ({"amount": "1", "deal_currency_code": "NOK"}, "it is in NOK"),
        ({"amount": "1", "delivery_date": "soon"}, "delivery_date of the deal: 'soon' is not a date"),
    ],
)
def test_a_deal_that_does_not_fit_is_set_apart(deal: dict[str, str], why: str) -> None:
    element = reading(**deal)
    assert isinstance(element, Unusable)
    assert element.reason == "wrong_value"
    assert why in element.detail


def test_a_stage_that_means_nothing_any_more_is_set_apart() -> None:
    element = reading("lost", amount="1")
    assert isinstance(element, Unusable)
    assert element.reason == "unmapped_value"


def test_only_where_a_journal_is_read_has_an_event_the_id_of_what_happened() -> None:
    heard = read_program(TEXT.replace("subject: hubspot\n", "subject: hubspot\n    journal: true\n"))
    assert isinstance(heard, Program)
    told = ("contact.propertyChange", {"propertyName": "drive_status", "propertyValue": "done"})
    silent = meant(WHOLE, told[0], **told[1])
    by_webhook = meant(heard, told[0], **told[1], eventId=5, subscriptionId=6)
    by_journal = meant(
        heard, "object.propertyChange", **told[1], objectTypeId="0-1", eventId=9, subscriptionId=0
    )
    assert isinstance(silent, Meaning)
    assert isinstance(by_webhook, Meaning)
    assert isinstance(by_journal, Meaning)
    assert silent.happening == ""
    assert by_webhook.happening == by_journal.happening != ""
    assert by_webhook.external_id != by_journal.external_id
    joined = meant(heard, "deal.associationChange", **JOINED)
    assert not isinstance(joined, Ignored | Unusable)
    assert joined.happening == ""
