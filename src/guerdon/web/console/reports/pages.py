"""The page of reports: what comes to its reader and when, the form for another, and each of them now."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse

from guerdon.engine.reports.making import FORMATS, Order, Source, file_name, make_report, report_name
from guerdon.store.audit import record_audit
from guerdon.store.reports.schedules import (
    Schedule,
    change_schedule,
    end_schedule,
    list_schedules,
    record_schedule,
)
from guerdon.suppliers.amounts import digits_of
from guerdon.suppliers.wired import documented_paces
from guerdon.web.accounts.languages import OWN_NAMES
from guerdon.web.console.decisions.forms import LOCATIONS_SHOWN
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.reports.asking import (
    HOURS,
    MONTHDAYS,
    Typed,
    own_reports,
    read_order,
    read_wanted,
    typed,
    typed_of,
    zones,
)
from guerdon.web.console.reports.sayings import Teller
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

PATH = "reports"
DOWNLOADED = "report.downloaded"
NEW = "new"


@staff_page
def reports(desk: Desk) -> HttpResponse:
    """Show what is mailed to the reader; have one mailed, change it, or stop it."""
    if desk.request.method != "POST":
        return _shown(desk)
    act, number = desk.request.POST.get("act", ""), desk.request.POST.get("number", "")
    person_id = desk.person.person_id
    if act == "stop":
        with desk.transaction() as tx:
            if not end_schedule(tx, desk.program_id, (person_id, _number(number)), desk.now):
                raise Http404
        return _again(desk)
    if act not in {"make", "change"}:
        raise SuspiciousOperation
    wanted = read_wanted(desk)
    if isinstance(wanted, str):
        return _shown(desk, {number or NEW: typed(desk)}, wanted, 422)
    with desk.transaction() as tx:
        if act == "change":
            whose = (person_id, _number(number))
            if not change_schedule(tx, desk.program_id, whose, wanted, desk.now):
                raise Http404
        elif record_schedule(tx, desk.program_id, person_id, wanted, desk.now) is None:
            return _shown(desk, {NEW: typed(desk)}, "many", 422)
    return _again(desk)


@staff_page
def download(desk: Desk, file: str) -> HttpResponse:
    """Give a report of now as a file (`overview.pdf`, `finance.xlsx`)."""
    report, _, form = file.rpartition(".")
    order = read_order(desk, report)
    if order is None or form not in FORMATS:
        raise Http404
    media_type, render = FORMATS[form]
    paper = make_report(_source(desk), order, desk.rights.grants, desk.now)
    if paper is None:
        raise Http404
    with desk.transaction() as tx:
        _note(desk, tx, order, form)
    name = f"{file_name(desk.program, order)}.{form}"
    return HttpResponse(
        render(paper),
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _source(desk: Desk) -> Source:
    return Source(
        desk.program_id,
        desk.program,
        lambda scope: room().reading(desk.program_id, scope=scope),
        documented_paces(),
        digits_of,
    )


def _note(desk: Desk, tx: Any, order: Order, form: str) -> None:
    days = f"{order.first.isoformat()}/{order.last.isoformat()}"
    record_audit(
        *(tx, desk.program_id, desk.actor, DOWNLOADED, order.report, desk.now),
        form=form, days=days, market=order.market, location=order.location,
    )  # fmt: skip


def _shown(
    desk: Desk, forms: Mapping[str, Typed] | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    with desk.transaction() as tx:
        rows = list_schedules(tx, desk.program_id, desk.person.person_id)
    answer = desk.show(
        "console/reports.html",
        "reports",
        names=Namer(desk.program, desk.locale),
        tell=Teller(desk.locale),
        rows=rows,
        reports=own_reports(desk),
        formats=list(FORMATS),
        report_name=lambda report: report_name(report, desk.locale),
        spoken=OWN_NAMES,
        hours=list(HOURS),
        monthdays=list(MONTHDAYS),
        zones=zones(desk),
        typed=forms or {},
        typed_of=lambda row: _form_of(row, forms or {}),
        begun=_begun(desk),
        places=_places(desk),
        problem=problem,
    )
    answer.status_code = status
    return answer


def _form_of(row: Schedule, forms: Mapping[str, Typed]) -> Typed:
    return forms.get(str(row.id)) or typed_of(row.wanted)


def _begun(desk: Desk) -> Typed:
    """What the form for another says at first: the first report, Mondays at seven, as the page is read."""
    spoken = desk.locale.partition("-")[0]
    fields = {"language": spoken, "every": "week", "weekday": "1", "hour": "7", "monthday": "1"}
    return Typed(fields, frozenset({"pdf"}))


def _places(desk: Desk) -> dict[str, Any]:
    """The places to choose from."""
    found = desk.program.locations.values()
    return {
        "markets": [key for key in desk.program.markets if desk.scope.covers(key)],
        "locations": [each for each in found if desk.scope.covers(each.market, each.key)][:LOCATIONS_SHOWN],
    }


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)


def _again(desk: Desk) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": desk.address(PATH)})
