"""A file of events in a request: its rows that are right are taken in one commit, or it is rehearsed."""

from hashlib import sha256
from tempfile import TemporaryFile
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from guerdon.connectors.files.mapping import drop_sets
from guerdon.engine.drops.taking import Taking, Tally, rehearse, take_at_once
from guerdon.program import declared
from guerdon.web.api.answers import asks, changes, reading, told
from guerdon.web.api.callers import Caller, caller_of
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import WrongField, missing, wrong
from guerdon.web.api.shapes.drops import Drop, DropName, ReasonCount, RowMistake
from guerdon.web.rooms import room

router = Router(tags=["drops"])
DropPath = Annotated[DropName, Path(...)]
FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is; the program declares whether it is CSV, JSONL or Parquet.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/drops/{name}", response=changes(Drop, 404), operation_id="take_drop", openapi_extra=FILE)
def take_drop(request: HttpRequest, name: DropPath) -> HttpResponse:
    """Take a file of events; rows that are wrong are left out and told of."""
    raw = request.body

    def work(doing: Doing) -> Drop:
        drop = _drop(doing.caller, name)
        taking = Taking(doing.program_id, drop.key, "", sha256(raw).digest(), doing.caller.name)
        with TemporaryFile() as file:
            file.write(raw)
            file.seek(0)
            sets = drop_sets(doing.program, drop, file)
            return _told(name, take_at_once(doing.tx, room().vault, taking, sets, doing.now))

    return once(request, work)


@router.post(
    "/drops/{name}/rehearse", response=asks(Drop, 404), operation_id="rehearse_drop", openapi_extra=FILE
)
def rehearse_drop(request: HttpRequest, name: DropPath) -> HttpResponse:
    """Say what would come of a file; nothing is written."""
    caller = caller_of(request)
    drop = _drop(caller, name)
    with TemporaryFile() as file, reading(request) as tx:
        file.write(request.body)
        file.seek(0)
        return told(_told(name, rehearse(tx, caller.program_id, drop_sets(caller.program, drop, file))))


def _drop(caller: Caller, name: str) -> declared.Drop:
    found = caller.program.drops.get(name)
    # Its rows may be of anybody.
    if found is None or not caller.place.whole:
        raise missing()
    return found


def _told(name: str, tally: Tally) -> Drop:
    if tally.failure is not None:
        # Within one commit nothing of it stands, so it is not taken in part.
        said = f"line {tally.failure.line}: {tally.failure.what}; {tally.failure.hint}"
        raise wrong([WrongField(detail=said, pointer="")])
    return Drop(
        drop=name,
        rows=tally.rows,
        accepted=tally.accepted,
        duplicates=tally.duplicates,
        quarantined=tally.quarantined,
        wrong=tally.wrong,
        reasons=[ReasonCount(reason=reason, times=n) for reason, n in sorted(tally.reasons.items())],
        mistakes=[
            RowMistake(line=m.line, column=m.column, reason=m.reason, what=m.what, hint=m.hint)
            for m in tally.first
        ],
    )
