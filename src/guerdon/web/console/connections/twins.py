"""One person in two accounts: pairs of members who may be one, and somebody's word over each."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.crm.twins import Word, settle
from guerdon.program.model import Connection
from guerdon.store.crm.twins import Verdict
from guerdon.text.catalogs import words
from guerdon.values.ids import read
from guerdon.web.console.connections.pages import PATH, declared_of, words_of
from guerdon.web.console.connections.twin_rows import twins_of
from guerdon.web.console.desk import Desk, staff_page

ROWS_SHOWN = 50
ACTS: dict[str, Verdict] = {"one_person": "joining", "two_people": "apart"}


@staff_page
def twins(desk: Desk, connection: str) -> HttpResponse:
    """Show the pairs of a connection, or take somebody's word over one."""
    declared = declared_of(desk, connection)
    if desk.request.method != "POST":
        return _shown(desk, declared)
    verdict = ACTS.get(desk.request.POST.get("act", ""))
    pair = _pair(desk)
    if verdict is None or pair is None:
        raise Http404
    if not desk.scope.whole:
        raise PermissionDenied
    survivor = read("mem", desk.request.POST.get("survivor", "")) if verdict == "joining" else None
    if verdict == "joining" and survivor not in pair:
        raise Http404
    own = desk.person.memberships.get(desk.program_id)
    word = Word(
        *(pair, verdict, survivor, desk.request.POST.get("reason", ""), desk.actor),
        [] if own is None else [own],
        desk.now,
    )
    with desk.transaction() as tx:
        refused = settle(tx, desk.program_id, word)
    if refused is not None:
        return _shown(desk, declared, refused)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{connection}/twins")})


def _pair(desk: Desk) -> tuple[int, int] | None:
    one, other = (read("mem", desk.request.POST.get(name, "")) for name in ("one", "other"))
    return None if one is None or other is None else (one, other)


def _shown(desk: Desk, declared: Connection, refused: str = "") -> HttpResponse:
    answer = desk.show(
        "console/connections/twins.html",
        "connections",
        declared=declared,
        here_path=f"{PATH}/{declared.key}",
        refused=_refusal(refused, desk.locale),
        **twins_of(desk, declared, ROWS_SHOWN),
        **words_of(desk),
    )
    answer.status_code = 422 if refused else 200
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _refusal(why: str, locale: str) -> str:
    say = words(locale, "console").gettext
    return {
        "": "",
        "reason": say("Nothing was done: a reason is needed."),
        "state": say("Nothing was done: somebody has settled it already."),
        "own": say("Nothing was done: you are one of the two yourself."),
    }[why]
