"""Associations between contacts and deals."""

from typing import Any

from standins.hubspot.api.batches import finished, standard_error
from standins.hubspot.api.call import Call, require_found
from standins.hubspot.api.objects import TYPE_IDS_OF_LINKS, link_both
from standins.hubspot.records import NAMED, TYPE_IDS
from standins.hubspot.refusals import invalid
from standins.hubspot.wire import Answer

READ_MAX, WRITE_MAX = 1000, 2000


def _kinds(call: Call) -> tuple[str, str]:
    one, other = NAMED.get(call.path["fromObjectType"]), NAMED.get(call.path["toObjectType"])
    if one is None or other is None or one == other:
        raise invalid("Unable to infer object type")
    return one, other


def read(call: Call) -> Answer:
    """Read what records are associated with."""
    one, other = _kinds(call)
    for kind in (one, other):
        call.need_scope(f"crm.objects.{kind}.read")
    started, inputs = call.world.clock.now_ms(), call.body["inputs"]
    if len(inputs) > READ_MAX:
        raise invalid(f"The maximum number of inputs is {READ_MAX}; got {len(inputs)}")
    results, errors = [], []
    for wanted in inputs:
        record = call.portal.shelves[one].find(wanted["id"])
        links = {} if record is None else call.portal.linked(one, record.id, other)
        if links:
            results.append({"from": {"id": wanted["id"]}, "to": _shown(links)})
        else:
            errors.append(_none(one, other, wanted["id"]))
    return finished(call, results, errors, started)


def _shown(links: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [{"toObjectId": one, "associationTypes": specs} for one, specs in links.items()]


def _none(one: str, other: str, record_id: str) -> dict[str, Any]:
    message = f"No {TYPE_IDS[other]} is associated with {TYPE_IDS[one]} {record_id}."
    return standard_error("OBJECT_NOT_FOUND", message, {"fromObjectId": [record_id]})


def _link(call: Call, from_id: str, to_id: str) -> dict[str, Any]:
    one, other = _kinds(call)
    start = require_found(call.portal.shelves[one].find(from_id), f"{one} {from_id} not found")
    end = require_found(call.portal.shelves[other].find(to_id), f"{other} {to_id} not found")
    link_both(call.portal, (one, start.id), (other, end.id))
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": TYPE_IDS_OF_LINKS[one, other]}
    return {"from": {"id": start.id}, "to": {"id": end.id}, "associationSpec": spec}


def associate_batch(call: Call) -> Answer:
    """Associate pairs of records by the default type."""
    started, inputs = call.world.clock.now_ms(), call.body["inputs"]
    if len(inputs) > WRITE_MAX:
        raise invalid(f"The maximum number of inputs is {WRITE_MAX}; got {len(inputs)}")
    made = [_link(call, one["from"]["id"], one["to"]["id"]) for one in inputs]
    return finished(call, made, [], started)


def associate(call: Call) -> Answer:
    """Associate two records by the default type."""
    made = _link(call, call.path["fromObjectId"], call.path["toObjectId"])
    return finished(call, [made], [], call.world.clock.now_ms())


def sever(call: Call) -> Answer:
    """Take an association away, both ways."""
    one, other = _kinds(call)
    for (kind, own), (there, far) in (
        ((one, call.path["fromObjectId"]), (other, call.path["toObjectId"])),
        ((other, call.path["toObjectId"]), (one, call.path["fromObjectId"])),
    ):
        call.portal.links.get((kind, own), {}).get(there, {}).pop(far, None)
    return Answer(204)
