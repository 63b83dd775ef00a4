"""Records in batches of at most 100, with partial success where it is documented."""

from collections.abc import Callable
from typing import Any, NamedTuple

from standins.hubspot.api.call import Call
from standins.hubspot.api.objects import associate_new
from standins.hubspot.clock import written
from standins.hubspot.history import BATCH_MAX as HISTORY_BATCH_MAX
from standins.hubspot.records import SINGULAR, Record, Shelf
from standins.hubspot.refusals import Bad, Refusal, invalid, invalid_values
from standins.hubspot.wire import Answer

BATCH_MAX = 100
TOO_MANY_HISTORIES = (
    "The maximum number of inputs supported in a batch request for property histories is "
    f"{HISTORY_BATCH_MAX}. Please reduce the number of items and try again"
)

Prepare = Callable[[Call, Shelf, dict[str, Any]], "Prepared"]


class Prepared(NamedTuple):
    """An input that was checked: the record it changes (none: one to make) and the values."""

    record: Record | None
    values: dict[str, str]


def read(call: Call) -> Answer:
    """Read records by ids, or by a property with unique values."""
    call.need("read")
    shelf, started = call.shelf(), call.world.clock.now_ms()
    wanted, history = inputs_of(call), call.body.get("propertiesWithHistory", [])
    if history and len(wanted) > HISTORY_BATCH_MAX:
        raise invalid(TOO_MANY_HISTORIES)
    id_property = call.body.get("idProperty")
    archived = call.first("archived") == "true"
    found: dict[str, Record] = {}
    missing = []
    for one in wanted:
        record = shelf.find(one["id"], id_property, archived=archived)
        if record is None:
            missing.append(one["id"])
        else:
            found[record.id] = record
    view = shelf.view([*call.body.get("properties", []), *history])
    shown = [shelf.shown(record, view, history) for record in found.values()]
    errors = [_missing(shelf, missing)] if missing else []
    return finished(call, shown, errors, started)


def create(call: Call) -> Answer:
    """Make records."""
    return _write(call, _prepare_new, 201)


def update(call: Call) -> Answer:
    """Change records."""
    _refuse_doubles(inputs_of(call))
    return _write(call, _prepare_known, 200)


def upsert(call: Call) -> Answer:
    """Change the records there are and make the others."""
    _refuse_doubles(inputs_of(call))
    return _write(call, _prepare_either, 200)


def archive(call: Call) -> Answer:
    """Move records to the recycling bin; those that are not there are no mistake."""
    call.need("write")
    shelf = call.shelf()
    for one in inputs_of(call):
        record = shelf.find(one["id"])
        if record is not None:
            shelf.archive(record, call.source)
    return Answer(204)


def inputs_of(call: Call) -> list[dict[str, Any]]:
    """What a batch is of, if it is not too much."""
    found: list[dict[str, Any]] = call.body["inputs"]
    if len(found) > BATCH_MAX:
        raise invalid(f"The maximum number of inputs is {BATCH_MAX}; got {len(found)}")
    return found


def _refuse_doubles(inputs: list[dict[str, Any]]) -> None:
    ids = [(one.get("idProperty"), one["id"]) for one in inputs]
    double = sorted({one[1] for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []
    if double:
        raise invalid(f"Duplicate IDs found in batch input: {double}")


def _values(call: Call, shelf: Shelf, one: dict[str, Any]) -> dict[str, str]:
    return shelf.canonical(one["properties"], rules=call.ruled)


def _prepare_new(call: Call, shelf: Shelf, one: dict[str, Any]) -> Prepared:
    values = _values(call, shelf, one)
    shelf.require_free(values)
    return Prepared(None, values)


def _prepare_known(call: Call, shelf: Shelf, one: dict[str, Any]) -> Prepared:
    record = shelf.find(one["id"], one.get("idProperty"))
    if record is None:
        raise Refusal(404, "OBJECT_NOT_FOUND", f"{one['id']} not found", context={"ids": [one["id"]]})
    values = _values(call, shelf, one)
    shelf.require_free(values, record.id)
    return Prepared(record, values)


def _prepare_either(call: Call, shelf: Shelf, one: dict[str, Any]) -> Prepared:
    name = one.get("idProperty")
    if shelf.find(one["id"], name) is not None or name in (None, "hs_object_id"):
        return _prepare_known(call, shelf, one)
    values = _values(call, shelf, {"properties": {name: one["id"], **one["properties"]}})
    if values[name] != shelf.definitions[name].canonical(one["id"]):
        raise invalid(f"the value of {name} differs from the id {one['id']}")
    shelf.require_free(values)
    return Prepared(None, values)


def _write(call: Call, prepare: Prepare, status: int) -> Answer:
    call.need("write")
    shelf, started, inputs = call.shelf(), call.world.clock.now_ms(), inputs_of(call)
    # Where every input can be told apart in the answer, what is right is written though the rest is not.
    partial = all(one.get("objectWriteTraceId") for one in inputs)
    ready: list[tuple[dict[str, Any], Prepared]] = []
    errors = []
    taken: set[tuple[str, str]] = set()
    for one in inputs:
        try:
            prepared = prepare(call, shelf, one)
            _take_unique(shelf, prepared.values, taken)
        except Refusal as refusal:
            if not partial:
                raise
            errors.append(_failed(refusal, one["objectWriteTraceId"]))
        else:
            ready.append((one, prepared))
    shown = [_apply(call, shelf, one, prepared) for one, prepared in ready]
    return finished(call, shown, errors, started, status)


def _take_unique(shelf: Shelf, values: dict[str, str], taken: set[tuple[str, str]]) -> None:
    for name, text in values.items():
        if text and shelf.definitions[name].unique:
            if (name, text) in taken:
                raise invalid_values([Bad(name, "CONFLICTING_UNIQUE_VALUE", f"{name} {text} is given twice")])
            taken.add((name, text))


def _apply(call: Call, shelf: Shelf, one: dict[str, Any], prepared: Prepared) -> dict[str, Any]:
    record, new = prepared.record, prepared.record is None
    if record is None:
        record = shelf.create(prepared.values, call.source)
        associate_new(call, shelf, record, one.get("associations", []))
    else:
        shelf.update(record, prepared.values, call.source)
    names = [*prepared.values, *([one["idProperty"]] if one.get("idProperty") else [])]
    shown = shelf.shown(record, shelf.view(names))
    if "objectWriteTraceId" in one:
        shown["objectWriteTraceId"] = one["objectWriteTraceId"]
    return {**shown, "new": new} if call.path.get("operation") == "upsert" else shown


def _failed(refusal: Refusal, trace: str) -> dict[str, Any]:
    return standard_error(
        refusal.category,
        refusal.message,
        {**refusal.more.get("context", {}), "objectWriteTraceId": [trace]},
        refusal.more.get("errors", []),
    )


def _missing(shelf: Shelf, ids: list[str]) -> dict[str, Any]:
    kind = SINGULAR[shelf.object_type].upper()
    message = (
        f"Could not get some {kind} objects, they may be deleted or not exist. Check that ids are valid."
    )
    return standard_error("OBJECT_NOT_FOUND", message, {"ids": ids})


def standard_error(
    category: str, message: str, context: dict[str, list[str]], errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """An error inside the answer of a batch."""
    return {
        "status": "error",
        "category": category,
        "message": message,
        "context": context,
        "errors": errors or [],
        "links": {},
    }


def finished(
    call: Call, results: list[dict[str, Any]], errors: list[dict[str, Any]], started: int, status: int = 200
) -> Answer:
    """The answer of a batch; results come in no promised order."""
    call.world.chance.shuffle(results)
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": written(started),
        "completedAt": written(call.world.clock.now_ms()),
    }
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Answer(207 if errors else status, body)
