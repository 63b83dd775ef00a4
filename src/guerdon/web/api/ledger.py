"""Operations on the ledger: transfers, the trial balance, what is owed, rates."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from guerdon.program.model import Program
from guerdon.queries.ledger import TransferRow, TransfersAsked, list_transfers
from guerdon.queries.owed import list_owed, list_trial_balance, load_breakage
from guerdon.queries.rates import Amount, load_converted, load_rate
from guerdon.queries.rates import Converted as Sum
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.web.api.answers import reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.converted import checked_unit, missing_of, rates_of, today_of, written_rate
from guerdon.web.api.ids import cursor_of, digits_of, page_of, place_of
from guerdon.web.api.problems import missing
from guerdon.web.api.shapes.ledger import (
    Breakage,
    Converted,
    LedgerTransfer,
    Owed,
    OwedLine,
    Rate,
    Transfers,
    TrialBalance,
    TrialLine,
    WhichOwed,
    WhichRate,
    WhichTransfers,
)

router = Router(tags=["ledger"])


@router.get("/ledger/transfers", response=reads(Transfers), operation_id="list_transfers")
def get_transfers(request: HttpRequest, which: Annotated[WhichTransfers, Query(...)]) -> HttpResponse:
    """List transfers, newest first."""
    program = caller_of(request).program
    asked = TransfersAsked(
        account=which.account,
        member_id=None if which.member is None else read("mem", which.member),
        unit=which.unit,
        since=which.since,
        until=which.until,
        after=place_of(which.after),
    )
    with reading(request) as tx:
        rows, last = page_of(list_transfers(tx, asked, which.limit + 1), which.limit)
    return told(
        Transfers(
            transfers=[_transfer(program, row) for row in rows],
            next=None if last is None else cursor_of(last.recorded_at, last.id),
        )
    )


@router.get("/ledger/trial-balance", response=reads(TrialBalance), operation_id="get_trial_balance")
def get_trial_balance(request: HttpRequest) -> HttpResponse:
    """Get every kind of account with its debits and credits."""
    program = caller_of(request).program
    with reading(request) as tx:
        rows = list_trial_balance(tx)
    lines = [
        TrialLine(
            unit=row.unit,
            digits=digits_of(program, row.unit),
            kind=row.kind,
            accounts=row.accounts,
            debit=row.debit,
            credit=row.credit,
        )
        for row in rows
    ]
    return told(TrialBalance(lines=lines))


@router.get("/ledger/owed", response=reads(Owed), operation_id="get_owed")
def get_owed(request: HttpRequest, which: Annotated[WhichOwed, Query(...)]) -> HttpResponse:
    """Get what is owed to members, by unit, month of its end, and market."""
    program = caller_of(request).program
    into, today = checked_unit(program, which.into), today_of(program)
    with reading(request) as tx:
        rows = list_owed(tx, program.time_zone, which.market)
        shares = load_breakage(tx, program.time_zone, utc_now())
        amounts = [Amount(today, row.unit, row.amount) for row in rows]
        summed = None if into is None else load_converted(tx, program.units, amounts, into)
    lines = [
        OwedLine(
            unit=row.unit,
            digits=digits_of(program, row.unit),
            month=row.month,
            market=row.market,
            lots=row.lots,
            ready=row.ready,
            pending=row.pending,
        )
        for row in rows
    ]
    breakage = [
        Breakage(
            unit=unit,
            method=share.method if share else None,
            share_ppm=share.share_ppm if share else None,
            lowest_ppm=share.lowest_ppm if share else None,
            highest_ppm=share.highest_ppm if share else None,
        )
        for unit, share in sorted(shares.items())
    ]
    converted = None if summed is None else _converted(program, summed)
    return told(Owed(lines=lines, breakage=breakage, converted=converted))


@router.get("/ledger/rates", response=reads(Rate, 404), operation_id="get_rate")
def get_rate(request: HttpRequest, which: Annotated[WhichRate, Query(...)]) -> HttpResponse:
    """Get what one unit was worth in another on a day, as it was imported; never guessed."""
    with reading(request) as tx:
        rate = load_rate(tx, which.base, which.quote, which.day)
    if rate is None:
        raise missing()
    return told(Rate(base=which.base, quote=which.quote, day=which.day, rate=written_rate(rate)))


def _converted(program: Program, summed: Sum) -> Converted:
    return Converted(
        unit=summed.unit,
        digits=digits_of(program, summed.unit),
        amount=summed.amount_minor,
        rates=rates_of([summed]),
        missing=missing_of([summed]),
    )


def _transfer(program: Program, row: TransferRow) -> LedgerTransfer:
    return LedgerTransfer(
        id=show("trf", row.id),
        member=show("mem", row.member_id) if row.member_id else None,
        event=show("evt", row.event_id) if row.event_id else None,
        from_account=row.from_account,
        to_account=row.to_account,
        unit=row.unit,
        digits=digits_of(program, row.unit),
        amount=row.amount,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
    )
