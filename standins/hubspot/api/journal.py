"""The journal's addresses: files one after another, in batches, its subscriptions and snapshots."""

from typing import Any

from standins.hubspot.api.call import Call, require_found
from standins.hubspot.clock import written
from standins.hubspot.history import Source
from standins.hubspot.journal import ACTIONS, Entry
from standins.hubspot.records import NAMED, TYPE_IDS, Happening
from standins.hubspot.refusals import Refusal, invalid, not_found
from standins.hubspot.wire import Answer

COUNT_MAX = 100
READ = "developer.webhooks_journal.read"
KINDS = {
    "OBJECT": set(ACTIONS.values()) - {"GDPR_DELETE"} | {"RESTORE"},
    "GDPR_PRIVACY_DELETION": {"GDPR_DELETE"},
}


def _open(call: Call, scope: str = READ) -> None:
    if call.token is None or call.token.portal is not None:
        raise Refusal(403, "BANNED", "the webhooks journal wants a token of client credentials")
    call.need_scope(scope)


def _scope(call: Call) -> int | None:
    text = call.first("installPortalId")
    if text is not None and int(text) not in call.world.portals:
        raise not_found()
    return None if text is None else int(text)


def _one(call: Call, entry: Entry | None) -> Answer:
    if entry is None:
        return Answer(204)
    return Answer(200, call.world.journal.answer(entry, _scope(call), call.world.origin))


def earliest(call: Call) -> Answer:
    """The oldest file."""
    _open(call)
    return _one(call, next(iter(call.world.journal.entries(_scope(call))), None))


def latest(call: Call) -> Answer:
    """The newest file."""
    _open(call)
    return _one(call, next(iter(call.world.journal.entries(_scope(call))[-1:]), None))


def _after(call: Call) -> list[Entry]:
    found = call.world.journal.after(_scope(call), call.path["offset"])
    return require_found(found, "the offset is unknown or has expired")


def after(call: Call) -> Answer:
    """The file after another; no content if that was the newest."""
    _open(call)
    return _one(call, next(iter(_after(call)), None))


def batch(call: Call) -> Answer:
    """Several files: the oldest, the newest, or those after another."""
    _open(call)
    count = int(call.path["count"])
    if not 1 <= count <= COUNT_MAX:
        raise invalid(f"count must be between 1 and {COUNT_MAX}")
    if "offset" in call.path:
        return _many(call, _after(call)[:count])
    found = call.world.journal.entries(_scope(call))
    return _many(call, found[-count:] if call.path["end"] == "latest" else found[:count])


def read(call: Call) -> Answer:
    """Files by their offsets."""
    _open(call)
    wanted = call.body["inputs"]
    return _many(call, [one for one in call.world.journal.entries(_scope(call)) if one.offset in wanted])


def _many(call: Call, entries: list[Entry]) -> Answer:
    now = written(call.world.clock.now_ms())
    results = [call.world.journal.answer(one, _scope(call), call.world.origin) for one in entries]
    return Answer(200, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now})


def subscribe(call: Call) -> Answer:
    """Have changes of an account's records written to the journal."""
    _open(call, "developer.webhooks_journal.subscriptions.write")
    wanted, journal = call.body, call.world.journal
    allowed = KINDS.get(wanted["subscriptionType"])
    if allowed is None or not set(wanted["actions"]) <= allowed:
        raise invalid(f"{wanted['subscriptionType']} with {wanted['actions']} is not offered here")
    if wanted["portalId"] not in call.world.portals or wanted["objectTypeId"] not in TYPE_IDS.values():
        raise invalid("unknown portalId or objectTypeId")
    now = written(call.world.clock.now_ms())
    made = {
        "objectIds": [],
        "properties": [],
        **wanted,
        "id": next(journal.ids),
        "appId": call.world.app.id,
        "createdAt": now,
        "updatedAt": now,
    }
    journal.subscriptions[made["id"]] = made
    return Answer(200, made)


def subscriptions(call: Call) -> Answer:
    """All subscriptions."""
    _open(call, "developer.webhooks_journal.subscriptions.read")
    return Answer(200, {"results": list(call.world.journal.subscriptions.values())})


def subscription(call: Call) -> Answer:
    """One subscription."""
    _open(call, "developer.webhooks_journal.subscriptions.read")
    return Answer(200, require_found(call.world.journal.subscriptions.get(int(call.path["subscriptionId"]))))


def unsubscribe(call: Call) -> Answer:
    """End a subscription."""
    _open(call, "developer.webhooks_journal.subscriptions.write")
    require_found(call.world.journal.subscriptions.pop(int(call.path["subscriptionId"]), None))
    return Answer(204)


def snapshot(call: Call) -> Answer:
    """Have records written to the journal as they are."""
    _open(call, "developer.webhooks_journal.snapshots.write")
    made = [_snapshot(call, one) for one in call.body["snapshotRequests"]]
    return Answer(200, {"snapshotResponses": made})


def _snapshot(call: Call, wanted: dict[str, Any]) -> dict[str, Any]:
    world = call.world
    portal, kind = world.portals.get(wanted["portalId"]), NAMED.get(wanted["objectTypeId"])
    if portal is None or kind is None:
        raise invalid("unknown portalId or objectTypeId")
    record = portal.shelves[kind].find(str(wanted["objectId"]))
    now, status_id = world.clock.now_ms(), world.uuid()
    status = {"id": status_id, "initiatedAt": now, "completedAt": now, "status": "SUCCESS"}
    if record is None:
        status |= {"status": "FAILED", "errorCode": "VALIDATION_ERROR", "message": "no such record"}
    else:
        values = {name: record.properties.get(name) for name in wanted["properties"]}
        source = Source("INTEGRATION", str(world.app.id))
        happening = Happening(portal.id, kind, "snapshot", int(record.id), now, source)
        world.journal.write(happening, "SNAPSHOT", values)
    world.journal.snapshots[status_id] = status
    answered = {name: wanted[name] for name in ("portalId", "objectId", "objectTypeId")}
    return {**answered, "snapshotStatusId": status_id}


def status(call: Call) -> Answer:
    """How a snapshot goes."""
    _open(call, "developer.webhooks_journal.snapshots.read")
    return Answer(200, require_found(call.world.journal.snapshots.get(call.path["statusId"])))
