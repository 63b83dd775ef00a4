"""Signing in by passkey: the device says who it is, and has checked its owner's finger, face or PIN.

All that is refused is answered alike, and no sooner than a code is; why, stands in the log. A passkey of
another program is nobody's here.
"""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from guerdon.engine.sessions.keeping import begin_session
from guerdon.engine.sessions.passkeys import (
    answers,
    make_challenge,
    note_signature,
    passkeys_of_credential,
)
from guerdon.program.model import Program
from guerdon.store.database import UNAVAILABLE
from guerdon.store.sessions.passkeys import PasskeyRow
from guerdon.values.app.sessions import Session
from guerdon.values.clock import utc_now
from guerdon.web.accounts.passkeys.ceremonies import (
    CountFell,
    Signed,
    Unfit,
    ask_to_use,
    read_used,
    verify_used,
)
from guerdon.web.accounts.settings import PasskeyPlace
from guerdon.web.guesses import Guesses, network_of
from guerdon.web.member.app.sign_in import (
    browser_mark,
    form_page,
    keep_asking,
    know_asking,
    led_on,
    paced,
)
from guerdon.web.member.devices import device_of
from guerdon.web.member.entering import keep_session, program_named
from guerdon.web.member.inviting import is_of_world
from guerdon.web.member.passkeys.owners import handle_of, known_of, place_of_passkeys
from guerdon.web.member.views import missing_page
from guerdon.web.rooms import room

log = logging.getLogger(__name__)
JSON = "application/json"
# Each challenge is a row for somebody who may be anybody; behind a proxy whose address all share, for all.
ASKED, ASKED_OF_ALL = Guesses(60, 60.0), Guesses(600, 60.0)


@require_POST
def ask_for_passkey(request: HttpRequest, key: str) -> HttpResponse:
    """Give the browser a challenge to be signed (JSON)."""
    found, place = program_named(key), place_of_passkeys()
    if found is None or place is None:
        return HttpResponse(status=404)
    address = str(request.META.get("REMOTE_ADDR", ""))
    asked, who = (ASKED if is_of_world(address) else ASKED_OF_ALL), network_of(address)
    if asked.wait(who):
        return HttpResponse(status=429)
    asked.wrong(who)
    know_asking(request)
    program_id = found[0]
    try:
        # Who is asked is nobody yet.
        with room().reading(program_id) as tx:
            challenge = make_challenge(tx, program_id, "use", browser_mark(request, program_id), utc_now())
    except UNAVAILABLE:
        return HttpResponse(status=503)
    return keep_asking(request, HttpResponse(ask_to_use(place, challenge), content_type=JSON))


@require_POST
def sign_in_by_passkey(request: HttpRequest, key: str) -> HttpResponse:
    """Take what the passkey signed, and open the session."""
    found, place = program_named(key), place_of_passkeys()
    if found is None or place is None:
        return missing_page(request)
    said = request.POST.get("credential", "")
    return paced(request, said, lambda: _enter(request, found, place, said))


def _enter(request: HttpRequest, found: tuple[int, Program], place: PasskeyPlace, said: str) -> HttpResponse:
    program_id, program = found
    session = None
    try:
        session = _session(request, program_id, place, read_used(said))
    except Unfit as fault:
        # What a stranger sent may be quoted in it.
        log.warning("a member's passkey was refused: %.200r", str(fault))
    if session is None:
        return form_page(request, program, notice="passkey", status=403)
    return keep_session(led_on(request, program), program, session)


def _session(request: HttpRequest, program_id: int, place: PasskeyPlace, signed: Signed) -> Session | None:
    """The session that a signature opens; None, and told to the audit: a copy may have signed; or `Unfit`."""
    now, mark = utc_now(), browser_mark(request, program_id)
    with room().reading(program_id) as tx:
        row = _owner(passkeys_of_credential(tx, program_id, signed.raw_id), signed)

    def take(challenge: bytes) -> bool:
        # Committed by itself: whatever else is wrong, it was answered.
        with room().reading(program_id) as tx:
            return answers(tx, program_id, (challenge, "use", mark), now)

    try:
        handle = handle_of(program_id, row.member_id)
        told = verify_used(place, known_of(row), handle, signed, take).sign_count
    except CountFell as fell:
        told = fell.told
    with room().reading(program_id) as tx:
        if note_signature(tx, row, told, now):
            device = device_of(request.headers)
            return begin_session(tx, program_id, row.member_id, device, now, "passkey")
    log.warning("a member's passkey was refused: count %d after %d", told, row.sign_count)
    return None


def _owner(rows: list[PasskeyRow], signed: Signed) -> PasskeyRow:
    """Whose passkey it says it is, of all that have one of this name; raises `Unfit`."""
    for row in rows:
        if signed.response.user_handle == handle_of(row.program_id, row.member_id):
            return row
    raise Unfit("nobody has it")
