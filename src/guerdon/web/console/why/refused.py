"""Whom a rule gave nothing, and why: the way from a rule, its limits and segments to the receipts."""

from django.http import Http404, HttpResponse

from guerdon.queries.why.refused import RefusedAsked, list_refused
from guerdon.values.ids import read, show
from guerdon.values.texts import text_in
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer

ROWS = 50
REASON_LETTERS_MAX = 200


@staff_page
def refused(desk: Desk, rule: str) -> HttpResponse:
    """The receipts refused by a rule, newest first; for one reason, where the address names it."""
    known = desk.program.rules.get(rule)
    if known is None:
        raise Http404
    terms = desk.request.GET
    reason = terms.get("reason", "")[:REASON_LETTERS_MAX].replace("\0", "")
    before = read("evt", terms.get("before", ""))
    with desk.transaction() as tx:
        found = list_refused(tx, RefusedAsked(rule, ROWS, reason, desk.cut.market, before))
    rows = [
        (row, next((each.reason for each in row.refused if each.rule == rule), reason)) for row in found.rows
    ]
    return desk.show(
        "console/why/refused.html",
        "why",
        names=Namer(desk.program, desk.locale),
        rule=known,
        name=text_in(known.name, desk.locale),
        reason=reason,
        rows=rows,
        paged=before is not None,
        through=found.through,
        onward=show("evt", found.onward) if found.onward is not None else None,
    )
