"""The control door's part for records: what a person does with contacts, deals and properties."""

from typing import Any

from standins.hubspot.api.objects import link_both
from standins.hubspot.api.properties import change as change_definition
from standins.hubspot.api.properties import make
from standins.hubspot.clock import written
from standins.hubspot.history import PERSON
from standins.hubspot.records import Record, Shelf
from standins.hubspot.refusals import not_found
from standins.hubspot.world import FIRST_PORTAL, Portal, World

Asked = dict[str, Any]


def portal_of(world: World, asked: Asked) -> Portal:
    """The account meant; the first one if none is named."""
    return world.portals[int(asked.get("portal", FIRST_PORTAL))]


def _shelf(world: World, asked: Asked) -> Shelf:
    return portal_of(world, asked).shelves[asked["objectType"]]


def _record(shelf: Shelf, record_id: str) -> Record:
    record = shelf.find(str(record_id))
    if record is None:
        raise not_found()
    return record


def create(world: World, asked: Asked) -> Asked:
    """Make records, as a person or an import does; a deal may name its contact."""
    shelf, made = _shelf(world, asked), []
    for one in asked["records"]:
        record = shelf.create(shelf.canonical(one["properties"]), PERSON)
        if "contact" in one:
            contact = portal_of(world, asked).shelves["contacts"]
            other = ("contacts", _record(contact, one["contact"]).id)
            link_both(portal_of(world, asked), (shelf.object_type, record.id), other)
        made.append(record.id)
    return {"ids": made}


def change(world: World, asked: Asked) -> Asked:
    """Change a record."""
    shelf = _shelf(world, asked)
    shelf.update(_record(shelf, asked["id"]), shelf.canonical(asked["properties"]), PERSON)
    return {}


def archive(world: World, asked: Asked) -> Asked:
    """Move a record to the recycling bin."""
    shelf = _shelf(world, asked)
    shelf.archive(_record(shelf, asked["id"]), PERSON)
    return {}


def forget(world: World, asked: Asked) -> Asked:
    """Delete a record for good."""
    shelf = _shelf(world, asked)
    shelf.forget(_record(shelf, asked["id"]), PERSON)
    return {}


def merge(world: World, asked: Asked) -> Asked:
    """Merge two records."""
    shelf, portal = _shelf(world, asked), portal_of(world, asked)
    primary, second = _record(shelf, asked["primary"]), _record(shelf, asked["second"])
    result = shelf.merge(primary, second, PERSON, new_id=world.merge_new_id)
    for old in (primary, second):
        portal.move_links(shelf.object_type, old, result)
    return {"id": result.id}


def associate(world: World, asked: Asked) -> Asked:
    """Associate a deal with a contact."""
    portal = portal_of(world, asked)
    pair = [
        (kind, _record(portal.shelves[kind], asked[name]).id)
        for kind, name in (("contacts", "contact"), ("deals", "deal"))
    ]
    link_both(portal, pair[0], pair[1])
    return {}


def listed(world: World, asked: Asked) -> Asked:
    """All records with all their properties, a page of them, and where merged ones went."""
    shelf = _shelf(world, asked)
    after, limit = int(asked.get("after", 0)), int(asked.get("limit", 100_000))
    found = [one for one in shelf.records.values() if int(one.id) > after][:limit]
    records = [
        {
            "id": one.id,
            "properties": one.properties,
            "archived": one.archived_ms is not None,
            "updatedAt": written(one.changed_ms),
        }
        for one in found
    ]
    return {"records": records, "moved": shelf.moved}


def add_property(world: World, asked: Asked) -> Asked:
    """Make a property."""
    return make(_shelf(world, asked), asked).shown()


def change_property(world: World, asked: Asked) -> Asked:
    """Change a property, HubSpot's own ones too; `type` and `fieldType` change what it takes."""
    definition = _shelf(world, asked).definitions[asked["name"]]
    definition.archived = asked.get("archived", definition.archived)
    change_definition(definition, asked, world.clock.now_ms())
    return definition.shown()


def rule(world: World, asked: Asked) -> Asked:
    """Have an admin set a validation rule: min, max or pattern; none takes it away."""
    definition = _shelf(world, asked).definitions[asked["name"]]
    definition.rule = {name: asked[name] for name in ("min", "max", "pattern") if name in asked}
    return definition.rule


def completions(world: World, asked: Asked) -> Asked:
    """Occurrences of custom events that arrived, and how many were dropped as known."""
    portal = portal_of(world, asked)
    return {"completions": portal.completions, "dropped": portal.dropped_completions}
