"""Sign-ins that failed: five in a quarter of an hour per account, twenty a minute per network.

Wrong passwords and wrong codes count together, and only a whole sign-in forgets them, so a known password
buys no more tries at the code.
"""

import hashlib
from datetime import timedelta

from django.http import HttpRequest

from guerdon.values.clock import utc_now
from guerdon.web.accounts.models import SignInAttempt

WINDOW = timedelta(minutes=15)
TRIES_MAX = 5
NETWORK_WINDOW = timedelta(minutes=1)
NETWORK_TRIES_MAX = 20


def folded(email: str) -> str:
    """An e-mail address as accounts are found by."""
    return email.strip().casefold()


def begin_attempt(request: HttpRequest, email: str) -> SignInAttempt | None:
    """Count a guess before it is looked at; None where it has to wait. Who guessed right deletes it.

    Counted afterwards, as many would be looked at as come at once.
    """
    if too_many_attempts(request, email):
        return None
    attempt = record_attempt(request, email)
    return attempt if _tries(email) <= TRIES_MAX and _tries_from_there(request) <= NETWORK_TRIES_MAX else None


def record_attempt(request: HttpRequest, email: str) -> SignInAttempt:
    """Count a try that failed."""
    return SignInAttempt.objects.create(
        account_sha=_account_sha(email), network=_network(request), at=utc_now()
    )


def too_many_attempts(request: HttpRequest, email: str) -> bool:
    """Whether this account or this network has to wait."""
    return _tries(email) >= TRIES_MAX or too_many_from_there(request)


def too_many_from_there(request: HttpRequest) -> bool:
    """Whether this network has to wait, whichever account it tries."""
    return _tries_from_there(request) >= NETWORK_TRIES_MAX


def forget_attempts(email: str) -> None:
    """Begin anew after a sign-in that came through; what is older than the window goes too."""
    SignInAttempt.objects.filter(account_sha=_account_sha(email)).delete()
    SignInAttempt.objects.filter(at__lt=utc_now() - WINDOW).delete()


def _tries(email: str) -> int:
    return SignInAttempt.objects.filter(account_sha=_account_sha(email), at__gt=utc_now() - WINDOW).count()


def _tries_from_there(request: HttpRequest) -> int:
    return SignInAttempt.objects.filter(network=_network(request), at__gt=utc_now() - NETWORK_WINDOW).count()


def _account_sha(email: str) -> bytes:
    return hashlib.sha256(folded(email).encode()).digest()


def _network(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))[:64]
