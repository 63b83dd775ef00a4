"""Operations on budgets: the tree as it stands, the statement of each account, alarms."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from guerdon.engine.budgets.periods import SHORT
from guerdon.engine.budgets.watch import RUNS_OUT, USED
from guerdon.program.model import Program
from guerdon.queries.alarms import list_alarms
from guerdon.queries.api.budgets import find_unit_of_pool
from guerdon.queries.budgets import BudgetLine, load_tree
from guerdon.queries.budgets.statements import StatementLine, list_statement
from guerdon.queries.rates import Amount, load_several
from guerdon.store.database import Transaction
from guerdon.values.ids import show
from guerdon.web.api.answers import reading, reads, told
from guerdon.web.api.callers import caller_of
from guerdon.web.api.converted import checked_unit, missing_of, rates_of, today_of
from guerdon.web.api.ids import cursor_of, cursor_of_number, digits_of, number_after, page_of, place_of
from guerdon.web.api.problems import missing
from guerdon.web.api.shapes import ledger
from guerdon.web.api.shapes.ledger import (
    Alarm,
    Alarms,
    BudgetNode,
    Budgets,
    BudgetStatement,
    ConvertedSums,
    Sums,
    WhichAlarms,
    WhichBudgets,
)
from guerdon.web.api.shapes.plain import Account, Page

router = Router(tags=["budgets"])
AccountPath = Annotated[Account, Path(...)]
KINDS = (USED, RUNS_OUT, SHORT)


@router.get("/budgets", response=reads(Budgets), operation_id="list_budgets")
def get_budgets(request: HttpRequest, which: Annotated[WhichBudgets, Query(...)]) -> HttpResponse:
    """List the budgets, each node followed by those below it."""
    program = caller_of(request).program
    begin = number_after(which.after) or 0
    into, today = checked_unit(program, which.into), today_of(program)
    with reading(request) as tx:
        lines = load_tree(tx, program, today)
        summed = None if into is None else _summed(tx, program, lines, into, today)
    page = lines[begin : begin + which.limit]
    end = begin + len(page)
    return told(
        Budgets(
            budgets=[_node(program, line) for line in page],
            converted=summed,
            next=cursor_of_number(end) if end < len(lines) else None,
        )
    )


@router.get("/budgets/alarms", response=reads(Alarms), operation_id="list_alarms")
def get_alarms(request: HttpRequest, which: Annotated[WhichAlarms, Query(...)]) -> HttpResponse:
    """List alarms about budgets: nearly used up, or soon to be."""
    with reading(request) as tx:
        rows = list_alarms(tx, which.limit, which.account, kinds=KINDS, only_open=which.state == "open")
    alarms = [
        Alarm(
            id=row.id,
            kind=row.kind,
            account=row.subject,
            detail=dict(row.detail),
            raised_at=row.raised_at,
            settled_at=row.settled_at,
        )
        for row in rows
    ]
    return told(Alarms(alarms=alarms))


@router.get(
    "/budgets/{account}/statement", response=reads(BudgetStatement, 404), operation_id="get_budget_statement"
)
def get_budget_statement(
    request: HttpRequest, account: AccountPath, which: Annotated[Page, Query(...)]
) -> HttpResponse:
    """Get what came into a budget's account and went out of it, newest first."""
    program, after = caller_of(request).program, place_of(which.after)
    with reading(request) as tx:
        unit = find_unit_of_pool(tx, account)
        if unit is None:
            raise missing()
        lines, last = page_of(list_statement(tx, account, unit, which.limit + 1, after), which.limit)
    return told(
        BudgetStatement(
            account=account,
            unit=unit,
            digits=digits_of(program, unit),
            lines=[_line(line) for line in lines],
            next=None if last is None else cursor_of(last.at, last.id),
        )
    )


def _summed(
    tx: Transaction, program: Program, lines: Sequence[BudgetLine], into: str, today: date
) -> ConvertedSums:
    """The whole tree: its topmost nodes stand for all below them."""
    tops = [line for line in lines if line.depth == 0]
    given = {
        name: [Amount(today, line.unit, getattr(line.sums, name)) for line in tops]
        for name in Sums.model_fields
    }
    found = load_several(tx, program.units, given, into)
    return ConvertedSums(
        unit=into,
        digits=digits_of(program, into),
        sums=Sums(**{name: one.amount_minor for name, one in found.items()}),
        rates=rates_of(found.values()),
        missing=missing_of(found.values()),
    )


def _node(program: Program, line: BudgetLine) -> BudgetNode:
    return BudgetNode(
        account=line.account,
        budget=line.budget,
        place=line.place,
        market=line.market,
        location=line.location,
        parent=line.parent,
        depth=line.depth,
        unit=line.unit,
        digits=digits_of(program, line.unit),
        period=line.cycle,
        since=None if line.cycle == "none" else line.period,
        sums=Sums(
            limit=line.sums.limit,
            free=line.sums.free,
            held=line.sums.held,
            committed=line.sums.committed,
            spent=line.sums.spent,
            owed=line.sums.owed,
        ),
        runs_out_on=line.runs_out_on,
    )


def _line(line: StatementLine) -> ledger.BudgetLine:
    return ledger.BudgetLine(
        transfer=show("trf", line.id),
        member=show("mem", line.member_id) if line.member_id else None,
        event=show("evt", line.event_id) if line.event_id else None,
        other=line.other,
        amount=line.amount,
        balance=line.balance,
        recorded_at=line.at,
    )
