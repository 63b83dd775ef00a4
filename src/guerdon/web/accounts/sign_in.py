"""Signing in and out: e-mail and password first, then the second factor.

A passkey does both at once (`passkeys/entrance.py`); who has one and no authenticator signs in by it alone.
A wrong password, an unknown account and one that may not sign in answer alike and take as long. Whoever left
(`people.left_at`), or is nobody we know, may not sign in, whatever their password.
"""

from django.contrib.auth import authenticate, logout
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from guerdon.store.access.people import find_login
from guerdon.store.programs import list_programs
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.attempts import begin_attempt, folded
from guerdon.web.accounts.models import Staff
from guerdon.web.accounts.second_factor import begin, finish
from guerdon.web.accounts.settings import PasskeyPlace, on_loopback, passkey_place
from guerdon.web.rooms import room

PASSWORD_LETTERS_MAX = 1000
# Signing in happens in no program.
NO_PROGRAM = 0


class StaffPasswords(BaseBackend):
    """Knows staff by e-mail and password."""

    def authenticate(
        self, request: HttpRequest | None, email: str = "", password: str = "", **others: object
    ) -> Staff | None:
        """Find who this is, in the same time whether or not the account exists."""
        del request, others
        found = Staff.objects.filter(email=folded(email)).first()
        if found is None:
            make_password(password)
            return None
        return found if found.check_password(password) and found.is_active else None

    def get_user(self, user_id: int) -> Staff | None:
        """Who a session belongs to; one who may no longer sign in is nobody, on the next request."""
        return Staff.objects.filter(pk=user_id, is_active=True).first()


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or take it."""
    onward = onward_of(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(onward)
        return sign_in_page(request, "", "", 200)
    email, password = request.POST.get("email", ""), request.POST.get("password", "")
    attempt = begin_attempt(request, email)
    if attempt is None:
        return sign_in_page(request, email, "many", 429)
    staff = None
    if len(password) <= PASSWORD_LETTERS_MAX and "\0" not in email:
        staff = authenticate(request, email=email, password=password)
    if not isinstance(staff, Staff) or not works_here(staff):
        return sign_in_page(request, email, "wrong", 403)
    attempt.delete()
    return _go_on(request, staff, onward)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; who came by the provider is offered to leave there, too."""
    sign_on, staff = room().sign_on, request.user
    by_provider = (
        sign_on is not None
        and isinstance(staff, Staff)
        and staff.oidc_links.filter(issuer=sign_on.ours.issuer).exists()
    )
    logout(request)
    onward = "/account/signed-out" if by_provider else "/account/sign-in"
    return HttpResponse(status=303, headers={"Location": onward})


def _go_on(request: HttpRequest, staff: Staff, onward: str) -> HttpResponse:
    """Go on from a right password: to the console, to the second factor, or to the passkey that is it."""
    if staff.second_factor_waived and on_loopback(room().settings.public_url):
        finish(request, staff)
        return HttpResponseRedirect(onward)
    if not staff.second_factor and staff.passkeys.exists():
        return sign_in_page(request, staff.email, "passkey_only", 403)
    return begin(request, staff, onward)


def works_here(staff: Staff) -> bool:
    """Whether somebody is known to us and did not leave."""
    with room().reading(NO_PROGRAM) as tx:
        found = find_login(tx, staff.email)
        if found is None:
            # Who came first has an account before there is a program to be known in.
            return not list_programs(tx)
    return found[1] is None


def sign_in_page(request: HttpRequest, email: str, problem: str, status: int) -> HttpResponse:
    """The page with both ways in, and what was wrong about the last try."""
    shown = email[:254].replace("\0", "")
    place, sign_on = passkey_place(room().settings.public_url), room().sign_on
    return page(
        request,
        "console/sign_in.html",
        status=status,
        onward=onward_of(request),
        email=shown,
        problem=problem,
        place=place if isinstance(place, PasskeyPlace) else None,
        sign_on=sign_on.ours.name if sign_on is not None else "",
    )


def onward_of(request: HttpRequest) -> str:
    """Where the reader wanted to go, if that is here; else the console."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/console/"
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else "/console/"
