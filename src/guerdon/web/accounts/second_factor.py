"""The second step of signing in: an authenticator's code, or a recovery code; at the first time, its set-up.

Between the steps a session holds only whose password was right, for ten minutes. The set-up's secret travels
in it sealed and becomes the account's with the first right code, so a set-up that was left half-way is none.
Who has a passkey instead sets up no authenticator this way: a password alone must not make a second way in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods

from guerdon.store.sealing import Unreadable
from guerdon.text.qr import draw_qr
from guerdon.values.clock import utc_now
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.attempts import begin_attempt, forget_attempts, record_attempt, too_many_attempts
from guerdon.web.accounts.models import Passkey, RecoveryCode, Staff
from guerdon.web.accounts.notes import note_where_known
from guerdon.web.accounts.proofs import note_proof
from guerdon.web.accounts.sessions import SessionStore
from guerdon.web.accounts.settings import PasskeyPlace, passkey_place
from guerdon.web.accounts.totp import (
    address_of,
    make_recovery_codes,
    make_secret,
    matching_step,
    recovery_sha,
    spelled,
)
from guerdon.web.rooms import room

PURPOSE = "second factor"
BACKEND = "guerdon.web.accounts.sign_in.StaffPasswords"
BETWEEN_STEPS = timedelta(minutes=10)
CODE_LETTERS_MAX = 64
_PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in whose first step is done."""

    staff: Staff
    onward: str
    # Of a set-up: the new secret, sealed.
    sealed: str


def begin(request: HttpRequest, staff: Staff, onward: str) -> HttpResponse:
    """Note that the password was right, and ask for the second factor or its set-up."""
    request.session.flush()
    request.session[_PENDING] = {
        "staff": staff.pk,
        # Whoever changes the password ends what the old one began.
        "by": staff.get_session_auth_hash(),
        "at": utc_now().isoformat(),
        "onward": onward,
        "sealed": "" if staff.second_factor else _seal(staff, make_secret()).hex(),
    }
    step = "second-factor" if staff.second_factor else "second-factor/new"
    return _see(f"/account/{step}")


def finish(request: HttpRequest, staff: Staff) -> None:
    """Open the session: under a new key, with nothing of what was before."""
    request.session.pop(_PENDING, None)
    forget_attempts(staff.email)
    SessionStore.clear_expired()
    login(request, staff, backend=BACKEND)
    note_proof(request)


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the code, or take it."""
    pending = pending_of(request)
    if pending is None or not pending.staff.second_factor:
        return _see("/account/sign-in")
    if request.method != "POST":
        return page(request, "console/second_factor.html", problem="")
    if begin_attempt(request, pending.staff.email) is None:
        return page(request, "console/second_factor.html", status=429, problem="many")
    if not takes_code(pending.staff, request.POST.get("code", "")[:CODE_LETTERS_MAX], utc_now()):
        return page(request, "console/second_factor.html", status=403, problem="wrong")
    finish(request, pending.staff)
    return _see(pending.onward)


@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the symbol for the authenticator, and take its first code."""
    pending = pending_of(request)
    secret = _new_secret(pending) if pending else None
    if pending is None or secret is None:
        return _see("/account/sign-in")
    if request.method != "POST" or _by_passkey_alone(pending.staff):
        return set_up_page(request, pending, "", 200)
    if too_many_attempts(request, pending.staff.email):
        return set_up_page(request, pending, "many", 429)
    step = matching_step(secret, request.POST.get("code", "")[:CODE_LETTERS_MAX], utc_now(), 0)
    if step is None:
        record_attempt(request, pending.staff.email)
        return set_up_page(request, pending, "wrong", 403)
    codes = _keep(pending.staff, secret, step)
    if codes is None:
        return _see("/account/sign-in")
    finish(request, pending.staff)
    return page(request, "console/recovery_codes.html", codes=codes, onward=pending.onward)


def reset_second_factor(staff: Staff) -> None:
    """Forget somebody's authenticator, recovery codes and passkeys; the next sign-in sets up new ones."""
    with transaction.atomic():
        Staff.objects.filter(pk=staff.pk).update(second_factor=b"", second_factor_step=0)
        RecoveryCode.objects.filter(staff=staff).delete()
        Passkey.objects.filter(staff=staff).delete()


def _keep(staff: Staff, secret: bytes, step: int) -> list[str] | None:
    """Make a secret the account's, with recovery codes; None when another sign-in was quicker."""
    codes = make_recovery_codes()
    with transaction.atomic():
        # A passkey may be on its way at the same moment; its row is not this one's.
        Staff.objects.select_for_update().get(pk=staff.pk)
        kept = Staff.objects.filter(pk=staff.pk, second_factor=b"", passkeys=None).update(
            second_factor=_seal(staff, secret), second_factor_step=step
        )
        if not kept:
            return None
        RecoveryCode.objects.filter(staff=staff).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(code_sha=recovery_sha(code), staff=staff) for code in codes
        )
        note_where_known(staff, "authenticator.added")
    return codes


def takes_code(staff: Staff, code: str, now: datetime) -> bool:
    """Whether a code opens, once: of the authenticator, or one of the recovery codes."""
    step = matching_step(_open(staff, bytes(staff.second_factor)), code, now, staff.second_factor_step)
    if step is not None:
        # Guarded, because two may come with the same code at once.
        mine = Staff.objects.filter(pk=staff.pk, second_factor_step__lt=step)
        return mine.update(second_factor_step=step) == 1
    sha = recovery_sha(code)
    if sha is None:
        return False
    unused = RecoveryCode.objects.filter(staff=staff, code_sha=sha, used_at=None)
    with transaction.atomic():
        used = unused.update(used_at=now) == 1
        if used:
            note_where_known(staff, "recovery_code.used")
    return used


def pending_of(request: HttpRequest) -> Pending | None:
    """The sign-in of this session whose password was right, for ten minutes."""
    said = request.session.get(_PENDING)
    if not said or utc_now() - datetime.fromisoformat(said["at"]) > BETWEEN_STEPS:
        return None
    staff = Staff.objects.filter(pk=said["staff"], is_active=True).first()
    if staff is None or not constant_time_compare(said["by"], staff.get_session_auth_hash()):
        return None
    return Pending(staff, said["onward"], said["sealed"])


def _new_secret(pending: Pending) -> bytes | None:
    """The secret of a set-up; None where there is nothing to set up."""
    if pending.staff.second_factor or pending.staff.passkeys.exists():
        return None
    try:
        return _open(pending.staff, bytes.fromhex(pending.sealed))
    except (Unreadable, ValueError):
        return None


def set_up_page(request: HttpRequest, pending: Pending, problem: str, status: int) -> HttpResponse:
    """The page of a set-up; without one, the way back to the sign-in."""
    secret = _new_secret(pending)
    if secret is None:
        return _see("/account/sign-in")
    place = passkey_place(room().settings.public_url)
    return page(
        request,
        "console/second_factor_new.html",
        status=status,
        qr=draw_qr(address_of(secret, pending.staff.email)),
        secret=spelled(secret),
        problem=problem,
        place=place if isinstance(place, PasskeyPlace) else None,
        passkey_alone=_by_passkey_alone(pending.staff),
    )


def _by_passkey_alone(staff: Staff) -> bool:
    """Whether there is no first factor that a code could be the second of."""
    return not staff.has_usable_password() and not staff.oidc_links.exists()


def _seal(staff: Staff, secret: bytes) -> bytes:
    return room().vault.seal(PURPOSE, staff.email, secret)


def _open(staff: Staff, sealed: bytes) -> bytes:
    return room().vault.open(PURPOSE, staff.email, sealed)


def _see(address: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": address})
