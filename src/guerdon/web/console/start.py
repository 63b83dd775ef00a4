"""Where staff land: the first program's overview, or the sign-in."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.web.accounts.answers import page
from guerdon.web.rooms import room


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send staff to a program, everybody else to the sign-in."""
    if not request.user.is_authenticated:
        return HttpResponse(status=303, headers={"Location": "/account/sign-in"})
    for program in room().programs().values():
        return HttpResponse(status=303, headers={"Location": f"/console/{program.key}/"})
    return page(request, "fault.html", fault="no_program")
