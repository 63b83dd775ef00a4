"""Signing in by a code that is mailed or a passkey (`member/passkeys`), and signing out here or everywhere.

What is answered, and how long that takes, is the same whether or not we know an address; so nobody learns who
is a member.
"""

import re
from collections.abc import Callable
from secrets import token_hex
from time import monotonic, sleep

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guerdon.engine.sessions.keeping import begin_session, end_all_sessions, end_session
from guerdon.engine.sessions.signing_in import Asking, check_code, send_code
from guerdon.program.model import Program
from guerdon.store.database import UNAVAILABLE
from guerdon.store.persons import EMAIL_INDEX_PURPOSE
from guerdon.store.sessions.sessions import find_by_address
from guerdon.text.catalogs import words
from guerdon.values.app.sessions import Session
from guerdon.values.clock import utc_now
from guerdon.values.gifts import mark_of
from guerdon.values.mail import usable_address
from guerdon.values.proofs import CODE_DIGITS
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.languages import locale_of
from guerdon.web.accounts.settings import PasskeyPlace, passkey_place
from guerdon.web.brands.serving import branded
from guerdon.web.guesses import network_of
from guerdon.web.member.devices import device_of
from guerdon.web.member.entering import (
    HOSTS_OWN,
    Here,
    base_of,
    keep_session,
    lead_to,
    member_here,
    program_named,
    signed_in,
)
from guerdon.web.member.inviting import is_of_world
from guerdon.web.member.views import missing_page
from guerdon.web.rooms import room

ASKING = "asking"
ASKING_S = 20 * 60
KEY_PURPOSE = "sign-in"
ADDRESS_MAX, CODE_MAX = 254, 12
# No answer comes sooner, so none tells by its haste that there was nothing to do.
EVEN_S = 0.3

# Where a sign-in may lead, but to the first page.
ONWARD = {"passkeys": "/you/passkeys", "contact": "/you/contact"}

_SECRET = re.compile(r"[0-9a-f]{32}")


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the app of the program that somebody is signed in to, or of the only one there is."""
    programs = room().programs()
    try:
        found = [each for number, each in programs.items() if member_here(request, number, each) is not None]
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    known = found or list(programs.values())
    return lead_to(base_of(known[0])) if len(known) == 1 or found else missing_page(request)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, key: str) -> HttpResponse:
    """Ask for an address, mail it a code, and take that."""
    found = program_named(key)
    if found is None:
        return missing_page(request)
    program_id, program = found
    if request.method != "POST":
        try:
            here = member_here(request, program_id, program)
        except UNAVAILABLE:
            return missing_page(request, "later", 503)
        return form_page(request, program) if here is None else lead_to(here.base)
    typed = request.POST.get("address", "")[:ADDRESS_MAX]
    return paced(request, typed, lambda: _act(request, program_id, program))


def paced(request: HttpRequest, typed: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Do what a form of the sign-in asks for, unless too many came, and answer no sooner than others.

    A network is counted; where that is a proxy's address, what was typed.
    """
    who, began = _asking_from(request, typed), monotonic()
    wait = room().sign_ins.wait(who)
    if wait:
        answer = missing_page(request, "later", 429)
        answer.headers["Retry-After"] = str(wait)
        return answer
    room().sign_ins.wrong(who)
    try:
        answer = act()
    except UNAVAILABLE:
        answer = missing_page(request, "later", 503)
    sleep(max(0.0, EVEN_S - (monotonic() - began)))
    return answer


@require_POST
@signed_in
def sign_out(request: HttpRequest, here: Here) -> HttpResponse:
    """End the session of this browser, or all of the member's; `to`: where they sign in again for."""
    with room().reading(*here.whose) as tx:
        if request.POST.get("act") == "everywhere":
            end_all_sessions(tx, *here.whose, here.now)
        else:
            end_session(tx, here.session, here.now)
    to = request.POST.get("to", "")
    again = f"?to={to}" if to in ONWARD else ""
    return keep_session(lead_to(f"{here.base}/sign-in{again}"), here.program, None)


def led_on(request: HttpRequest, program: Program) -> HttpResponse:
    """Lead whoever signed in to where they wanted to go, or to the first page."""
    return lead_to(base_of(program) + ONWARD.get(_onward(request), ""))


def browser_mark(request: HttpRequest, program_id: int) -> bytes:
    """What is kept of the browser that asks for a code."""
    secret = request.COOKIES.get(_cookie_name(), "")
    return mark_of(room().vault.key(KEY_PURPOSE), program_id, "browser", secret.encode())


def know_asking(request: HttpRequest) -> None:
    """Give a browser a secret unless it has one; from here on it is as if it had brought it."""
    if not _SECRET.fullmatch(request.COOKIES.get(_cookie_name(), "")):
        request.COOKIES[_cookie_name()] = token_hex(16)


def keep_asking(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Have a browser keep its secret for as long as a code may take."""
    name = _cookie_name()
    secure = bool(settings.CSRF_COOKIE_SECURE)
    answer.set_cookie(
        *(name, request.COOKIES[name], ASKING_S), path="/", samesite="Lax", secure=secure, httponly=True
    )
    return answer


def _act(request: HttpRequest, program_id: int, program: Program) -> HttpResponse:
    address = request.POST.get("address", "").replace("\0", "").strip()[:ADDRESS_MAX]
    if usable_address(address) is None:
        return form_page(request, program, notice="no_address", status=422)
    know_asking(request)
    index = room().vault.index(EMAIL_INDEX_PURPOSE, address)
    if request.POST.get("act") == "check":
        session = _given(request, program_id, index)
        if session is not None:
            return keep_session(led_on(request, program), program, session)
        answer = form_page(request, program, address=address, notice="wrong", status=403)
    else:
        now = utc_now()
        # Keys of events, and who has which address, are no member's.
        with room().reading(program_id) as tx:
            member_id = find_by_address(tx, program_id, index)
            if member_id is not None:
                mark = browser_mark(request, program_id)
                send_code(tx, Asking(program_id, member_id, "sign_in", mark), now)
        answer = form_page(request, program, address=address, notice="sent", good=True)
    return keep_asking(request, answer)


def _given(request: HttpRequest, program_id: int, index: bytes) -> Session | None:
    said, now = request.POST.get("code", "")[:CODE_MAX], utc_now()
    with room().reading(program_id) as tx:
        member_id = find_by_address(tx, program_id, index)
        if member_id is None:
            return None
        asking = Asking(program_id, member_id, "sign_in", browser_mark(request, program_id))
        if not check_code(tx, room().vault, asking, said, now):
            return None
        return begin_session(tx, program_id, member_id, device_of(request.headers), now)


def form_page(
    request: HttpRequest,
    program: Program,
    *,
    address: str = "",
    notice: str = "",
    good: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The form of the sign-in, for an address or, once one is there, for its code."""
    locale, place = locale_of(request), passkey_place(room().settings.public_url)
    say = words(locale, "app").gettext
    notices = {
        "sent": say("If we know this address, a code is on its way to it. It holds for ten minutes."),
        "wrong": say("That is not the code, or it is over. After five tries please ask for a new one."),
        "no_address": say("Please type your e-mail address."),
        "passkey": say("This passkey was not taken. You can sign in by a code."),
    }
    return page(
        request,
        "app/sign_in.html",
        locale=locale,
        status=status,
        **branded(program, locale),
        base=base_of(program),
        address=address,
        notice=notices.get(notice, ""),
        good=good,
        digits=CODE_DIGITS,
        place=place if isinstance(place, PasskeyPlace) else None,
        to=_onward(request),
    )


def _onward(request: HttpRequest) -> str:
    """Where the sign-in is to lead, by its short name; nothing for anything else."""
    asked = (request.POST if request.method == "POST" else request.GET).get("to", "")
    return asked if asked in ONWARD else ""


def _asking_from(request: HttpRequest, typed: str) -> str:
    address = str(request.META.get("REMOTE_ADDR", ""))
    if is_of_world(address):
        return network_of(address)
    return f"typed:{room().vault.index(EMAIL_INDEX_PURPOSE, typed).hex()}"


def _cookie_name() -> str:
    return f"{HOSTS_OWN if settings.CSRF_COOKIE_SECURE else ''}{ASKING}"
