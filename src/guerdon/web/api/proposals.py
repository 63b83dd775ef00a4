"""Operations on requests: a program proposes by its key what people then sign, or do not.

A key sees what it asked for and nothing else. What it proposes is checked with its own eyes first, so that
what belongs elsewhere is as unknown to it as what is not there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Annotated, TypeVar, cast

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Query, Router

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.approvals.asking import ask, withdraw
from guerdon.engine.approvals.contents import adjustments_of
from guerdon.engine.approvals.mistakes import check_content
from guerdon.engine.approvals.papers import Paper, load_papers
from guerdon.engine.approvals.payers import Payers
from guerdon.ledger.contents import (
    AdjustBalance,
    AdjustMany,
    Content,
    GiveReward,
    MoveBudgets,
    kind_of,
)
from guerdon.ledger.contents import Adjustment as AdjustmentInside
from guerdon.ledger.contents import Move as MoveInside
from guerdon.program.model import Program
from guerdon.queries.api.requests import list_asked_by, was_asked_by
from guerdon.queries.decisions import find_request
from guerdon.store.approvals.standings import Place, load_places
from guerdon.store.database import Transaction
from guerdon.values.ids import derived_id, show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.callers import Caller, caller_of
from guerdon.web.api.ids import cursor_of, digits_of, number_of, page_of, place_of
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import Trouble, WrongField, missing, wrong, wrong_in_body
from guerdon.web.api.shapes.plain import RequestId
from guerdon.web.api.shapes.proposals import (
    Adjustment,
    AdjustmentRow,
    BudgetMoves,
    Bulk,
    Kind,
    Request,
    RequestChange,
    Requests,
    RequestWord,
    Reward,
    State,
    Verdict,
    WhichRequests,
    Withdrawal,
)
from guerdon.web.refusals import OF_RIGHTS, REQUEST, note_refusal
from guerdon.web.rooms import room

router = Router(tags=["requests"])
RequestPath = Annotated[RequestId, Path(...)]
Inside = TypeVar("Inside", bound=AdjustmentInside)
Proposal = Callable[[Doing, int], Content]
# What a refusal of ours means outside: its status, the kind of problem, and what is said.
_REFUSALS = {
    "role": (403, "place", "This is not for this key's place"),
    "closed": (409, "refused", "The request is not open any more"),
    "budget": (409, "refused", "The budget has not so much to set aside"),
}
# Fields that are called otherwise inside.
_NAMES = {"from": "from_account", "to": "to_account"}
_NAMES_OF_REWARD = {"amount": "value"}


@router.get("/requests", response=reads(Requests), operation_id="list_requests")
def list_requests(request: HttpRequest, which: Annotated[WhichRequests, Query(...)]) -> HttpResponse:
    """List the requests that this key asked for, newest first."""
    caller, after = caller_of(request), place_of(which.after)
    with reading(request) as tx:
        found = list_asked_by(tx, caller.name, which.state, which.limit + 1, after)
        rows, last = page_of(found, which.limit)
        papers = load_papers(tx, caller.program_id, caller.program, rows)
    return told(
        Requests(
            requests=[_request(caller.program, papers[row.id]) for row in rows],
            next=None if last is None else cursor_of(last.created_at, last.id),
        )
    )


@router.post(
    "/requests/adjustments", response=changes(Request, status=201), operation_id="propose_adjustment"
)
def propose_adjustment(request: HttpRequest, wanted: Annotated[Adjustment, Body(...)]) -> HttpResponse:
    """Propose more, or less, for a member."""

    def content(doing: Doing, _: int) -> Content:
        (made,) = _adjustments(doing, AdjustBalance, [wanted])
        return made

    return _propose(request, content, wanted.reason)


@router.post("/requests/bulk", response=changes(Request, status=201), operation_id="propose_bulk")
def propose_bulk(request: HttpRequest, wanted: Annotated[Bulk, Body(...)]) -> HttpResponse:
    """Propose many adjustments that happen together or not at all."""

    def content(doing: Doing, _: int) -> Content:
        return AdjustMany(_adjustments(doing, AdjustmentInside, wanted.rows))

    return _propose(request, content, wanted.reason, "rows")


@router.post(
    "/requests/budget-moves", response=changes(Request, status=201), operation_id="propose_budget_moves"
)
def propose_budget_moves(request: HttpRequest, wanted: Annotated[BudgetMoves, Body(...)]) -> HttpResponse:
    """Propose to move money between a budget and the one above or below it."""

    def content(_: Doing, __: int) -> Content:
        return MoveBudgets(
            [MoveInside(move.from_account, move.to_account, move.unit, move.amount) for move in wanted.moves]
        )

    return _propose(request, content, wanted.reason, "moves")


@router.post("/requests/rewards", response=changes(Request, status=201), operation_id="propose_reward")
def propose_reward(request: HttpRequest, wanted: Annotated[Reward, Body(...)]) -> HttpResponse:
    """Propose a reward by hand, as a rule would have given it."""

    def content(doing: Doing, request_id: int) -> Content:
        member = number_of("mem", wanted.member)
        place = _places(doing, [member]).get(member)
        if place is None:
            raise wrong([WrongField(detail=f"nobody is {wanted.member}", pointer="/member")])
        return GiveReward(
            member=member,
            rule=wanted.rule,
            reward_id=derived_id(request_id, "reward"),
            unit=wanted.unit,
            value=wanted.value,
            payer=wanted.payer or Payers(doing.program).given(wanted.unit, place, wanted.rule),
            market=place.market,
            location=place.location,
            happened_at=doing.now,
            reference=wanted.reference,
        )

    return _propose(request, content, wanted.reason, names=_NAMES_OF_REWARD)


@router.get("/requests/{request_id}", response=reads(Request, 404), operation_id="get_request")
def get_request(request: HttpRequest, request_id: RequestPath) -> HttpResponse:
    """Get a request that this key asked for, as it stands now."""
    caller = caller_of(request)
    with reading(request) as tx:
        return told(_request(caller.program, _paper(tx, caller, number_of("apr", request_id))))


@router.post(
    "/requests/{request_id}/withdraw", response=changes(Request, 404), operation_id="withdraw_request"
)
def withdraw_request(
    request: HttpRequest, request_id: RequestPath, why: Annotated[Withdrawal, Body(...)]
) -> HttpResponse:
    """Take back what this key asked for, while it waits; the money set aside is free again."""

    def work(doing: Doing) -> Request:
        number = number_of("apr", request_id)
        with _seeing(doing.caller) as tx:
            _paper(tx, doing.caller, number)
        _accepted(doing, withdraw(doing.tx, doing.acting, number, why.reason or ""))
        return _request(doing.program, _paper(doing.tx, doing.caller, number))

    return once(request, work)


def _propose(
    request: HttpRequest,
    proposal: Proposal,
    reason: str,
    rows: str = "",
    names: Mapping[str, str] = _NAMES,
) -> HttpResponse:
    def work(doing: Doing) -> Request:
        # The same request again is the same number, also when its answer is not remembered any more.
        number = derived_id(0, "api", doing.key, doing.request_sha.hex())
        content = proposal(doing, number)
        payers = Payers(doing.program, doing.acting.spends(kind_of(content)))
        with _seeing(doing.caller) as tx:
            mistakes = check_content(tx, doing.program_id, content, payers, doing.now)
        if mistakes:
            raise wrong_in_body(mistakes, rows, names)
        _accepted(doing, ask(doing.tx, doing.acting, content, reason, number), rows, names)
        return _request(doing.program, _paper(doing.tx, doing.caller, number))

    return once(request, work, 201)


def _accepted(doing: Doing, done: object, rows: str = "", names: Mapping[str, str] = _NAMES) -> None:
    if not isinstance(done, Refused):
        return
    if done.reason in OF_RIGHTS:
        note_refusal(doing.program_id, doing.caller.name, REQUEST, "requests", because=done.reason)
    if done.reason == "unknown":
        raise missing()
    if done.reason == "wrong":
        raise wrong_in_body(done.problems, rows, names)
    if done.reason == "reason":
        raise wrong([WrongField(detail="say why, in words", pointer="/reason")])
    status, kind, detail = _REFUSALS[done.reason]
    raise Trouble(status, kind, detail, reason=done.reason)


def _seeing(caller: Caller) -> AbstractContextManager[Transaction]:
    """A transaction that sees what the key sees."""
    return room().reading(caller.program_id, scope=caller.place)


def _places(doing: Doing, members: Sequence[int]) -> Mapping[int, Place]:
    """Where members belong, as far as the key sees them."""
    with _seeing(doing.caller) as tx:
        return load_places(tx, doing.program_id, sorted(set(members)))


def _adjustments(doing: Doing, kind: type[Inside], rows: Sequence[AdjustmentRow]) -> list[Inside]:
    """What rows ask for, each with the budget that pays."""
    members = [number_of("mem", row.member) for row in rows]
    places, payers = _places(doing, members), Payers(doing.program)
    return [
        kind(
            member=member,
            unit=row.unit,
            amount=row.amount,
            payer=row.payer or payers.given(row.unit, places.get(member)),
            reason=row.reason,
            debt=row.debt,
        )
        for member, row in zip(members, rows, strict=True)
    ]


def _paper(tx: Transaction, caller: Caller, number: int) -> Paper:
    found = find_request(tx, caller.program_id, number)
    if found is None or not was_asked_by(tx, caller.name, number):
        raise missing()
    return load_papers(tx, caller.program_id, caller.program, [found])[number]


def _request(program: Program, paper: Paper) -> Request:
    row = paper.request
    return Request(
        id=show("apr", row.id),
        kind=cast("Kind", row.kind),
        state=cast("State", row.state),
        revision=row.revision,
        reason=row.reason,
        market=row.market,
        location=row.location,
        changes=list(_changes(program, paper.content)),
        words=[
            RequestWord(
                role=each.role, verdict=cast("Verdict", each.verdict), reason=each.reason, at=each.signed_at
            )
            for each in paper.signatures
        ],
        content_sha256=paper.revision.sha.hex(),
        why=row.why,
        created_at=row.created_at,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
    )


def _changes(program: Program, content: Content) -> Iterator[RequestChange]:
    for row in adjustments_of(content):
        yield _change(program, (row.member, row.payer, None), (row.unit, row.amount), row.reason)
    if isinstance(content, GiveReward):
        yield _change(program, (content.member, content.payer, None), (content.unit, content.value), None)
    if isinstance(content, MoveBudgets):
        for move in content.moves:
            yield _change(program, (0, move.source, move.target), (move.unit, move.amount), None)


def _change(
    program: Program,
    between: tuple[int, str, str | None],
    much: tuple[str, int],
    reason: str | None,
) -> RequestChange:
    member, source, target = between
    unit, amount = much
    return RequestChange(
        member=show("mem", member) if member else None,
        from_account=source,
        to_account=target,
        unit=unit,
        digits=digits_of(program, unit),
        amount=amount,
        reason=reason,
    )
