"""Definitions of properties: read, made, changed (their type too) and archived."""

from typing import Any

from standins.hubspot.api.batches import finished, inputs_of, standard_error
from standins.hubspot.api.call import Call, require_found
from standins.hubspot.definitions import NAME, UNIQUE_MAX, Definition, check_form, check_types
from standins.hubspot.records import Shelf
from standins.hubspot.refusals import Refusal, invalid, not_found
from standins.hubspot.wire import Answer

CHANGED = {
    "label": "label",
    "description": "description",
    "groupName": "group",
    "type": "type",
    "fieldType": "field_type",
    "options": "options",
    "hidden": "hidden",
    "formField": "form_field",
    "displayOrder": "display_order",
}


def _known(call: Call) -> Definition:
    definition = require_found(call.shelf().definitions.get(call.path["propertyName"]))
    if definition.archived and call.first("archived") != "true":
        raise not_found()
    return definition


def list_all(call: Call) -> Answer:
    """All definitions of a kind of record."""
    call.need_scope(f"crm.schemas.{call.shelf().object_type}.read")
    archived = call.first("archived") == "true"
    found = [one.shown() for one in call.shelf().definitions.values() if one.archived == archived]
    return Answer(200, {"results": found})


def get_one(call: Call) -> Answer:
    """One definition."""
    call.need_scope(f"crm.schemas.{call.shelf().object_type}.read")
    return Answer(200, _known(call).shown())


def read(call: Call) -> Answer:
    """Several definitions by name."""
    call.need_scope(f"crm.schemas.{call.shelf().object_type}.read")
    shelf, started = call.shelf(), call.world.clock.now_ms()
    archived = call.body.get("archived", False)
    found, errors = [], []
    for one in inputs_of(call):
        definition = shelf.definitions.get(one["name"])
        if definition is None or definition.archived != archived:
            message = f"property {one['name']} does not exist"
            errors.append(standard_error("OBJECT_NOT_FOUND", message, {"name": [one["name"]]}))
        else:
            found.append(definition.shown())
    return finished(call, found, errors, started)


def create(call: Call) -> Answer:
    """Make a property."""
    call.need_scope(f"crm.schemas.{call.shelf().object_type}.write")
    return Answer(201, _made(call.shelf(), call.body).shown())


def create_batch(call: Call) -> Answer:
    """Make several properties; those that cannot be made do not hold up the others."""
    call.need_scope(f"crm.schemas.{call.shelf().object_type}.write")
    shelf, started = call.shelf(), call.world.clock.now_ms()
    made, errors = [], []
    for one in inputs_of(call):
        try:
            made.append(_made(shelf, one).shown())
        except Refusal as refusal:
            errors.append(standard_error(refusal.category, refusal.message, {"name": [one["name"]]}))
    return finished(call, made, errors, started, 200 if call.version == "2026-09" else 201)


def _made(shelf: Shelf, wanted: dict[str, Any]) -> Definition:
    check_form(wanted["type"], wanted["fieldType"], wanted.get("options", []))
    require_group(shelf, wanted["groupName"])
    unique = [one for one in shelf.definitions.values() if one.unique and not one.of_hubspot]
    if wanted.get("hasUniqueValue") and len(unique) >= UNIQUE_MAX:
        raise invalid(f"{shelf.object_type} have {UNIQUE_MAX} properties with unique values already")
    return make(shelf, wanted)


def require_group(shelf: Shelf, name: str) -> None:
    """Refuse a group that is not there."""
    group = shelf.groups.get(name)
    if group is None or group.archived:
        raise invalid(f"property group {name} does not exist")


def make(shelf: Shelf, wanted: dict[str, Any]) -> Definition:
    """Make a property of a definition as documented."""
    name = wanted["name"]
    check_types(wanted["type"], wanted["fieldType"])
    if not NAME.fullmatch(name):
        raise invalid(f"invalid property name: {name}")
    known = shelf.definitions.get(name)
    if known is not None and not known.archived:
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", f'A property named "{name}" already exists.')
    now = shelf.clock.now_ms()
    definition = Definition(name, unique=wanted.get("hasUniqueValue", False), made_ms=now, changed_ms=now)
    _set(definition, wanted)
    shelf.definitions[name] = definition
    return definition


def update(call: Call) -> Answer:
    """Change a property, its type too."""
    call.need_scope(f"crm.schemas.{call.shelf().object_type}.write")
    definition = _known(call)
    if definition.of_hubspot:
        raise invalid(f"the definition of {definition.name} is read only")
    wanted = call.body
    check_form(
        wanted.get("type", definition.type),
        wanted.get("fieldType", definition.field_type),
        wanted.get("options", definition.options),
    )
    require_group(call.shelf(), wanted.get("groupName", definition.group))
    change(definition, wanted, call.world.clock.now_ms())
    return Answer(200, definition.shown())


def change(definition: Definition, wanted: dict[str, Any], now_ms: int) -> None:
    """Change a definition; values that are there stay as they are."""
    check_types(wanted.get("type", definition.type), wanted.get("fieldType", definition.field_type))
    _set(definition, wanted)
    definition.changed_ms = now_ms


def _set(definition: Definition, wanted: dict[str, Any]) -> None:
    for said, kept in CHANGED.items():
        if said in wanted:
            setattr(definition, kept, wanted[said])


def archive(call: Call) -> Answer:
    """Archive a property: it is unknown from then on."""
    call.need_scope(f"crm.schemas.{call.shelf().object_type}.write")
    definition = _known(call)
    if definition.of_hubspot:
        raise invalid(f"{definition.name} cannot be archived")
    _archive(definition, call.world.clock.now_ms())
    return Answer(204)


def archive_batch(call: Call) -> Answer:
    """Archive several properties; those that are not there are no mistake."""
    call.need_scope(f"crm.schemas.{call.shelf().object_type}.write")
    known = [call.shelf().definitions.get(one["name"]) for one in inputs_of(call)]
    for definition in known:
        if definition is not None and not definition.of_hubspot and not definition.archived:
            _archive(definition, call.world.clock.now_ms())
    return Answer(204)


def _archive(definition: Definition, now_ms: int) -> None:
    definition.archived, definition.changed_ms = True, now_ms
