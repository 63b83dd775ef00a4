"""Data requests: what waits, the first due first; one begun for a member, and closed with what proves it.

An erasure is begun on the member's own page, where the id is typed once more, and ends by itself with its
certificate; all else people answer.
"""

from collections.abc import Mapping
from datetime import date
from functools import partial

from django.http import Http404, HttpResponse

from guerdon.engine.privacy.requesting import Closing, Why, begin_request, end_request
from guerdon.queries.privacy.requests import counted, list_closed, list_open
from guerdon.store.privacy.requests import KINDS, OUTCOMES, WAYS, NewRequest
from guerdon.values.ids import read, show
from guerdon.web.console.compliance.sayings import asked_said, came_said, outcome_said, refusal_said
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.places import read_place, written_place
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.console.words import Namer

ROWS_SHOWN = 100
DAY_LETTERS = len("2026-05-04")
FIELDS = ("act", "member", "kind", "came_by", "asked_on", "reason", "request", "outcome")


@staff_page
def requests(desk: Desk) -> HttpResponse:
    """Show requests that wait or ended; begin one, or close one."""
    if desk.request.method != "POST":
        return _shown(desk)
    given = desk.request.POST
    acts: Mapping[str, partial[Why | None]] = {
        "begin": partial(_begin, desk, given),
        "close": partial(_close, desk, given),
    }
    act = acts.get(given.get("act", ""))
    if act is None:
        raise Http404
    refused = act()
    if refused:
        return _shown(desk, refused)
    return HttpResponse(status=303, headers={"Location": desk.address("requests")})


def _begin(desk: Desk, given: Mapping[str, str]) -> Why | None:
    kind = next((each for each in KINDS if each == given.get("kind")), None)
    way = next((each for each in WAYS if each == given.get("came_by")), None)
    if kind is None or way is None:
        raise Http404
    member, asked_on = read("mem", given.get("member", "").strip()), _day(given.get("asked_on", ""))
    if member is None:
        return "nobody"
    if asked_on is None:
        return "day"
    new = NewRequest(member, kind, way, asked_on, desk.actor, desk.now)
    with desk.transaction() as tx:
        return begin_request(tx, desk.program_id, new, given.get("reason", "").strip(), desk.today)


def _close(desk: Desk, given: Mapping[str, str]) -> Why | None:
    outcome = next((each for each in OUTCOMES if each == given.get("outcome")), None)
    member, number = read("mem", given.get("member", "")), read("drq", given.get("request", ""))
    if outcome is None or member is None or number is None:
        raise Http404
    closing = Closing(member, number, outcome, desk.actor, given.get("reason", "").strip())
    with desk.transaction() as tx:
        return end_request(tx, desk.program_id, closing, desk.now)


def _shown(desk: Desk, refused: Why | None = None) -> HttpResponse:
    closed = desk.request.GET.get("state") == "closed"
    after = read_place(desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        waiting = list_open(tx, desk.program.time_zone, ROWS_SHOWN + 1)
        ended = list_closed(tx, desk.program.time_zone, ROWS_SHOWN + 1, after) if closed else []
        rows = (ended if closed else waiting)[:ROWS_SHOWN]
        who = names_of(tx, [row.recorded_by for row in rows])
    last = ended[ROWS_SHOWN - 1] if len(ended) > ROWS_SHOWN else None
    told = desk.request.POST if refused else desk.request.GET
    member = told.get("member", "")
    typed = {name: told.get(name, "") for name in FIELDS} if refused else dict.fromkeys(FIELDS, "")
    typed["member"] = member if refused or read("mem", member) is not None else ""
    answer = desk.show(
        "console/compliance/requests.html",
        "requests",
        names=Namer(desk.program, desk.locale),
        shown=show,
        rows=rows,
        waits=counted(waiting[:ROWS_SHOWN], desk.today),
        more=len(waiting) > ROWS_SHOWN,
        closed=closed,
        onward=written_place(last.closed_at, last.place) if last and last.closed_at else None,
        today=desk.today,
        who=who,
        kinds=KINDS,
        ways=WAYS,
        outcomes=OUTCOMES,
        writes=desk.may("audit", "write"),
        hands_out=desk.may("members", "unmask"),
        asked_said=partial(asked_said, locale=desk.locale),
        came_said=partial(came_said, locale=desk.locale),
        outcome_said=partial(outcome_said, locale=desk.locale),
        refused=refusal_said(refused, desk.locale) if refused else "",
        typed=typed,
    )
    answer.status_code = 422 if refused else 200
    return answer


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == DAY_LETTERS else None
    except ValueError:
        return None
