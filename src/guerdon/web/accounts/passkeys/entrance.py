"""Signing in with a passkey: the device says who it is, and has checked their finger, face or PIN.

Every refusal looks alike and counts as a failed try: of the account where the passkey is known, of what
was sent where it is not. Why it was refused stands in the log.
"""

import logging
from hashlib import sha256

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from guerdon.values.clock import utc_now
from guerdon.web.accounts.attempts import record_attempt, too_many_attempts, too_many_from_there
from guerdon.web.accounts.models import Passkey, Staff
from guerdon.web.accounts.notes import note_change
from guerdon.web.accounts.passkeys.ceremonies import (
    CountFell,
    Signed,
    Unfit,
    Used,
    ask_to_use,
    read_used,
    verify_used,
)
from guerdon.web.accounts.passkeys.challenges import make_challenge, take_challenge
from guerdon.web.accounts.passkeys.owners import handle_of, known_of
from guerdon.web.accounts.second_factor import finish
from guerdon.web.accounts.settings import PasskeyPlace, passkey_place
from guerdon.web.accounts.sign_in import onward_of, sign_in_page, works_here
from guerdon.web.guesses import Guesses, network_of
from guerdon.web.rooms import room

log = logging.getLogger(__name__)

# Each challenge is a row and a session of somebody who may be anybody.
ASKED = Guesses(60, 60.0)


@require_POST
def ask_for_passkey(request: HttpRequest) -> HttpResponse:
    """Give the browser a challenge to be signed (JSON)."""
    place = passkey_place(room().settings.public_url)
    if not isinstance(place, PasskeyPlace):
        return HttpResponse(status=404)
    network = network_of(str(request.META.get("REMOTE_ADDR", "")))
    if too_many_from_there(request) or ASKED.wait(network):
        return HttpResponse(status=429)
    ASKED.wrong(network)
    challenge = make_challenge(request, "use")
    return HttpResponse(ask_to_use(place, challenge), content_type="application/json")


@require_POST
def sign_in_by_passkey(request: HttpRequest) -> HttpResponse:
    """Take what the passkey signed, and open the session."""
    place = passkey_place(room().settings.public_url)
    if not isinstance(place, PasskeyPlace):
        return HttpResponseRedirect("/account/sign-in")
    try:
        staff = _signer(request, place, request.POST.get("credential", ""))
    except _Refused as refused:
        return _refusal(request, refused)
    onward = onward_of(request)
    request.session.flush()
    finish(request, staff)
    return HttpResponseRedirect(onward)


class _Refused(Exception):  # noqa: N818  an answer, not a fault
    """Whose try it was (the account, or what was sent), and why it failed."""

    def __init__(self, account: str, why: object) -> None:
        super().__init__(why)
        self.account, self.why = account, why


def _signer(request: HttpRequest, place: PasskeyPlace, text: str) -> Staff:
    """Whose passkey signed; raises `_Refused`."""
    try:
        credential = read_used(text)
    except Unfit as fault:
        raise _Refused(_unknown(text.encode()), fault) from fault
    passkey = Passkey.objects.select_related("staff").filter(credential_id=credential.raw_id).first()
    if passkey is None:
        raise _Refused(_unknown(credential.raw_id), "nobody has it")
    account = passkey.staff.email
    if too_many_attempts(request, account):
        raise _Refused(account, "too many tries")
    try:
        used = _verified(request, place, passkey, credential)
        _count(passkey, used)
    except CountFell as fell:
        note_change(passkey.staff, "passkey.count_fell", passkey=passkey.pk, told=fell.told, known=fell.known)
        raise _Refused(account, fell) from fell
    except Unfit as fault:
        raise _Refused(account, fault) from fault
    return passkey.staff


def _verified(request: HttpRequest, place: PasskeyPlace, passkey: Passkey, credential: Signed) -> Used:
    known, handle = known_of(passkey), handle_of(passkey.staff)
    used = verify_used(place, known, handle, credential, lambda asked: take_challenge(request, "use", asked))
    if not passkey.staff.is_active or not works_here(passkey.staff):
        raise Unfit("its owner may not sign in")
    return used


def _count(passkey: Passkey, used: Used) -> None:
    """Note that it signed; guarded, because a copy may come at the same moment with the same count."""
    before = Q(sign_count__lt=used.sign_count) if used.sign_count else Q(sign_count=0)
    mine = Passkey.objects.filter(before, pk=passkey.pk)
    if not mine.update(sign_count=used.sign_count, backed_up=used.backed_up, last_used_at=utc_now()):
        raise CountFell(used.sign_count, used.sign_count)


def _unknown(sent: bytes) -> str:
    return sha256(sent).hexdigest()


def _refusal(request: HttpRequest, refused: _Refused) -> HttpResponse:
    # What a stranger sent may be quoted in it.
    log.warning("a passkey was refused: %.200r", str(refused.why))
    if too_many_attempts(request, refused.account):
        return sign_in_page(request, "", "many", 429)
    record_attempt(request, refused.account)
    return sign_in_page(request, "", "passkey", 403)
