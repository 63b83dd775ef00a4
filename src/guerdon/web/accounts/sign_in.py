"""Signing in and out: e-mail and password first, then the second factor.

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
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.attempts import folded, record_attempt, too_many_attempts
from guerdon.web.accounts.models import Staff
from guerdon.web.accounts.second_factor import begin, finish
from guerdon.web.accounts.settings import on_loopback
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
    onward = _onward(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(onward)
        return page(request, "console/sign_in.html", onward=onward, email="", problem="")
    email, password = request.POST.get("email", ""), request.POST.get("password", "")
    if too_many_attempts(request, email):
        return _refused(request, email, "many", 429)
    staff = None
    if len(password) <= PASSWORD_LETTERS_MAX and "\0" not in email:
        staff = authenticate(request, email=email, password=password)
    if not isinstance(staff, Staff) or not _works_here(staff):
        record_attempt(request, email)
        return _refused(request, email, "wrong", 403)
    if staff.second_factor_waived and on_loopback(room().settings.public_url):
        finish(request, staff)
        return HttpResponseRedirect(onward)
    return begin(request, staff, onward)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponse(status=303, headers={"Location": "/account/sign-in"})


def _works_here(staff: Staff) -> bool:
    with room().reading(NO_PROGRAM) as tx:
        found = find_login(tx, staff.email)
    return found is not None and found[1] is None


def _refused(request: HttpRequest, email: str, problem: str, status: int) -> HttpResponse:
    shown = email[:254].replace("\0", "")
    return page(
        request, "console/sign_in.html", status=status, onward=_onward(request), email=shown, problem=problem
    )


def _onward(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/console/"
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else "/console/"
