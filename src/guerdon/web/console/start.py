"""Where staff land: the first page they may open, or the sign-in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.values.clock import utc_now
from guerdon.web.accounts.answers import page
from guerdon.web.rights import load_rights
from guerdon.web.rooms import room


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send staff to the first page that is theirs, everybody else to the sign-in."""
    if not request.user.is_authenticated:
        return HttpResponse(status=303, headers={"Location": "/account/sign-in"})
    programs = room().programs()
    if not programs:
        return page(request, "fault.html", fault="no_program")
    now = utc_now()
    for program_id, program in programs.items():
        rights = load_rights(program_id, request.user.email, now)
        home = rights.home if rights else None
        if home is not None:
            return HttpResponse(status=303, headers={"Location": f"/console/{program.key}/{home}"})
    raise Http404
