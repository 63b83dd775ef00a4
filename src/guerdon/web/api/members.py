"""Operations on members: found, read, with what they have and how it came to that."""

from typing import Annotated, cast

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from guerdon.program.model import Program
from guerdon.queries.api.members import (
    LotRow,
    find_member_id,
    is_member,
    list_lots,
    list_open_lots,
    list_purses,
    load_member,
)
from guerdon.queries.messages.timeline import Entry, list_entries
from guerdon.queries.statements import Line, list_units, load_statement
from guerdon.store.database import Transaction
from guerdon.values.ids import show
from guerdon.web.api.answers import reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.ids import cursor_of, digits_of, number_of, page_of, place_of
from guerdon.web.api.problems import missing
from guerdon.web.api.shapes import messages as shapes
from guerdon.web.api.shapes.members import (
    Balance,
    Balances,
    ExternalId,
    Lot,
    LotPart,
    LotState,
    Member,
    Members,
    Rewards,
    Statement,
    StatementLine,
    WhichMember,
    WhichRewards,
    WhichStatement,
)
from guerdon.web.api.shapes.plain import MemberId

router = Router(tags=["members"])
MemberPath = Annotated[MemberId, Path(...)]


@router.get("/members", response=reads(Members), operation_id="find_member")
def find_member(request: HttpRequest, which: Annotated[WhichMember, Query(...)]) -> HttpResponse:
    """Find the member whom another system calls so."""
    with reading(request) as tx:
        number = find_member_id(tx, which.source, which.external_id)
        found = None if number is None else _member(tx, number)
    return told(Members(members=[] if found is None else [found]))


@router.get("/members/{member}", response=reads(Member, 404), operation_id="get_member")
def get_member(request: HttpRequest, member: MemberPath) -> HttpResponse:
    """Get a member, without name or address."""
    with reading(request) as tx:
        found = _member(tx, number_of("mem", member))
    if found is None:
        raise missing()
    return told(found)


@router.get("/members/{member}/balances", response=reads(Balances, 404), operation_id="get_balances")
def get_balances(request: HttpRequest, member: MemberPath) -> HttpResponse:
    """Get what a member has in each unit: available, held, pending, owed, and the lots it consists of."""
    program, number = caller_of(request).program, number_of("mem", member)
    with reading(request) as tx:
        if not is_member(tx, number):
            raise missing()
        purses, lots = list_purses(tx, number), list_open_lots(tx, number)
    balances = [
        Balance(
            unit=purse.unit,
            digits=digits_of(program, purse.unit),
            available=purse.available,
            held=purse.held,
            pending=purse.pending,
            debt=purse.debt,
            lots=[_lot(program, lot) for lot in lots if lot.unit == purse.unit],
        )
        for purse in purses
    ]
    return told(Balances(member=show("mem", number), balances=balances))


@router.get("/members/{member}/statement", response=reads(Statement, 404), operation_id="get_statement")
def get_statement(
    request: HttpRequest, member: MemberPath, which: Annotated[WhichStatement, Query(...)]
) -> HttpResponse:
    """Get every change of what a member has in a unit, newest first."""
    program, number = caller_of(request).program, number_of("mem", member)
    after = place_of(which.after)
    with reading(request) as tx:
        found = load_statement(tx, number, which.unit, which.limit + 1, after)
        units = list_units(tx, number)
    if found is None:
        raise missing()
    lines, last = page_of(found.lines, which.limit)
    return told(
        Statement(
            member=show("mem", number),
            units=units,
            unit=found.unit,
            digits=digits_of(program, found.unit),
            available=found.available,
            held=found.held,
            pending=found.pending,
            debt=found.debt,
            lines=[_line(line) for line in lines],
            next=None if last is None else cursor_of(last.recorded_at, last.id),
        )
    )


@router.get("/members/{member}/rewards", response=reads(Rewards, 404), operation_id="list_rewards")
def list_rewards(
    request: HttpRequest, member: MemberPath, which: Annotated[WhichRewards, Query(...)]
) -> HttpResponse:
    """List a member's rewards, newest first."""
    program, number = caller_of(request).program, number_of("mem", member)
    after = place_of(which.after)
    with reading(request) as tx:
        if not is_member(tx, number):
            raise missing()
        rows, last = page_of(list_lots(tx, number, which.state, which.limit + 1, after), which.limit)
    return told(
        Rewards(
            rewards=[_lot(program, row) for row in rows],
            next=None if last is None else cursor_of(last.issued_at, last.id),
        )
    )


@router.get("/members/{member}/messages", response=reads(shapes.Messages, 404), operation_id="list_messages")
def list_messages(
    request: HttpRequest, member: MemberPath, which: Annotated[shapes.WhichMessages, Query(...)]
) -> HttpResponse:
    """List a member's messages over all channels, newest first."""
    number = number_of("mem", member)
    after = place_of(which.after)
    with reading(request) as tx:
        if not is_member(tx, number):
            raise missing()
        rows, last = page_of(list_entries(tx, number, which.limit + 1, after), which.limit)
    return told(
        shapes.Messages(
            messages=[_message(row) for row in rows],
            next=None if last is None else cursor_of(last.created_at, last.id),
        )
    )


def _message(row: Entry) -> shapes.Message:
    return shapes.Message(
        id=show("msg", row.id),
        message=row.message,
        topic=row.topic,
        channel=row.via,
        state=cast("shapes.MessageState", row.state),
        reason=row.reason,
        created_at=row.created_at,
        since=row.since,
        next_at=row.next_at,
        event=show("evt", row.event_id),
        reward=None if row.reward_id is None else show("rwd", row.reward_id),
        tried=[
            shapes.MessageTried(
                channel=each.channel,
                state=cast("shapes.TriedState", each.state),
                reason=each.reason,
                begun_at=each.begun_at,
                since=each.settled_at,
            )
            for each in row.tried
        ],
    )


def _member(tx: Transaction, number: int) -> Member | None:
    found = load_member(tx, number)
    if found is None:
        return None
    return Member(
        id=show("mem", found.member_id),
        market=found.market,
        location=found.location,
        language=found.language,
        enrolled_at=found.enrolled_at,
        external_ids=[ExternalId(source=source, external_id=said) for source, said in found.external_ids],
    )


def _lot(program: Program, row: LotRow) -> Lot:
    return Lot(
        id=show("rwd", row.id),
        event=show("evt", row.event_id),
        rule=row.rule,
        unit=row.unit,
        digits=digits_of(program, row.unit),
        value=row.value,
        remaining=row.remaining,
        held=row.held,
        reversed=row.reversed,
        state=cast("LotState", row.state),
        reference=row.reference,
        issued_at=row.issued_at,
        available_at=row.available_at,
        expires_at=row.expires_at,
    )


def _line(line: Line) -> StatementLine:
    return StatementLine(
        transfer=show("trf", line.id),
        event=show("evt", line.event_id) if line.event_id else None,
        event_type=line.event_type,
        recorded_at=line.recorded_at,
        happened_at=line.happened_at,
        from_account=line.from_account,
        to_account=line.to_account,
        change=line.change,
        pending_change=line.pending_change,
        debt_change=line.debt_change,
        balance=line.balance,
        lots=[LotPart(reward=show("rwd", reward), amount=amount) for reward, amount in line.lots],
    )
