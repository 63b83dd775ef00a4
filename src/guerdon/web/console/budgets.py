"""Budgets: the whole tree on one page; for each account its statement, its top-ups and its alarms."""

from datetime import datetime

from django.http import Http404, HttpResponse

from guerdon.queries.alarms import list_alarms
from guerdon.queries.budgets import BudgetLine, load_tree
from guerdon.queries.budgets.statements import list_periods, list_statement, list_top_ups
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.places import read_place, written_place
from guerdon.web.console.regions import load_view, region_context
from guerdon.web.console.words import Namer

PAGE_ROWS = 50
ALARMS_SHOWN = 20
TOP_UPS_SHOWN = 12


@staff_page
def budgets(desk: Desk) -> HttpResponse:
    """Every budget, each below the one that feeds it."""
    with desk.transaction() as tx:
        seen = load_view(tx, "budgets", desk.program, desk.cut, desk.now)
    context = region_context(seen, desk.locale)
    for owned in ("program", "cut", "zone", "address"):
        del context[owned]
    stream = desk.address("stream", view="budgets")
    return desk.show("console/budgets.html", "budgets", stream=stream, **context)


@staff_page
def budget(desk: Desk, account: str) -> HttpResponse:
    """One account: what it has, what it is for, and every movement."""
    name = f"budget:{account}"
    after = read_place(desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        lines = load_tree(tx, desk.program, desk.today)
        line = next((each for each in lines if each.account == name), None)
        if line is None:
            raise Http404
        statement = list_statement(tx, name, line.unit, PAGE_ROWS + 1, after)
        alarms = list_alarms(tx, ALARMS_SHOWN, name)
        top_ups = list_top_ups(tx, name, TOP_UPS_SHOWN)
        periods = list_periods(tx, name, TOP_UPS_SHOWN)
    last = statement[PAGE_ROWS - 1] if len(statement) > PAGE_ROWS else None
    by_account = {each.account: each for each in lines}
    return desk.show(
        "console/budget.html",
        "budgets",
        names=Namer(desk.program, desk.locale),
        line=line,
        parent=by_account.get(line.parent or ""),
        by_account=by_account,
        below=_below(lines, line),
        statement=statement[:PAGE_ROWS],
        alarms=alarms,
        told_on={alarm.id: _day(alarm.detail.get("runs_out_on")) for alarm in alarms},
        top_ups=top_ups,
        periods=periods,
        onward=written_place(last.at, last.id) if last else None,
        paged=after is not None,
    )


def _below(lines: list[BudgetLine], line: BudgetLine) -> list[BudgetLine]:
    start = lines.index(line) + 1
    end = next((n for n in range(start, len(lines)) if lines[n].depth <= line.depth), len(lines))
    return lines[start:end]


def _day(text: object) -> object:
    return datetime.fromisoformat(text).date() if isinstance(text, str) else None
