"""The page behind the link that `up` prints: who begins here, and how they will sign in.

It opens where nobody has an account and no program is there, and never again: whoever took it is somebody,
and accounts are not deleted. Opening it takes nothing. A link that is wrong, over or used says the same.
"""

from datetime import datetime
from typing import Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.beginnings.first_link import KEY_PURPOSE, read_first_token
from guerdon.store.programs import list_programs, lock_beginning
from guerdon.values.clock import utc_now
from guerdon.values.mail import usable_address
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.attempts import folded
from guerdon.web.accounts.invitations.accepting import PASSWORD_LETTERS_MIN
from guerdon.web.accounts.invitations.joining import NAME_LETTERS_MAX
from guerdon.web.accounts.models import Staff
from guerdon.web.accounts.second_factor import begin, finish
from guerdon.web.accounts.settings import on_loopback
from guerdon.web.accounts.sign_in import NO_PROGRAM, PASSWORD_LETTERS_MAX
from guerdon.web.guesses import Guesses, network_of
from guerdon.web.rooms import room

ONWARD = "/setup"
# From one network; whoever has the link opens it as often as they like.
WRONG = Guesses(30, 60.0)
Problem = Literal["", "email", "name", "password"]


@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form, or make the first account by it."""
    network = network_of(str(request.META.get("REMOTE_ADDR", "")))
    if WRONG.wait(network):
        return _over(request, 429)
    until = read_first_token(room().vault.key(KEY_PURPOSE), token)
    if until is None:
        WRONG.wrong(network)
    if until is None or not _opens(until, utc_now()):
        return _over(request, 410)
    if request.method != "POST":
        return _shown(request, "", 200)
    return _taken(request, until)


def is_empty() -> bool:
    """Whether nobody has an account and no program is there: the one case in which a link opens."""
    with room().reading(NO_PROGRAM) as tx:
        return not list_programs(tx) and not Staff.objects.exists()


def _opens(until: datetime, now: datetime) -> bool:
    return now < until and is_empty()


def _taken(request: HttpRequest, until: datetime) -> HttpResponse:
    email = usable_address(request.POST.get("email", "").strip())
    name = " ".join(request.POST.get("name", "").split())
    password = request.POST.get("password", "")
    if email is None:
        return _shown(request, "email", 422)
    if not 0 < len(name) <= NAME_LETTERS_MAX or not name.isprintable():
        return _shown(request, "name", 422)
    if not PASSWORD_LETTERS_MIN <= len(password) <= PASSWORD_LETTERS_MAX:
        return _shown(request, "password", 422)
    alone = on_loopback(room().settings.public_url) and request.POST.get("alone") == "yes"
    staff = _make(Staff(email=folded(email), name=name, second_factor_waived=alone), password, until)
    if staff is None:
        return _over(request, 410)
    if alone:
        finish(request, staff)
        return HttpResponse(status=303, headers={"Location": ONWARD})
    return begin(request, staff, ONWARD)


def _make(staff: Staff, password: str, until: datetime) -> Staff | None:
    """Make the account, under a lock that two who come at once wait for; None where somebody was quicker."""
    staff.set_password(password)
    with room().reading(NO_PROGRAM) as tx:
        lock_beginning(tx)
        with transaction.atomic():
            now = utc_now()
            if not _opens(until, now):
                return None
            staff.created_at = now
            staff.save()
    return staff


def _shown(request: HttpRequest, problem: Problem, status: int) -> HttpResponse:
    return page(
        request,
        "console/setup/founding.html",
        status=status,
        problem=problem,
        typed={name: request.POST.get(name, "")[:254].replace("\0", "") for name in ("email", "name")},
        loopback=on_loopback(room().settings.public_url),
        name_letters_max=NAME_LETTERS_MAX,
        password_letters_min=PASSWORD_LETTERS_MIN,
    )


def _over(request: HttpRequest, status: int) -> HttpResponse:
    return page(request, "console/setup/over.html", status=status, many=status == 429)
