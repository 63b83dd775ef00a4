"""Where staff land: the first page they may open, the set-up where no program is yet, or the sign-in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.access.personas import TODAY
from guerdon.engine.cards.confirming import confirmable
from guerdon.program.model import Program
from guerdon.values.clock import utc_now
from guerdon.web.rights import Rights, load_rights
from guerdon.web.rooms import room


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send staff to the first page that is theirs, everybody else to the sign-in."""
    if not request.user.is_authenticated:
        return HttpResponse(status=303, headers={"Location": "/account/sign-in"})
    programs = room().programs()
    if not programs:
        return HttpResponse(status=303, headers={"Location": "/setup"})
    now = utc_now()
    for program_id, program in programs.items():
        rights = load_rights(program_id, request.user.email, now)
        counter = _counter_of(rights, program) if rights else None
        if counter is not None:
            return HttpResponse(status=303, headers={"Location": counter})
        home = rights.home if rights else None
        if home is not None:
            return HttpResponse(status=303, headers={"Location": f"/console/{program.key}/{home}"})
    raise Http404


def _counter_of(rights: Rights, program: Program) -> str | None:
    """The app of their location, for whom the day begins there; None where it has nothing to confirm."""
    if rights.starts[:1] != (TODAY,) or not confirmable(program):
        return None
    scope = rights.scope("evidence", "write")
    theirs = scope.locations if scope is not None else ()
    found = next((key for key in program.locations if key in theirs), None)
    return None if found is None else f"/location/{program.key}/{found}"
