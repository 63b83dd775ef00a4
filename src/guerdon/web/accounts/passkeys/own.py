"""Somebody's own passkeys: listed, added, removed.

Adding and removing need a proof of who they are that is no older than five minutes. At the first sign-in a
passkey may be set up instead of an authenticator.
"""

import logging

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from guerdon.values.clock import utc_now
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.attempts import begin_attempt, too_many_attempts
from guerdon.web.accounts.models import Passkey, Staff
from guerdon.web.accounts.notes import note_change
from guerdon.web.accounts.passkeys.ceremonies import Unfit, ask_to_add, read_added
from guerdon.web.accounts.passkeys.challenges import make_challenge, take_challenge
from guerdon.web.accounts.passkeys.owners import known_of, owner_of
from guerdon.web.accounts.proofs import note_proof, proved_lately
from guerdon.web.accounts.second_factor import (
    CODE_LETTERS_MAX,
    Pending,
    finish,
    pending_of,
    set_up_page,
    takes_code,
)
from guerdon.web.accounts.settings import PasskeyPlace, passkey_place
from guerdon.web.accounts.sign_in import PASSWORD_LETTERS_MAX
from guerdon.web.rooms import room

log = logging.getLogger(__name__)
OWN = "/account/passkeys"
NAME_LETTERS_MAX = 60
PASSKEYS_MAX = 20


@require_http_methods(["GET", "HEAD", "POST"])
def own_passkeys(request: HttpRequest) -> HttpResponse:
    """Show them, or prove who it is, add one, remove one."""
    staff = request.user
    if not isinstance(staff, Staff):
        return _see(f"/account/sign-in?next={OWN}")
    if request.method != "POST":
        return _own_page(request, staff, "", 200)
    act = request.POST.get("act", "")
    if act == "prove":
        return _prove(request, staff)
    # A page that was left open too long asks again who it is.
    if not proved_lately(request):
        return _own_page(request, staff, "", 403)
    if act == "add":
        problem = _add(request, staff, first=False)
        return _own_page(request, staff, problem, 403) if problem else _see(OWN)
    if act == "remove":
        _remove(request, staff)
    return _see(OWN)


@require_POST
def ask_for_new_passkey(request: HttpRequest) -> HttpResponse:
    """Give the browser of somebody who may add a passkey a challenge to be signed (JSON)."""
    place = passkey_place(room().settings.public_url)
    staff = _adding(request)
    if staff is None or not isinstance(place, PasskeyPlace):
        return HttpResponse(status=403)
    challenge = make_challenge(request, "add")
    others = [known_of(each) for each in staff.passkeys.all()]
    asked = ask_to_add(place, owner_of(staff), others, challenge)
    return HttpResponse(asked, content_type="application/json")


@require_POST
def set_up_passkey(request: HttpRequest) -> HttpResponse:
    """Take a passkey instead of an authenticator, at the first sign-in, and open the session."""
    pending = pending_of(request)
    if pending is None or not _sets_up(pending):
        return _see("/account/sign-in")
    if too_many_attempts(request, pending.staff.email):
        return set_up_page(request, pending, "many", 429)
    problem = _add(request, pending.staff, first=True)
    if problem:
        return set_up_page(request, pending, f"passkey_{problem}", 403)
    finish(request, pending.staff)
    return _see(pending.onward)


def _adding(request: HttpRequest) -> Staff | None:
    """Who may add a passkey now: somebody who proved who they are, or who signs in for the first time."""
    if isinstance(request.user, Staff):
        return request.user if proved_lately(request) else None
    pending = pending_of(request)
    return pending.staff if pending and _sets_up(pending) else None


def _sets_up(pending: Pending) -> bool:
    """Whether this sign-in is to set up its second factor; where there is one, a password adds no other."""
    return not pending.staff.second_factor and not pending.staff.passkeys.exists()


def _prove(request: HttpRequest, staff: Staff) -> HttpResponse:
    attempt = begin_attempt(request, staff.email)
    if attempt is None:
        return _own_page(request, staff, "many", 429)
    password, code = request.POST.get("password", ""), request.POST.get("code", "")
    if password:
        right = len(password) <= PASSWORD_LETTERS_MAX and staff.check_password(password)
    else:
        right = bool(staff.second_factor) and takes_code(staff, code[:CODE_LETTERS_MAX], utc_now())
    if not right:
        return _own_page(request, staff, "wrong", 403)
    attempt.delete()
    note_proof(request)
    return _see(OWN)


def _add(request: HttpRequest, staff: Staff, *, first: bool) -> str:
    """Keep a new passkey; what was wrong about it, or nothing."""
    place = passkey_place(room().settings.public_url)
    name = " ".join(request.POST.get("name", "").split())
    if not 0 < len(name) <= NAME_LETTERS_MAX or not name.isprintable():
        return "name"
    if not isinstance(place, PasskeyPlace):
        return "refused"
    if staff.passkeys.count() >= PASSKEYS_MAX:
        return "full"
    try:
        added = read_added(
            place,
            request.POST.get("credential", ""),
            lambda asked: take_challenge(request, "add", asked),
        )
        with transaction.atomic():
            # An authenticator may be set up at the same moment: one of the two is the first.
            locked = Staff.objects.select_for_update().get(pk=staff.pk)
            if first and (locked.second_factor or locked.passkeys.exists()):
                return "refused"
            kept = Passkey.objects.create(
                staff=staff,
                credential_id=added.credential_id,
                public_key=added.public_key,
                sign_count=added.sign_count,
                name=name,
                created_at=utc_now(),
                backed_up=added.backed_up,
                transports=added.transports,
            )
            note_change(staff, "passkey.added", passkey=kept.pk)
    except (Unfit, IntegrityError) as fault:
        log.warning("a new passkey was refused: %.200r", str(fault))
        return "refused"
    return ""


def _remove(request: HttpRequest, staff: Staff) -> None:
    given = request.POST.get("passkey", "")
    number = int(given) if given.isdecimal() and given.isascii() and len(given) < 19 else 0
    with transaction.atomic():
        gone, _ = Passkey.objects.filter(staff=staff, pk=number).delete()
        if gone:
            note_change(staff, "passkey.removed", passkey=number)


def _own_page(request: HttpRequest, staff: Staff, problem: str, status: int) -> HttpResponse:
    place = passkey_place(room().settings.public_url)
    return page(
        request,
        "console/passkeys.html",
        status=status,
        passkeys=list(staff.passkeys.order_by("created_at", "pk")),
        place=place if isinstance(place, PasskeyPlace) else None,
        barred="" if isinstance(place, PasskeyPlace) else place,
        public_url=room().settings.public_url,
        proved=proved_lately(request),
        has_authenticator=bool(staff.second_factor),
        problem=problem,
        name_letters_max=NAME_LETTERS_MAX,
    )


def _see(address: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": address})
