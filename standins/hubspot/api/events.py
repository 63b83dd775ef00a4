"""Custom events: their definitions, and their occurrences on records."""

from typing import Any

from standins.hubspot.api.call import Call, require_found
from standins.hubspot.clock import written
from standins.hubspot.definitions import NAME, Definition
from standins.hubspot.refusals import Refusal, invalid
from standins.hubspot.wire import Answer
from standins.hubspot.world import Portal

OCCURRENCES_MAX = 500
PROPERTIES_MAX = 50
VALUE_CHARS_MAX = 1024
PAGE_MAX = 100
DEFINE = "behavioral_events.event_definitions.read_write"
SEND = "analytics.behavioral_events.send"


def list_all(call: Call) -> Answer:
    """Definitions of custom events, a page."""
    call.need_scope(DEFINE)
    text = (call.first("searchString") or "").lower()
    found = [one for name, one in sorted(call.portal.event_types.items()) if text in name]
    start, limit = call.after(), call.limit(PAGE_MAX, PAGE_MAX)
    body: dict[str, Any] = {"total": len(found), "results": found[start : start + limit]}
    if start + limit < len(found):
        body["paging"] = {"next": {"after": str(start + limit)}}
    return Answer(200, body)


def get_one(call: Call) -> Answer:
    """One definition, by its full name."""
    call.need_scope(DEFINE)
    return Answer(200, require_found(call.portal.event_types.get(call.path["eventName"])))


def create(call: Call) -> Answer:
    """Define an event."""
    call.need_scope(DEFINE)
    wanted, portal = call.body, call.portal
    name = wanted.get("name") or wanted["label"].lower().replace(" ", "_")
    if not NAME.fullmatch(name):
        raise invalid(f"invalid event name: {name}")
    full = f"pe{portal.id}_{name}"
    if full in portal.event_types:
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"An event named {full} already exists.")
    now = written(call.world.clock.now_ms())
    kind = f"6-{1_000_000 + len(portal.event_types)}"
    defined = {
        "id": kind,
        "objectTypeId": kind,
        "name": name,
        "fullyQualifiedName": full,
        "labels": {"singular": wanted["label"], "plural": wanted["label"]},
        "primaryObject": wanted.get("primaryObject", "CONTACT"),
        "archived": False,
        "trackingType": "MANUAL",
        "associations": [],
        "createdAt": now,
        "updatedAt": now,
        "properties": [_property(call, one) for one in wanted.get("propertyDefinitions", [])],
    }
    if "description" in wanted:
        defined["description"] = wanted["description"]
    portal.event_types[full] = defined
    return Answer(201, defined)


def _property(call: Call, wanted: dict[str, Any]) -> dict[str, Any]:
    now = call.world.clock.now_ms()
    name = wanted.get("name") or wanted["label"].lower().replace(" ", "_")
    if not NAME.fullmatch(name):
        raise invalid(f"invalid property name: {name}")
    kind = wanted["type"]
    if kind not in ("string", "number", "enumeration", "datetime"):
        raise invalid(f"invalid type of an event's property: {kind}")
    options = wanted.get("options", [])
    definition = Definition(name, kind, label=wanted["label"], options=options, made_ms=now, changed_ms=now)
    return definition.shown()


def add_property(call: Call) -> Answer:
    """Add a property to an event."""
    call.need_scope(DEFINE)
    defined = require_found(call.portal.event_types.get(call.path["eventName"]))
    made = _property(call, call.body)
    defined["properties"].append(made)
    return Answer(201, made)


def send_batch(call: Call) -> Answer:
    """Take occurrences of events: all of them or, if one is wrong, none."""
    call.need_scope(SEND)
    inputs = call.body["inputs"]
    if len(inputs) > OCCURRENCES_MAX:
        raise invalid(f"The maximum number of inputs is {OCCURRENCES_MAX}; got {len(inputs)}")
    for one in inputs:
        _check(call.portal, one)
    for one in inputs:
        _keep(call, one)
    return Answer(204)


def send(call: Call) -> Answer:
    """Take one occurrence of an event."""
    call.need_scope(SEND)
    _check(call.portal, call.body)
    _keep(call, call.body)
    return Answer(204)


def _check(portal: Portal, one: dict[str, Any]) -> None:
    defined = portal.event_types.get(one["eventName"])
    if defined is None:
        raise invalid(f"event {one['eventName']} is not defined in this account")
    if not any(one.get(name) for name in ("email", "objectId", "utk")):
        raise invalid("an occurrence needs an email, an objectId or a utk")
    values = one.get("properties", {})
    known = {item["name"] for item in defined["properties"]}
    unknown = sorted(name for name in values if name not in known and not name.startswith("hs_"))
    if unknown:
        raise invalid(f"properties {unknown} are not defined for {one['eventName']}")
    if len(values) > PROPERTIES_MAX or any(len(text) > VALUE_CHARS_MAX for text in values.values()):
        raise invalid("too many properties, or too long a value")


def _keep(call: Call, one: dict[str, Any]) -> None:
    portal = call.portal
    uuid = one.get("uuid")
    if uuid is not None and uuid in portal.known_uuids:
        portal.dropped_completions += 1
        return
    if uuid is not None:
        portal.known_uuids.add(uuid)
    contacts = portal.shelves["contacts"]
    record = contacts.find(one["objectId"]) if one.get("objectId") else None
    if record is None and one.get("email"):
        record = contacts.find(one["email"], "email")
    portal.completions.append(
        {
            "contact": None if record is None else record.id,
            "occurredAt": written(call.world.clock.now_ms()),
            "properties": {},
            **one,
        }
    )
