"""Custom events: their definitions, and their occurrences on records."""

from typing import Any

from standins.hubspot.api.call import Call, require_found
from standins.hubspot.clock import written
from standins.hubspot.definitions import NAME, Definition, check_form
from standins.hubspot.refusals import Refusal, invalid
from standins.hubspot.wire import Answer
from standins.hubspot.world import Portal

OCCURRENCES_MAX = 500
PROPERTIES_MAX = 50
VALUE_CHARS_MAX = 1024
NAME_CHARS_MAX = 50
PAGE_MAX = 100
PRIMARY = ("CONTACT", "COMPANY", "DEAL", "TICKET")
FORMS = {"string": "text", "number": "number", "enumeration": "select", "datetime": "date"}
"""the types that an event's property may have, and how each would be entered"""
DEFINE = "behavioral_events.event_definitions.read_write"
SEND = "analytics.behavioral_events.send"


def list_all(call: Call) -> Answer:
    """Definitions of custom events, a page."""
    call.need_scope(DEFINE)
    text = (call.first("searchString") or "").lower()
    order = (call.first("sortOrder") or "ASC").upper()
    if order not in ("ASC", "DESC"):
        raise invalid(f"unknown sortOrder: {order}")
    known = sorted(call.portal.event_types.items(), reverse=order == "DESC")
    found = [one for name, one in known if text in name]
    if call.first("includeProperties") == "false":
        found = [{**one, "properties": []} for one in found]
    start, limit = call.after(), call.limit(PAGE_MAX, PAGE_MAX)
    body: dict[str, Any] = {"total": len(found), "results": found[start : start + limit]}
    if start + limit < len(found):
        body["paging"] = {"next": {"after": str(start + limit)}}
    return Answer(200, body)


def get_one(call: Call) -> Answer:
    """One definition, by its full name."""
    call.need_scope(DEFINE)
    return Answer(200, _known(call))


def _known(call: Call) -> dict[str, Any]:
    return require_found(call.portal.event_types.get(call.path["eventName"]))


def create(call: Call) -> Answer:
    """Define an event."""
    call.need_scope(DEFINE)
    wanted, portal = call.body, call.portal
    name = wanted.get("name") or wanted["label"].lower().replace(" ", "_")
    if not NAME.fullmatch(name):
        raise invalid(f"invalid event name: {name}")
    primary = wanted.get("primaryObject", PRIMARY[0])
    if primary not in PRIMARY:
        raise invalid(f"primaryObject must be one of {PRIMARY}: {primary}")
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
        "primaryObject": primary,
        "archived": False,
        "trackingType": "MANUAL",
        "associations": [],
        "createdAt": now,
        "updatedAt": now,
        "properties": [],
    }
    for one in wanted.get("propertyDefinitions", []):
        defined["properties"].append(_new_property(call, defined, one))
    if "description" in wanted:
        defined["description"] = wanted["description"]
    portal.event_types[full] = defined
    return Answer(201, defined)


def update(call: Call) -> Answer:
    """Change how an event is called in HubSpot; the documents answer 201."""
    call.need_scope(DEFINE)
    defined = _known(call)
    if "label" in call.body:
        defined["labels"] = {"singular": call.body["label"], "plural": call.body["label"]}
    if "description" in call.body:
        defined["description"] = call.body["description"]
    defined["updatedAt"] = written(call.world.clock.now_ms())
    return Answer(201, defined)


def delete(call: Call) -> Answer:
    """Delete a definition: its occurrences are refused from then on."""
    call.need_scope(DEFINE)
    del call.portal.event_types[_known(call)["fullyQualifiedName"]]
    return Answer(204)


def _new_property(call: Call, defined: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    now = call.world.clock.now_ms()
    name = wanted.get("name") or wanted["label"].lower().replace(" ", "_")
    if not NAME.fullmatch(name) or max(len(name), len(wanted["label"])) > NAME_CHARS_MAX:
        raise invalid(f"invalid name or label of a property: {name}")
    if any(one["name"] == name for one in defined["properties"]):
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"A property named {name} already exists.")
    kind, options = wanted["type"], wanted.get("options", [])
    if kind not in FORMS:
        raise invalid(f"invalid type of an event's property: {kind}")
    check_form(kind, FORMS[kind], options)
    return Definition(
        name, kind, FORMS[kind], label=wanted["label"], options=options, made_ms=now, changed_ms=now
    ).shown()


def add_property(call: Call) -> Answer:
    """Add a property to an event."""
    call.need_scope(DEFINE)
    defined = _known(call)
    made = _new_property(call, defined, call.body)
    defined["properties"].append(made)
    return Answer(201, made)


def _known_property(call: Call, defined: dict[str, Any]) -> dict[str, Any]:
    named = [one for one in defined["properties"] if one["name"] == call.path["propertyName"]]
    found: dict[str, Any] = require_found(next(iter(named), None))
    return found


def update_property(call: Call) -> Answer:
    """Change an event's property, though not its type; the documents answer 201."""
    call.need_scope(DEFINE)
    found, wanted = _known_property(call, _known(call)), call.body
    if "options" in wanted:
        check_form(found["type"], FORMS[found["type"]], wanted["options"])
        found["options"] = [{"displayOrder": -1, "hidden": False, **one} for one in wanted["options"]]
    found |= {name: wanted[name] for name in ("label", "description") if name in wanted}
    found["updatedAt"] = written(call.world.clock.now_ms())
    return Answer(201, found)


def delete_property(call: Call) -> Answer:
    """Take a property from an event."""
    call.need_scope(DEFINE)
    defined = _known(call)
    defined["properties"].remove(_known_property(call, defined))
    return Answer(204)


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
