"""One form does one thing, however often it is sent: a double click, a second try, back and once more.

Every form that is shown has a token of its own against forgery, which differs with each showing, and so names
the form. Whoever sends it again with the same content gets the answer of the first time; with other content,
or from a page that was asked for anew, it is another wish. What a script of ours sends is no form.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CSRF_TOKEN_LENGTH

from guerdon.store.sealing import Unreadable
from guerdon.values.clock import utc_now
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.forms.kept import forget_kept
from guerdon.web.accounts.models import SentForm
from guerdon.web.rooms import room

PURPOSE = "sent form"
NAME_OF_FORM = "csrfmiddlewaretoken"
REMEMBERED = timedelta(hours=1)
# So long the second waits for the answer of the first; so long the first may be at it.
WAIT_S, LOOK_EVERY_S = 8.0, 0.05
DEAD_AFTER = timedelta(minutes=2)
BODY_BYTES_MAX = 1 << 20
# Forms that change nothing: they look for something, each time told of, and what they show is not kept.
LOOKING = frozenset(
    {
        "console/<slug:key>/find",
        "console/<slug:key>/members",
        "console/<slug:key>/why",
        "console/<slug:key>/try",
        "console/<slug:key>/members/<slug:member>/unmask",
    }
)
Answered = Callable[[], HttpResponseBase]


def taken_once(request: HttpRequest, answered: Answered) -> HttpResponseBase:
    """Answer a form by doing what it says, or, where it was done before, with what was answered then."""
    route = request.resolver_match.route if request.resolver_match else ""
    # A browser says that it goes somewhere; one that does not say so is old.
    navigates = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    by_hand = navigates and "application/json" not in request.headers.get("Accept", "")
    # What is shown in a form is masked, each time otherwise; the bare secret names a browser, and no form.
    named = len(request.POST.get(NAME_OF_FORM, "")) == CSRF_TOKEN_LENGTH
    if request.method != "POST" or route in LOOKING or not by_hand or not named:
        return answered()
    sha, now = _sha_of(request), utc_now()
    if not _begin(sha, now):
        known = _earlier(request, sha)
        if known is not None:
            return known
        # Whoever was first did not get to its end.
        SentForm.objects.filter(form_sha=sha, done_at=None).delete()
        if not _begin(sha, now):
            return page(request, "console/forms/under_way.html", status=409)
    try:
        answer = answered()
    except BaseException:
        SentForm.objects.filter(form_sha=sha).delete()
        raise
    _remember(request, sha, answer)
    if answer.status_code < 400:
        forget_kept(request)
    return answer


def _sha_of(request: HttpRequest) -> bytes:
    """What names a form and all that was typed into it."""
    said = hashlib.sha256(request.get_full_path().encode())
    for name, values in sorted(request.POST.lists()):
        said.update(json.dumps([name, *values]).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            said.update(json.dumps([name, file.name, file.size]).encode())
            for chunk in file.chunks():
                said.update(chunk)
            file.seek(0)
    return said.digest()


def _begin(sha: bytes, now: datetime) -> bool:
    """Whether this is the first time."""
    SentForm.objects.filter(begun_at__lt=now - REMEMBERED).delete()
    try:
        SentForm.objects.create(form_sha=sha, begun_at=now)
    except IntegrityError:
        return False
    return True


def _looks() -> Iterator[None]:
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        yield
        time.sleep(LOOK_EVERY_S)


def _earlier(request: HttpRequest, sha: bytes) -> HttpResponse | None:
    """The answer of the first time, waited for; None where there will be none."""
    for _ in _looks():
        found = SentForm.objects.filter(form_sha=sha).first()
        if found is None or (found.done_at is None and found.begun_at < utc_now() - DEAD_AFTER):
            return None
        if found.done_at is not None:
            return _opened(request, sha, bytes(found.sealed))
    return page(request, "console/forms/under_way.html", status=409)


def _remember(request: HttpRequest, sha: bytes, answer: HttpResponseBase) -> None:
    """Keep an answer, sealed; what refuses, or is handed over, may be asked for again."""
    mine = SentForm.objects.filter(form_sha=sha)
    if (
        not isinstance(answer, HttpResponse)
        or answer.status_code >= 400
        or answer.cookies
        or "Content-Disposition" in answer
        or len(answer.content) > BODY_BYTES_MAX
    ):
        mine.delete()
        return
    told = {
        "status": answer.status_code,
        "type": answer.headers.get("Content-Type", ""),
        "to": answer.headers.get("Location", ""),
        "body": answer.content.decode("utf-8", "surrogateescape"),
        # Scripts run by the nonce of the answer in which they are.
        "nonce": str(getattr(request, "csp_nonce", "")),
    }
    sealed = room().vault.seal(PURPOSE, sha.hex(), json.dumps(told).encode())
    mine.update(sealed=sealed, done_at=utc_now())


def _opened(request: HttpRequest, sha: bytes, sealed: bytes) -> HttpResponse | None:
    try:
        told = json.loads(room().vault.open(PURPOSE, sha.hex(), sealed))
    except Unreadable:
        return None
    body = str(told["body"])
    if told["nonce"]:
        body = body.replace(told["nonce"], str(getattr(request, "csp_nonce", "")))
    answer = HttpResponse(body.encode("utf-8", "surrogateescape"), status=told["status"])
    answer.headers["Content-Type"] = told["type"]
    if told["to"]:
        answer.headers["Location"] = told["to"]
    return answer
