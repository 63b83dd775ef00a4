"""Reading records one by one and in pages, and changing one."""

from typing import Any

from standins.hubspot.api.call import Call
from standins.hubspot.records import NAMED, Record, Shelf
from standins.hubspot.refusals import invalid, not_found
from standins.hubspot.wire import Answer
from standins.hubspot.world import Portal

PAGE_MAX = 100
PAGE_WITH_HISTORY_MAX = 50
TYPE_IDS_OF_LINKS = {("contacts", "deals"): 4, ("deals", "contacts"): 3}
LINK_NAMES = {("contacts", "deals"): "contact_to_deal", ("deals", "contacts"): "deal_to_contact"}


def find_one(call: Call) -> Record:
    """The record that the path names, or a 404."""
    wanted = call.path["objectId"]
    record = call.shelf().find(wanted, call.first("idProperty"), archived=call.first("archived") == "true")
    if record is None:
        raise not_found()
    return record


def with_links(portal: Portal, shelf: Shelf, record: Record, kinds: list[str]) -> dict[str, Any]:
    """The associations of a record with other kinds, as a page of records shows them."""
    found = {}
    for text in kinds:
        kind = NAMED.get(text)
        if kind is None or kind == shelf.object_type:
            raise invalid(f"cannot associate {shelf.object_type} with {text}")
        ids = sorted(portal.linked(shelf.object_type, record.id, kind), key=int)
        if ids:
            name = LINK_NAMES[shelf.object_type, kind]
            found[kind] = {"results": [{"id": one, "type": name} for one in ids]}
    return {"associations": found} if found else {}


def get_one(call: Call) -> Answer:
    """Read one record."""
    call.need("read")
    record, shelf = find_one(call), call.shelf()
    history = call.names("propertiesWithHistory")
    shown = shelf.shown(record, shelf.view([*call.names("properties"), *history]), history)
    return Answer(200, shown | with_links(call.portal, shelf, record, call.names("associations")))


def list_page(call: Call) -> Answer:
    """A page of records in the order of their ids."""
    call.need("read")
    shelf = call.shelf()
    history = call.names("propertiesWithHistory")
    limit = call.limit(10, PAGE_WITH_HISTORY_MAX if history else PAGE_MAX)
    start = call.after()
    archived = call.first("archived") == "true"
    # Ids only grow, and records are kept in the order of their making.
    records = [one for one in shelf.records.values() if (one.archived_ms is not None) == archived]
    page = [one for one in records if int(one.id) >= start][: limit + 1]
    view, kinds = shelf.view([*call.names("properties"), *history]), call.names("associations")
    shown = [
        shelf.shown(one, view, history) | with_links(call.portal, shelf, one, kinds) for one in page[:limit]
    ]
    body: dict[str, Any] = {"results": shown}
    if len(page) > limit:
        after = page[limit].id
        body["paging"] = {"next": {"after": after, "link": f"{call.world.origin}/?after={after}"}}
    return Answer(200, body)


def create_one(call: Call) -> Answer:
    """Make a record."""
    call.need("write")
    shelf = call.shelf()
    values = shelf.canonical(call.body["properties"], rules=call.ruled)
    record = shelf.create(values, call.source)
    associate_new(call, shelf, record, call.body.get("associations", []))
    return Answer(201, shelf.shown(record, shelf.view(list(values))))


def associate_new(call: Call, shelf: Shelf, record: Record, wanted: list[dict[str, Any]]) -> None:
    """Associate a record just made with those that its request named."""
    for one in wanted:
        for spec in one["types"]:
            pairs = [
                pair for pair, type_id in TYPE_IDS_OF_LINKS.items() if type_id == spec["associationTypeId"]
            ]
            if not pairs or pairs[0][0] != shelf.object_type:
                raise invalid(f"unknown associationTypeId {spec['associationTypeId']}")
            other_type = pairs[0][1]
            other = call.portal.shelves[other_type].find(one["to"]["id"])
            if other is None:
                raise not_found(f"{other_type} {one['to']['id']} not found")
            link_both(call.portal, (shelf.object_type, record.id), (other_type, other.id))


def link_both(portal: Portal, one: tuple[str, str], other: tuple[str, str]) -> None:
    """Associate two records by the default type, both ways."""
    for start, end in ((one, other), (other, one)):
        portal.link(
            start, end, {"category": "HUBSPOT_DEFINED", "typeId": TYPE_IDS_OF_LINKS[start[0], end[0]]}
        )


def update_one(call: Call) -> Answer:
    """Change a record."""
    call.need("write")
    shelf, record = call.shelf(), find_one(call)
    values = shelf.canonical(call.body["properties"], rules=call.ruled)
    shelf.update(record, values, call.source)
    return Answer(200, shelf.shown(record, shelf.view(list(values))))


def archive_one(call: Call) -> Answer:
    """Move a record to the recycling bin."""
    call.need("write")
    call.shelf().archive(find_one(call), call.source)
    return Answer(204)


def merge(call: Call) -> Answer:
    """Merge two records."""
    call.need("write")
    shelf = call.shelf()
    primary, second = (shelf.find(call.body[name]) for name in ("primaryObjectId", "objectIdToMerge"))
    if primary is None or second is None:
        raise not_found()
    if primary is second:
        raise invalid("cannot merge a record with itself")
    result = shelf.merge(primary, second, call.source, new_id=call.world.merge_new_id)
    for old in (primary, second):
        call.portal.move_links(shelf.object_type, old, result)
    return Answer(200, shelf.shown(result, shelf.view(["email", "hs_merged_object_ids"])))


def gdpr_delete(call: Call) -> Answer:
    """Delete a contact for good."""
    call.need("write")
    shelf = call.shelf()
    if shelf.object_type != "contacts":
        raise not_found()
    record = shelf.find(call.body["objectId"], call.body.get("idProperty"))
    if record is None:
        raise not_found()
    shelf.forget(record, call.source)
    return Answer(204)
