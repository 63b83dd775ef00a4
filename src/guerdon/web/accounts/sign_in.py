"""Signing in and out: e-mail and password, five failed tries in a quarter of an hour per account.

A wrong password, an unknown account and one that may not sign in answer alike and take as long.
"""

import hashlib
from datetime import timedelta

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from guerdon.values.clock import utc_now
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.models import SignInAttempt, Staff
from guerdon.web.accounts.sessions import SessionStore

WINDOW = timedelta(minutes=15)
TRIES_MAX = 5
NETWORK_WINDOW = timedelta(minutes=1)
NETWORK_TRIES_MAX = 20
PASSWORD_LETTERS_MAX = 1000


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


def folded(email: str) -> str:
    """An e-mail address as accounts are found by."""
    return email.strip().casefold()


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or take it."""
    onward = _onward(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(onward)
        return page(request, "console/sign_in.html", onward=onward, email="", problem="")
    email, password = request.POST.get("email", ""), request.POST.get("password", "")
    if _too_many(request, email):
        return _refused(request, email, "many", 429)
    staff = None
    if len(password) <= PASSWORD_LETTERS_MAX and "\0" not in email:
        staff = authenticate(request, email=email, password=password)
    if not isinstance(staff, Staff):
        SignInAttempt.objects.create(account_sha=_account_sha(email), network=_network(request), at=utc_now())
        return _refused(request, email, "wrong", 403)
    _forget_attempts(email)
    SessionStore.clear_expired()
    login(request, staff)
    return HttpResponseRedirect(onward)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponse(status=303, headers={"Location": "/account/sign-in"})


def _refused(request: HttpRequest, email: str, problem: str, status: int) -> HttpResponse:
    shown = email[:254].replace("\0", "")
    return page(
        request, "console/sign_in.html", status=status, onward=_onward(request), email=shown, problem=problem
    )


def _too_many(request: HttpRequest, email: str) -> bool:
    now = utc_now()
    by_account = SignInAttempt.objects.filter(account_sha=_account_sha(email), at__gt=now - WINDOW)
    by_network = SignInAttempt.objects.filter(network=_network(request), at__gt=now - NETWORK_WINDOW)
    return by_account.count() >= TRIES_MAX or by_network.count() >= NETWORK_TRIES_MAX


def _forget_attempts(email: str) -> None:
    SignInAttempt.objects.filter(account_sha=_account_sha(email)).delete()
    SignInAttempt.objects.filter(at__lt=utc_now() - WINDOW).delete()


def _account_sha(email: str) -> bytes:
    return hashlib.sha256(folded(email).encode()).digest()


def _network(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def _onward(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/console/"
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else "/console/"
