"""What a connection is told: how late it arrives, what was not taken, why, and what to do about it.

Here somebody also has made, in the account itself, what is needed before anything can be told.
"""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.connectors.hubspot.defining import prepare_connection
from guerdon.engine.crm.out.deeds import Looking, resend_contact, resend_failed, tell_prepared
from guerdon.engine.crm.out.needing import Prepared
from guerdon.engine.library import Library
from guerdon.program.model import Connection
from guerdon.queries.crm.writing import find_lane, list_failed_contacts, list_failed_events
from guerdon.text import formats
from guerdon.values.ids import read, show
from guerdon.web.console.connections.pages import PATH, declared_of, office
from guerdon.web.console.connections.sayings import trouble_said
from guerdon.web.console.connections.write_sayings import (
    definition_said,
    finding_said,
    refused_said,
    unprepared_said,
)
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.readers import MAPPERS
from guerdon.web.rooms import room

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
    if desk.request.POST.get("act") in {"look", "prepare"}:
        return _prepared(desk, declared, looking)
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


def _prepared(desk: Desk, declared: Connection, looking: Looking) -> HttpResponse:
    """Look at what the account has of what is needed, or have it made; shown at once, and kept nowhere."""
    if declared.writes is None:
        raise Http404
    make = desk.request.POST.get("act") == "prepare"
    library = Library(room().vault, MAPPERS)
    with room().connections.lent() as db:
        found = prepare_connection(office(), library, db, (desk.program_id, declared), make=make)
    if make:
        with desk.transaction() as tx:
            tell_prepared(tx, looking, found)
    return _shown(desk, declared, prepared=found)


def _shown(
    desk: Desk, declared: Connection, *, refused: bool = False, prepared: Prepared | None = None
) -> HttpResponse:
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
        prepared=prepared,
        unprepared=unprepared_said(prepared.trouble, desk.locale) if prepared is not None else "",
        definition_said=lambda found: definition_said(found, desk.locale),
        finding_said=lambda found: finding_said(found, desk.locale),
    )
    answer.status_code = 422 if refused else 200
    return answer
