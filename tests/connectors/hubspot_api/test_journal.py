"""Catching up by the journal: in order, to its end, and the same happenings that webhooks tell."""

import json

import msgspec
import pytest
from tests.connectors.hubspot_api.house import LOCAL, Saying, answered, api_of, done, told
from tests.standins.house import Receiver, Stand, wait_for

from guerdon.connectors.hubspot.api.calls import Api
from guerdon.connectors.hubspot.api.journal import (
    Edge,
    File,
    Pointer,
    fetch,
    next_file,
    read_file,
    subscribe,
    subscriptions,
    unsubscribe,
)
from guerdon.connectors.hubspot.api.outcomes import Later, Outcome, Refused, TokenGone
from guerdon.connectors.hubspot.payload import Change, read_changes
from guerdon.engine.arrivals import Unusable
from guerdon.http import Client, Unreachable

DAY_S = 86_400


def journal_of(hubspot: Stand) -> Api:
    return api_of(hubspot, hubspot.journal_token())


def pointed(outcome: Outcome[Pointer | Edge]) -> Pointer:
    found = done(outcome)
    assert isinstance(found, Pointer)
    return found


def changes(file: File) -> list[Change]:
    assert all(isinstance(one, Change) for one in file.changes)
    return [one for one in file.changes if isinstance(one, Change)]


def test_files_come_one_after_another_until_nothing_is_newer(hubspot: Stand) -> None:
    api = journal_of(hubspot)
    made = done(subscribe(api, 4242, "0-1", ["CREATE", "UPDATE", "DELETE"], ["firstname"]))
    assert [one.id for one in done(subscriptions(api))] == [made]
    assert done(next_file(api, None)) == Edge.NOTHING_NEWER
    told_names, offset = [], None
    for name in ("One", "Two"):
        (contact,) = hubspot.add("contacts", {"firstname": name})
        pointer = pointed(next_file(api, offset, 4242))
        file = done(fetch(Client(LOCAL), pointer))
        assert file.offset == pointer.current_offset
        assert {change.objectId for change in changes(file)} == {int(contact)}
        told_names += [one.propertyValue for one in changes(file) if one.propertyName == "firstname"]
        offset = pointer.current_offset
    assert told_names == ["One", "Two"]
    assert done(next_file(api, offset, 4242)) == Edge.NOTHING_NEWER
    hubspot.control("POST", "/clock", {"advance_s": 4 * DAY_S})
    # The token's half hour is over too.
    assert next_file(api, offset, 4242) == TokenGone(expired=True)
    assert done(next_file(journal_of(hubspot), offset, 4242)) == Edge.OFFSET_GONE
    assert done(unsubscribe(journal_of(hubspot), made)) is None


def test_webhooks_and_the_journal_tell_of_the_same_happenings(hubspot: Stand, receiver: Receiver) -> None:
    api = journal_of(hubspot)
    kinds = ("creation", "propertyChange", "merge", "deletion")
    own = [{"eventType": f"contact.{kind}"} for kind in kinds]
    generic = [{"eventType": f"object.{kind}", "objectTypeId": "0-1"} for kind in kinds]
    hubspot.control("POST", "/hooks", {"url": receiver.url, "subscriptions": own + generic})
    done(subscribe(api, 4242, "0-1", ["CREATE", "UPDATE", "MERGE", "DELETE"]))
    one, two, three = hubspot.add("contacts", {"email": "a@x.com"}, {"email": "b@x.com"}, {"firstname": "Z"})
    hubspot.control("PATCH", f"/records/contacts/{one}", {"properties": {"firstname": "Zoë 🚗"}})
    hubspot.control("PATCH", f"/records/contacts/{one}", {"properties": {"firstname": ""}})
    hubspot.control("POST", "/records/contacts/merge", {"primary": one, "second": two})
    hubspot.control("DELETE", f"/records/contacts/{three}")
    file = changes(done(fetch(Client(LOCAL), pointed(next_file(api, None)))))
    wait_for(lambda: len(receiver.events()) >= 2 * len(file))
    hooked = [change for one in receiver.received for change in _read(one.body)]
    assert len(hooked) == 2 * len(file)
    # Each happening once in the journal, twice in webhooks of two subscriptions, all under one id.
    by_journal = {change.happening_id for change in file}
    assert len(by_journal) == len(file) >= 8
    assert {change.happening_id for change in hooked} == by_journal
    assert [change.external_id for change in file] == [change.happening_id for change in file]
    # And nobody takes a webhook's own id for that.
    assert not by_journal & {change.external_id for change in hooked}


def _read(body: bytes) -> list[Change]:
    read = read_changes(body)
    assert not isinstance(read, Unusable)
    return [one for one in read if isinstance(one, Change)]


def test_what_differs_in_anything_is_another_happening() -> None:
    one = Change(1, 2, 3, 5, "contact.propertyChange", 4, "a", "b")
    others = [
        msgspec.structs.replace(one, **{name: value})
        for name, value in {
            "portalId": 9,
            "objectId": 9,
            "occurredAt": 9,
            "subscriptionType": "deal.propertyChange",
            "propertyName": "ab",
            "propertyValue": "",
        }.items()
    ]
    assert len({change.happening_id for change in (one, *others)}) == 1 + len(others)
    # A property that was cleared has no value here and an empty one there.
    cleared = [msgspec.structs.replace(one, propertyValue=value).happening_id for value in ("", None)]
    assert cleared[0] == cleared[1]
    same = msgspec.structs.replace(one, eventId=8, subscriptionId=8, objectTypeId="0-1", sourceId="x")
    assert same.happening_id == one.happening_id


def test_a_change_of_the_journal_reads_the_same_after_it_was_kept() -> None:
    event = {
        "type": "crmObject",
        "portalId": 4242,
        "occurredAt": "2026-09-01T10:00:00.123Z",
        "action": "UPDATE",
        "objectTypeId": "0-1",
        "objectId": 101,
        "propertyChanges": {"firstname": None, "lastname": "B"},
    }
    file = read_file(json.dumps({"offset": "o", "journalEvents": [event], "publishedAt": "x"}).encode())
    kept = read_changes(msgspec.json.encode(changes(file)))
    assert kept == file.changes
    first, second = changes(file)
    assert (first.occurredAt, first.propertyValue, second.propertyValue) == (1788256800123, None, "B")
    assert first.external_id != second.external_id


def test_what_nobody_knows_in_a_file_is_set_apart_and_the_rest_stands() -> None:
    good = {
        "portalId": 1,
        "occurredAt": 5,
        "action": "UPDATE",
        "objectTypeId": "0-1",
        "objectId": 2,
        "propertyChanges": {"a": "b"},
    }
    events = [good, {"portalId": "x"}, {**good, "action": "DANCE"}, 7, {**good, "action": "SNAPSHOT"}]
    events.append({**good, "propertyChanges": None})
    file = read_file(json.dumps({"journalEvents": events}).encode())
    assert [one.reason for one in file.changes if isinstance(one, Unusable)] == [
        "malformed_event",
        "unknown_type",
        "malformed_event",
        "malformed_event",
    ]
    assert [one.position for one in file.changes if isinstance(one, Unusable)] == [1, 2, 3, 5]
    assert len([one for one in file.changes if isinstance(one, Change)]) == 1
    assert [(one.object_id, one.properties) for one in file.snapshots] == [(2, {"a": "b"})]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (answered(403, {"message": "expired"}), Later(5.0, "trouble")),
        (answered(200, b"<html>"), Later(5.0, "unreachable")),
        (Unreachable("timeout", sent=True), Later(5.0, "unreachable")),
    ],
    ids=["expired", "no JSON", "nobody"],
)
def test_a_file_that_cannot_be_had_is_asked_for_again(answer: object, outcome: object) -> None:
    http = Saying(answer)  # type: ignore[arg-type]
    assert fetch(http, Pointer("https://files.example/1", "o")) == outcome
    # No token goes to whoever keeps files.
    assert "Authorization" not in http.asked[0][2]


def test_a_file_from_an_inner_address_is_not_asked_for(receiver: Receiver) -> None:
    outcome = fetch(Client(), Pointer(receiver.url, "o"))
    assert isinstance(outcome, Refused)
    assert receiver.received == []


def test_an_address_as_long_as_signed_ones_are_is_asked(hubspot: Stand) -> None:
    api = journal_of(hubspot)
    done(subscribe(api, 4242, "0-1", ["CREATE"]))
    hubspot.add("contacts", {})
    pointer = pointed(next_file(api, None))
    long = msgspec.structs.replace(pointer, url=f"{pointer.url}?X-Signature={'a' * 2000}")
    assert len(done(fetch(Client(LOCAL), long)).changes) == 1
    assert "X-Signature" not in repr(long)


def test_a_journal_wants_its_own_token(hubspot: Stand) -> None:
    outcome = next_file(api_of(hubspot), None)
    assert isinstance(outcome, Refused)
    assert outcome.status == 403
    missing = next_file(told(Saying(answered(404, {}))), None)
    assert isinstance(missing, Refused)
