"""Properties, their groups, and custom events: defined, changed, and refused where the documents refuse."""

from typing import Any

import pytest
from tests.standins.house import CONTACTS, POINTS, VERSION, Said, Stand

PROPERTIES = f"/crm/properties/{VERSION}/contacts"
GROUPS = f"{PROPERTIES}/groups"
LOYALTY = {"name": "loyalty", "label": "Loyalty"}
EVENTS = f"/events/custom/{VERSION}/event-definitions"
EARNED: dict[str, Any] = {
    "label": "Earned",
    "name": "earned",
    "primaryObject": "CONTACT",
    "includeDefaultProperties": False,
    "propertyDefinitions": [{"name": "points", "label": "Points", "type": "number", "options": []}],
}
FULL = "pe4242_earned"


def refused(said: Said, status: int = 400) -> bool:
    assert said.status == status, said
    return bool(said.body["message"])


def test_a_group_is_made_once_and_archived_when_empty(hubspot: Stand) -> None:
    assert refused(hubspot.ask("POST", PROPERTIES, {**POINTS, "groupName": "loyalty"}))
    assert hubspot.ask("POST", GROUPS, LOYALTY).status == 201
    assert refused(hubspot.ask("POST", GROUPS, LOYALTY), 409)
    assert refused(hubspot.ask("POST", GROUPS, {"name": "Our Group", "label": "G"}))
    hubspot.define({**POINTS, "groupName": "loyalty"})
    changed = hubspot.ask("PATCH", f"{GROUPS}/loyalty", {"label": "Points", "displayOrder": 2}).body
    assert changed == {"name": "loyalty", "label": "Points", "displayOrder": 2, "archived": False}
    assert hubspot.ask("GET", f"{GROUPS}/loyalty").body == changed
    assert refused(hubspot.ask("DELETE", f"{GROUPS}/loyalty"))
    assert hubspot.ask("DELETE", f"{PROPERTIES}/points").status == 204
    assert hubspot.ask("DELETE", f"{GROUPS}/loyalty").status == 204
    assert refused(hubspot.ask("GET", f"{GROUPS}/loyalty"), 404)
    assert [one["name"] for one in hubspot.ask("GET", GROUPS).body["results"]] == ["contactinformation"]
    deals = hubspot.ask("GET", f"/crm/properties/{VERSION}/deals/groups").body["results"]
    assert [one["name"] for one in deals] == ["dealinformation"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"fieldType": "text"},
        {"type": "date", "fieldType": "number"},
        {"type": "bool", "fieldType": "checkbox"},
        {"type": "money"},
        {"type": "enumeration", "fieldType": "select"},
        {"name": "Points"},
        {"groupName": "nonsense"},
        {"calculated": True},
    ],
)
def test_a_property_that_cannot_be_is_refused(hubspot: Stand, wrong: dict[str, Any]) -> None:
    assert refused(hubspot.ask("POST", PROPERTIES, {**POINTS, **wrong}))
    assert refused(hubspot.ask("GET", f"{PROPERTIES}/points"), 404)
    said = hubspot.ask("POST", CONTACTS, {"properties": {"points": "1"}})
    assert said.body["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"


def test_a_property_is_made_once_and_only_with_its_scope(hubspot: Stand) -> None:
    hubspot.define(POINTS)
    assert refused(hubspot.ask("POST", PROPERTIES, POINTS), 409)
    limited = {"portal": 4242, "scopes": ["crm.schemas.contacts.read", "crm.objects.contacts.read"]}
    token = hubspot.control("POST", "/tokens", limited)["token"]
    assert hubspot.ask("GET", GROUPS, token=token).status == 200
    for path, body in (
        (PROPERTIES, {**POINTS, "name": "more"}),
        (f"{PROPERTIES}/batch/create", {"inputs": [{**POINTS, "name": "more"}]}),
        (GROUPS, LOYALTY),
        (EVENTS, EARNED),
    ):
        said = hubspot.ask("POST", path, body, token=token)
        assert (said.status, said.body["category"]) == (403, "MISSING_SCOPES")
    assert refused(hubspot.ask("GET", f"/crm/properties/{VERSION}/deals", token=token), 403)


@pytest.mark.parametrize(("version", "status"), [("2026-03", 201), ("2026-09", 200)])
def test_properties_are_made_and_archived_in_batches(hubspot: Stand, version: str, status: int) -> None:
    path = f"/crm/properties/{version}/contacts/batch"
    one, other = ({**POINTS, "name": name} for name in ("one", "other"))
    assert hubspot.ask("POST", f"{path}/create", {"inputs": [one]}).status == status
    said = hubspot.ask("POST", f"{path}/create", {"inputs": [one, other]})
    assert (said.status, said.body["numErrors"]) == (207, 1)
    assert said.body["errors"][0]["context"] == {"name": ["one"]}
    assert [made["name"] for made in said.body["results"]] == ["other"]
    names = {"inputs": [{"name": "one"}, {"name": "never"}, {"name": "email"}]}
    assert hubspot.ask("POST", f"{path}/archive", names).status == 204
    archived = hubspot.ask("GET", f"{PROPERTIES}?archived=true").body["results"]
    assert [(found["name"], "archivedAt" in found) for found in archived] == [("one", True)]


def test_ten_properties_may_want_unique_values(hubspot: Stand) -> None:
    unique = [{**POINTS, "name": f"key_{n}", "hasUniqueValue": True} for n in range(11)]
    hubspot.define(*unique[:10])
    assert refused(hubspot.ask("POST", PROPERTIES, unique[10]))


def test_a_change_of_type_keeps_what_is_there_and_holds_for_what_comes(hubspot: Stand) -> None:
    hubspot.define({**POINTS, "type": "string", "fieldType": "text"})
    (contact,) = hubspot.add("contacts", {"points": "many"})
    assert refused(hubspot.ask("PATCH", f"{PROPERTIES}/points", {"type": "number"}))
    changed = hubspot.ask("PATCH", f"{PROPERTIES}/points", {"type": "number", "fieldType": "number"})
    assert changed.status == 200
    asked = f"{CONTACTS}/{contact}?properties=points"
    assert hubspot.ask("GET", asked).body["properties"]["points"] == "many"
    said = hubspot.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"points": "few"}})
    assert said.body["errors"][0]["code"] == "INVALID_DOUBLE"
    hubspot.control("PATCH", "/properties/contacts/points", {"type": "date", "fieldType": "date"})
    said = hubspot.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"points": "5"}})
    assert said.body["errors"][0]["code"] == "INVALID_DATE"


@pytest.mark.parametrize(
    ("defined_at", "sent_to"),
    [
        (EVENTS, f"/events/custom/{VERSION}/send"),
        ("/events/2026-03/event-definitions", "/events/2026-03/send"),
    ],
)
def test_an_event_is_defined_changed_and_deleted(hubspot: Stand, defined_at: str, sent_to: str) -> None:
    one = {"eventName": FULL, "email": "a@x.com", "properties": {"points": "5"}}
    assert refused(hubspot.ask("POST", sent_to, one))
    assert hubspot.ask("POST", defined_at, EARNED).status == 201
    assert refused(hubspot.ask("POST", defined_at, EARNED), 409)
    assert hubspot.ask("POST", sent_to, one).status == 204
    event = f"{defined_at}/{FULL}"
    changed = hubspot.ask("PATCH", event, {"label": "Points earned"})
    assert (changed.status, changed.body["labels"]["singular"]) == (201, "Points earned")
    tier = {"name": "tier", "label": "Tier", "type": "enumeration", "options": [{"label": "A", "value": "a"}]}
    assert hubspot.ask("POST", f"{event}/property", tier).status == 201
    assert refused(hubspot.ask("POST", f"{event}/property", tier), 409)
    renamed = hubspot.ask("PATCH", f"{event}/property/tier", {"label": "Level"})
    assert (renamed.status, renamed.body["label"]) == (201, "Level")
    assert hubspot.ask("DELETE", f"{event}/property/points").status == 204
    assert [found["name"] for found in hubspot.ask("GET", event).body["properties"]] == ["tier"]
    assert refused(hubspot.ask("POST", sent_to, one))
    assert hubspot.ask("DELETE", event).status == 204
    assert refused(hubspot.ask("GET", event), 404)
    assert refused(hubspot.ask("POST", sent_to, {**one, "properties": {}}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Earned"},
        {"primaryObject": "LEAD"},
        {"propertyDefinitions": [{"name": "points", "label": "P", "type": "money"}]},
        {"propertyDefinitions": [{"name": "p" * 51, "label": "P", "type": "string"}]},
        {"propertyDefinitions": [{"name": "tier", "label": "P", "type": "enumeration"}]},
        {"trackingType": "MANUAL"},
    ],
)
def test_an_event_that_cannot_be_is_refused(hubspot: Stand, wrong: dict[str, Any]) -> None:
    assert refused(hubspot.ask("POST", EVENTS, {**EARNED, **wrong}))
    assert hubspot.ask("GET", EVENTS).body == {"total": 0, "results": []}


def test_events_are_listed_in_pages_either_way(hubspot: Stand) -> None:
    for name in ("first", "last", "other"):
        assert hubspot.ask("POST", EVENTS, {**EARNED, "name": name}).status == 201
    page = hubspot.ask("GET", f"{EVENTS}?sortOrder=DESC&limit=2&includeProperties=false").body
    assert [(one["name"], one["properties"]) for one in page["results"]] == [("other", []), ("last", [])]
    after = page["paging"]["next"]["after"]
    assert [
        one["name"] for one in hubspot.ask("GET", f"{EVENTS}?sortOrder=DESC&after={after}").body["results"]
    ] == ["first"]
    assert hubspot.ask("GET", f"{EVENTS}?searchString=st").body["total"] == 2
    assert refused(hubspot.ask("GET", f"{EVENTS}?sortOrder=upwards"))
