"""What differs between suppliers' books and ours, for keys of the whole program."""

from typing import Annotated, get_args

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Query, Router

from guerdon.engine.reconciling.settling import settle
from guerdon.queries.reconciling import standing
from guerdon.store.orders.reconciling.differences import Settling
from guerdon.suppliers.amounts import digits_of
from guerdon.values.ids import show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.ids import cursor_of_number, number_after, number_of, page_of
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import Trouble, missing
from guerdon.web.api.shapes.plain import DifferenceId
from guerdon.web.api.shapes.reconciling import (
    Difference,
    DifferenceKind,
    Differences,
    DifferenceState,
    DoneAbout,
    SettlingDifference,
    WhichDifferences,
)

router = Router(tags=["differences"])
_KINDS: dict[str, DifferenceKind] = {kind: kind for kind in get_args(DifferenceKind)}
_STATES: dict[str, DifferenceState] = {state: state for state in get_args(DifferenceState)}
_DONE: dict[str, DoneAbout] = {done: done for done in get_args(DoneAbout)}
DifferencePath = Annotated[DifferenceId, Path(...)]


@router.get("/differences", response=reads(Differences), operation_id="list_differences")
def list_differences(request: HttpRequest, which: Annotated[WhichDifferences, Query(...)]) -> HttpResponse:
    """List what differs between suppliers' books and ours, the newest first."""
    sifting = standing.Sifting(which.state, which.supplier, which.kind, number_after(which.after))
    with reading(request) as tx:
        rows, last = page_of(standing.list_differences(tx, sifting, which.limit + 1), which.limit)
    return told(
        Differences(
            differences=[_difference(row) for row in rows],
            next=None if last is None else cursor_of_number(last.id),
        )
    )


@router.post(
    "/differences/{difference}/settle", response=changes(Difference, 404), operation_id="settle_difference"
)
def settle_difference(
    request: HttpRequest, difference: DifferencePath, done: Annotated[SettlingDifference, Body(...)]
) -> HttpResponse:
    """Say what was done about a difference; a credit that is expected or came is kept by it."""

    def work(doing: Doing) -> Difference:
        number = number_of("dif", difference)
        if not doing.caller.place.whole or standing.find_difference(doing.tx, number) is None:
            raise missing()
        settling = Settling(number, done.done, done.reason.strip(), done.amount, doing.caller.name)
        if settle(doing.tx, doing.program_id, settling, doing.now) is None:
            raise Trouble(409, "refused", "It was settled before, or is gone by itself", reason="settled")
        found = standing.find_difference(doing.tx, number)
        assert found is not None, "it was there"
        return _difference(found)

    return once(request, work)


def _difference(row: standing.Difference) -> Difference:
    return Difference(
        id=show("dif", row.id),
        supplier=row.supplier,
        kind=_KINDS[row.kind],
        subject=row.subject,
        order=None if row.order_id is None else show("ord", row.order_id),
        currency=row.currency,
        digits=digits_of(row.currency),
        ours=row.ours_minor,
        theirs=row.theirs_minor,
        stake=row.stake_minor,
        ours_state=row.ours_state,
        their_state=row.their_state,
        at=row.at,
        found_at=row.found_at,
        state=_STATES[row.state],
        done=_DONE.get(row.done),
        done_amount=row.done_minor,
        reason=row.reason,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
    )
