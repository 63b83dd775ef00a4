"""What was set apart, for keys of the whole program: what stands nowhere is for whoever sees all of it."""

from collections.abc import Sequence
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Query, Router

from guerdon.engine.arrivals import Element, Ignored, Meaning, Unusable
from guerdon.engine.quarantine import settling
from guerdon.engine.quarantine.looking import look, masked_raw
from guerdon.queries.quarantine import standing
from guerdon.queries.quarantine.standing import Sifting
from guerdon.store.quarantine.settling import Chosen, Settled, last_set_apart
from guerdon.values.ids import show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.ids import cursor_of_number, number_after, number_of, page_of
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import Trouble, missing
from guerdon.web.api.shapes.plain import ParkedId
from guerdon.web.api.shapes.quarantine import (
    Choice,
    Means,
    Parked,
    ParkedOne,
    PuttingAll,
    PuttingAway,
    Quarantine,
    SettledAs,
    WhichParked,
)
from guerdon.web.api.shapes.quarantine import Settling as Done
from guerdon.web.readers import mapper_of, reading_of
from guerdon.web.rooms import room

router = Router(tags=["quarantine"])
_SETTLED: dict[str | None, SettledAs | None] = {None: None, "retried": "retried", "put_away": "put_away"}
ParkedPath = Annotated[ParkedId, Path(...)]


@router.get("/quarantine", response=reads(Quarantine), operation_id="list_quarantine")
def list_quarantine(request: HttpRequest, which: Annotated[WhichParked, Query(...)]) -> HttpResponse:
    """List what stands in quarantine, the newest first."""
    sifting = Sifting(which.reason, which.connection, before=number_after(which.after))
    with reading(request) as tx:
        rows, last = page_of(standing.list_parked(tx, sifting, which.limit + 1), which.limit)
    return told(
        Quarantine(
            rows=[_parked(row) for row in rows], next=None if last is None else cursor_of_number(last.id)
        )
    )


@router.get("/quarantine/{parked}", response=reads(ParkedOne, 404), operation_id="get_parked")
def get_parked(request: HttpRequest, parked: ParkedPath) -> HttpResponse:
    """Show one as it came, masked, and what it means now."""
    caller, number = caller_of(request), number_of("qrt", parked)
    with reading(request) as tx:
        found = standing.find_parked(tx, number)
        if found is None:
            raise missing()
        body = standing.load_body(tx, number)
    program = caller.program
    sight = look(room().vault, caller.program_id, program, mapper_of(program, found.connection), found, body)
    meaning, kind, why = _meant(sight.element)
    return told(
        ParkedOne(
            row=_parked(found),
            raw=None if sight.raw is None else masked_raw(sight.raw),
            meaning=meaning,
            type=kind,
            why=why,
            again=None if body.again is None else show("qrt", body.again),
        )
    )


@router.post("/quarantine/retry", response=changes(Done, 404), operation_id="retry_quarantine")
def retry_quarantine(request: HttpRequest, choice: Annotated[Choice, Body(...)]) -> HttpResponse:
    """Try all of a reason or connection again, so many at once."""

    def work(doing: Doing) -> Done:
        chosen = _chosen(doing, choice)
        tried = settling.retry(doing.tx, reading_of(doing.program), chosen, _by(doing))
        return _done(chosen, tried.ids, tried.again)

    return once(request, work)


@router.post("/quarantine/put-away", response=changes(Done, 404), operation_id="put_quarantine_away")
def put_quarantine_away(request: HttpRequest, choice: Annotated[PuttingAll, Body(...)]) -> HttpResponse:
    """Put all of a reason or connection away, so many at once."""

    def work(doing: Doing) -> Done:
        chosen = _chosen(doing, choice)
        return _done(chosen, settling.put_away(doing.tx, chosen, _by(doing), choice.why))

    return once(request, work)


@router.post("/quarantine/{parked}/retry", response=changes(Done, 404), operation_id="retry_parked")
def retry_parked(request: HttpRequest, parked: ParkedPath) -> HttpResponse:
    """Try one again: it is read by the live version's mapping and decided by the version of its time."""

    def work(doing: Doing) -> Done:
        chosen = _one(doing, parked)
        tried = settling.retry(doing.tx, reading_of(doing.program), chosen, _by(doing))
        return _done(chosen, _settled(tried.ids), tried.again)

    return once(request, work)


@router.post("/quarantine/{parked}/put-away", response=changes(Done, 404), operation_id="put_parked_away")
def put_parked_away(
    request: HttpRequest, parked: ParkedPath, why: Annotated[PuttingAway, Body(...)]
) -> HttpResponse:
    """Put one away; it stays, and nobody tries it again."""

    def work(doing: Doing) -> Done:
        chosen = _one(doing, parked)
        return _done(chosen, _settled(settling.put_away(doing.tx, chosen, _by(doing), why.why)))

    return once(request, work)


def _by(doing: Doing) -> Settled:
    return Settled(doing.caller.name, doing.now)


def _chosen(doing: Doing, choice: Choice) -> Chosen:
    _whole(doing)
    last = last_set_apart(doing.tx) if choice.up_to is None else number_of("qrt", choice.up_to)
    return Chosen(
        doing.program_id, settling.CHUNK, reason=choice.reason, connection=choice.connection, last=last
    )


def _one(doing: Doing, parked: str) -> Chosen:
    _whole(doing)
    number = number_of("qrt", parked)
    if standing.find_parked(doing.tx, number) is None:
        raise missing()
    return Chosen(doing.program_id, 1, id=number)


def _whole(doing: Doing) -> None:
    if not doing.caller.place.whole:
        raise missing()


def _settled(ids: Sequence[int]) -> Sequence[int]:
    if not ids:
        raise Trouble(409, "refused", "It cannot be settled so, or was settled before", reason="settled")
    return ids


def _done(chosen: Chosen, ids: Sequence[int], again: int = 0) -> Done:
    return Done(
        settled=len(ids),
        again=again,
        more=chosen.id is None and len(ids) == chosen.at_most,
        up_to=None if not chosen.last else show("qrt", chosen.last),
    )


def _meant(element: Element | None) -> tuple[Means | None, str | None, str | None]:
    match element:
        case Meaning():
            return "event", element.type, None
        case Unusable():
            return "unusable", None, f"{element.reason}: {element.detail}"
        case Ignored():
            return "ignored", None, None
        case _:
            return None, None, None


def _parked(row: standing.Parked) -> Parked:
    return Parked(
        id=show("qrt", row.id),
        connection=row.connection,
        external_id=row.external_id,
        reason=row.reason,
        detail=row.detail,
        recorded_at=row.recorded_at,
        settled_at=row.settled_at,
        settled_as=_SETTLED[row.settled_as],
        settled_by=row.settled_by,
        settled_for=row.settled_for,
        can_be_retried=row.can_be_retried,
        tries=row.tries,
    )
