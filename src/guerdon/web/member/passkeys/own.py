"""A member's own passkeys: listed, added, removed.

To change how they sign in they must have signed in lately: whoever finds a phone that is open, or a cookie,
adds no key of theirs to it.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from guerdon.engine.sessions.keeping import is_fresh
from guerdon.engine.sessions.passkeys import (
    NAME_MAX,
    PASSKEYS_MAX,
    Made,
    answers,
    keep_passkey,
    make_challenge,
    own_passkeys,
    remove_passkey,
)
from guerdon.store.persons import Person, load_person
from guerdon.text.catalogs import words
from guerdon.web.accounts.passkeys.ceremonies import Unfit, ask_to_add, read_added
from guerdon.web.member.entering import Here, app_page, lead_to, signed_in
from guerdon.web.member.passkeys.owners import known_of, owner_of, place_of_passkeys
from guerdon.web.rooms import room

log = logging.getLogger(__name__)
JSON = "application/json"
HASH_LETTERS = 64
# What a form came to, and the answer's status.
STATUS: Mapping[str, int] = {"name": 422, "refused": 403, "full": 409, "again": 403}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def passkeys(request: HttpRequest, here: Here) -> HttpResponse:
    """Show them; add one, remove one."""
    if request.method != "POST":
        return _shown(request, here, "")
    with room().reading(*here.whose) as tx:
        fresh = is_fresh(tx, here.session, here.now)
    # A page that was left open too long asks again who it is.
    if not fresh:
        return _shown(request, here, "again")
    act = request.POST.get("act", "")
    if act == "add":
        problem = _add(request, here)
        return _shown(request, here, problem) if problem else lead_to(_own(here))
    if act == "remove":
        _remove(request, here)
    return lead_to(_own(here))


@require_POST
@signed_in
def ask_for_new_passkey(request: HttpRequest, here: Here) -> HttpResponse:
    """Give the browser of whoever may add a passkey a challenge to be signed (JSON)."""
    del request
    place = place_of_passkeys()
    with room().reading(here.program_id) as tx:
        if place is None or not is_fresh(tx, here.session, here.now):
            return HttpResponse(status=403)
        challenge = make_challenge(tx, here.program_id, "add", here.session.hash, here.now)
        person = load_person(tx, room().vault, *here.whose) or Person()
        others = [known_of(each.row) for each in own_passkeys(tx, room().vault, here.whose)]
    owner = owner_of(here, person.name, person.email)
    return HttpResponse(ask_to_add(place, owner, others, challenge), content_type=JSON)


def _add(request: HttpRequest, here: Here) -> str:
    """Keep a new passkey; what was wrong about it, or nothing."""
    place, name = place_of_passkeys(), _name(request)
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        return "name"
    if place is None:
        return "refused"

    def take(challenge: bytes) -> bool:
        # Committed by itself: whatever else is wrong, it was answered.
        with room().reading(here.program_id) as tx:
            return answers(tx, here.program_id, (challenge, "add", here.session.hash), here.now)

    try:
        added = read_added(place, request.POST.get("credential", ""), take)
    except Unfit as fault:
        log.warning("a member's new passkey was refused: %.200r", str(fault))
        return "refused"
    made = Made(added.credential_id, added.public_key, added.sign_count, added.transports)
    # Whether somebody else has it is no member's to know.
    with room().reading(here.program_id) as tx:
        came = keep_passkey(tx, room().vault, here.whose, made, name, here.now)
    return {"kept": "", "full": "full"}.get(came, "refused")


def _remove(request: HttpRequest, here: Here) -> None:
    said = request.POST.get("passkey", "")
    if len(said) != HASH_LETTERS or not set(said) <= set("0123456789abcdef"):
        return
    with room().reading(*here.whose) as tx:
        remove_passkey(tx, here.whose, bytes.fromhex(said), here.now)


def _shown(request: HttpRequest, here: Here, problem: str) -> HttpResponse:
    with room().reading(*here.whose) as tx:
        kept = own_passkeys(tx, room().vault, here.whose)
        fresh = is_fresh(tx, here.session, here.now)
    place, say = place_of_passkeys(), words(here.locale, "app").gettext
    problems = {
        "name": say("Give the passkey a name of at most 60 letters."),
        "refused": say("The passkey was not added. Please try again."),
        "full": say("You have ten passkeys already. Remove one first."),
        "again": say("To change how you sign in, please sign in again first."),
    }
    more: dict[str, Any] = {"name": _name(request) if problem else "", "name_max": NAME_MAX}
    return app_page(
        request,
        here,
        "passkeys",
        STATUS.get(problem, 200),
        problem=problems.get(problem, ""),
        passkeys=[(each.row.passkey_hash.hex(), each.name, each.row) for each in kept],
        fresh=fresh,
        place=place,
        full=len(kept) >= PASSKEYS_MAX,
        **more,
    )


def _name(request: HttpRequest) -> str:
    return " ".join(request.POST.get("name", "").split())


def _own(here: Here) -> str:
    return f"{here.base}/you/passkeys"
