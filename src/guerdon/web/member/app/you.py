"""You: how a member is reached, where they are signed in, what they get pushed; the way into their inbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from guerdon.engine.messages.consents.addressing import retire
from guerdon.engine.sessions.keeping import is_idle
from guerdon.program.messages.nouns import NEVER_QUIET
from guerdon.store.messages.addresses import list_addresses
from guerdon.store.messages.inapp import load_generations, load_shelf
from guerdon.store.persons import Person, load_person
from guerdon.store.sessions.passkeys import list_passkeys
from guerdon.store.sessions.sessions import list_sessions
from guerdon.values.ids import read, show
from guerdon.web.accounts.languages import OWN_NAMES
from guerdon.web.member.contact.opening import choices_of
from guerdon.web.member.entering import Here, app_page, lead_to, signed_in
from guerdon.web.member.inbox.cookies import Reader, keep
from guerdon.web.rooms import room

SHOWN = "•••"
LAST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class PlaceShown:
    """A browser that is signed in; `here`: it is this one."""

    device: str
    begun_at: datetime
    seen_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """A browser or phone that is pushed to."""

    number: str
    kind: Literal["phone", "computer", "app"]
    added_at: datetime


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def you(request: HttpRequest, here: Here) -> HttpResponse:
    """Show it; take a device away."""
    if request.method == "POST":
        number = read("dev", request.POST.get("device", ""))
        if number is not None:
            # The audit is no member's.
            with room().reading(here.program_id) as tx:
                theirs = [(here.member_id, number)]
                retire(tx, here.program_id, theirs, "removed", here.now, show("mem", here.member_id))
        return lead_to(f"{here.base}/you")
    with room().reading(*here.whose) as tx:
        person = load_person(tx, room().vault, *here.whose) or Person()
        kept = [each for each in list_sessions(tx, *here.whose) if not is_idle(each, here.now)]
        devices = [each for each in list_addresses(tx, *here.whose) if each.retired_at is None]
        generation = load_generations(tx, here.program_id, [here.member_id])[here.member_id]
        shelf = load_shelf(tx, *here.whose)
        passkeys = list_passkeys(tx, *here.whose)
    quiet = here.program.contact.in_market(here.market).quiet
    return app_page(
        request,
        here,
        "you",
        name=person.name,
        email=masked_address(person.email),
        phone=masked_phone(person.phone),
        language=OWN_NAMES.get(here.language, here.language),
        quiet=None if quiet == NEVER_QUIET or quiet.begins == quiet.ends else quiet,
        choices=choices_of(here.program_id, here.member_id, generation),
        unseen=shelf.unseen if shelf is not None else 0,
        places=[
            PlaceShown(each.device, each.begun_at, each.seen_at, each.session_hash == here.session.hash)
            for each in kept
        ],
        passkeys=len(passkeys),
        devices=[
            DeviceShown(show("dev", each.id), _kind(each.provider, each.label), each.added_at)
            for each in devices
        ],
        push_key=room().channels.browser_key(here.program) or "",
        token=here.link(0).rpartition("/")[2],
        invite=f"{here.link(0)}/invite" if here.program.referrals else "",
    )


@require_safe
@signed_in
def inbox(request: HttpRequest, here: Here) -> HttpResponse:
    """Open the member's messages in this browser, as the link to them would."""
    del request
    with room().reading(*here.whose) as tx:
        generation = load_generations(tx, here.program_id, [here.member_id])[here.member_id]
    reader = Reader(here.program_id, here.program, here.member_id, generation)
    return keep(lead_to("/inbox"), reader)


def masked_address(address: str) -> str:
    """An address of their own, in a line that somebody beside them may see."""
    head, at, host = address.rpartition("@")
    return f"{head[:1]}{SHOWN}@{host}" if at else ""


def masked_phone(phone: str) -> str:
    """A number of their own, likewise."""
    return f"{SHOWN} {phone[-LAST_DIGITS:]}" if phone else ""


def _kind(provider: str, label: str) -> Literal["phone", "computer", "app"]:
    if provider != "web":
        return "app"
    return "phone" if label == "phone" else "computer"
