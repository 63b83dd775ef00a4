"""What a connection is told: how late it arrives, what was not taken, why, and what to do about it."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.crm.out.deeds import Looking, resend_contact, resend_failed
from guerdon.program.model import Connection
from guerdon.queries.crm.writing import find_lane, list_failed_contacts, list_failed_events
from guerdon.text import formats
from guerdon.values.ids import read, show
from guerdon.web.console.connections.pages import PATH, declared_of
from guerdon.web.console.connections.sayings import trouble_said
from guerdon.web.console.connections.write_sayings import refused_said
from guerdon.web.console.desk import Desk, staff_page

ROWS_SHOWN = 50
HOUR = timedelta(hours=1)


@staff_page
def writes(desk: Desk, connection: str) -> HttpResponse:
    """Show how a connection is doing with what it is told, or have something sent again."""
    declared = declared_of(desk, connection)
    if desk.request.method != "POST":
        return _shown(desk, declared)
    if not desk.scope.whole:
        raise PermissionDenied
    looking = Looking(desk.program_id, declared.key, desk.actor, desk.now)
    with desk.transaction() as tx:
        match desk.request.POST.get("act", ""):
            case "resend_all":
                done = resend_failed(tx, looking)
            case "resend":
                member = read("mem", desk.request.POST.get("member", ""))
                done = resend_contact(tx, looking, member) if member is not None else 0
            case _:
                raise Http404
    if not done:
        return _shown(desk, declared, refused=True)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{declared.key}/writes")})


def _shown(desk: Desk, declared: Connection, *, refused: bool = False) -> HttpResponse:
    with desk.transaction() as tx:
        lane = find_lane(tx, declared.key, desk.now - HOUR)
        contacts = list_failed_contacts(tx, declared.key, ROWS_SHOWN)
        events = list_failed_events(tx, declared.key, ROWS_SHOWN)
    answer = desk.show(
        "console/connections/writes.html",
        "connections",
        declared=declared,
        lane=lane,
        contacts=contacts,
        events=events,
        refused=refused,
        may_resend=desk.may("setup", "write") and desk.scope.whole,
        shown=show,
        now=desk.now,
        refused_said=lambda reason: refused_said(reason, desk.locale),
        trouble=trouble_said(lane.reason, desk.locale) if lane is not None and lane.reason else "",
        lag_said=lambda ms: formats.duration(ms, desk.locale),
    )
    answer.status_code = 422 if refused else 200
    return answer
