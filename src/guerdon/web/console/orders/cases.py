"""Codes that do not work: all cases that wait for an answer, oldest first, with what the supplier says."""

from django.http import HttpResponse

from guerdon.engine.orders.cases import looked_of
from guerdon.queries.catalog.keys import load_names
from guerdon.queries.orders.cases import list_newest_cases
from guerdon.store.orders.cases import list_open_cases
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.orders.sayings import words_of
from guerdon.web.console.places import read_place, timed_mark, written_place
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

ROWS_SHOWN = 50


@staff_page
def cases(desk: Desk) -> HttpResponse:
    """List the cases that wait; each is answered on the page of its order."""
    after = read_place(desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        rows = list_open_cases(tx, room().vault, desk.program_id, desk.cut.market, ROWS_SHOWN + 1, after)
        named = load_names(tx, [row.item for row in rows])
        newest = list_newest_cases(tx, desk.cut.market, 1)
    last = rows[ROWS_SHOWN - 1].case if len(rows) > ROWS_SHOWN else None
    return desk.show(
        "console/orders/cases.html",
        "cases",
        **{**words_of(desk), "names": Namer(desk.program, desk.locale, named)},
        rows=[(row, looked_of(row.case)) for row in rows[:ROWS_SHOWN]],
        now=desk.now,
        onward=written_place(last.opened_at, last.id) if last else None,
        paged=after is not None,
        # The oldest stands first: what comes stands last, and moves nothing.
        stream=desk.arriving("cases", timed_mark(*newest[0]) if newest else ()),
    )
