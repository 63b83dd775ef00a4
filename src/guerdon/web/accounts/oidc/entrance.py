"""The way in through the provider, and out of it again.

It begins with a link and not with a form, because browsers hold a form to its own site even after a redirect.
It ends with a page that leads on by itself, because only what our own page asks for brings our own cookies.
"""

import logging
from hashlib import sha256

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.connectors.oidc.asking import Unreached
from guerdon.connectors.oidc.provider import Unfit, address_to_leave, address_to_sign_in, begin_journey
from guerdon.values.clock import utc_now
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.attempts import record_attempt, too_many_from_there
from guerdon.web.accounts.models import Staff
from guerdon.web.accounts.oidc.journeys import Sent, note_journey, take_journey
from guerdon.web.accounts.oidc.linking import whom_it_brings
from guerdon.web.accounts.second_factor import begin, finish
from guerdon.web.accounts.settings import on_loopback
from guerdon.web.accounts.sign_in import onward_of, sign_in_page
from guerdon.web.guesses import Guesses, network_of
from guerdon.web.rooms import room
from guerdon.web.sign_on import SingleSignOn

log = logging.getLogger(__name__)
LETTERS_MAX = 2_000
# Each begun one is a row of somebody who may be anybody.
ASKED = Guesses(60, 60.0)


@require_safe
def go(request: HttpRequest) -> HttpResponse:
    """Send the reader to the provider."""
    sign_on, network = _sign_on(), network_of(str(request.META.get("REMOTE_ADDR", "")))
    if too_many_from_there(request) or ASKED.wait(network):
        return sign_in_page(request, "", "many", 429)
    ASKED.wrong(network)
    try:
        provider = sign_on.provider()
    except (Unreached, Unfit) as fault:
        return _down(request, fault)
    journey = begin_journey()
    hint = request.GET.get("login_hint", "")[:254]
    where = address_to_sign_in(provider, journey, sign_on.ours.client_id, _return_to(), hint)
    answer = HttpResponse(status=303, headers={"Location": where})
    note_journey(request, answer, journey, onward_of(request))
    return answer


@require_safe
def returned(request: HttpRequest) -> HttpResponse:
    """Take what the provider sent, and open the session or ask for what is missing."""
    sign_on = _sign_on()
    if too_many_from_there(request):
        return sign_in_page(request, "", "many", 429)
    brought = {name: request.GET.get(name, "") for name in ("state", "code", "error", "iss")}
    if any(len(each) > LETTERS_MAX for each in brought.values()):
        return _refused(request, "state", "it is too long")
    sent = take_journey(request, brought["state"])
    if sent is None:
        return _refused(request, "state", "its state is none of this browser")
    if brought["iss"] and brought["iss"] != sign_on.ours.issuer:
        return _refused(request, "refused", "another issuer answers")
    if brought["error"] or not brought["code"]:
        log.warning("the provider of single sign-on refused: %.100r", brought["error"])
        return sign_in_page(request, "", "sso_denied", 403)
    return _taken(request, sign_on, sent, brought["code"])


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that the session is over here, and how to end the one at the provider."""
    sign_on = _sign_on()
    leave = ""
    try:
        again = f"{room().settings.public_url}/account/sign-in"
        leave = address_to_leave(sign_on.provider(), sign_on.ours.client_id, again)
    except (Unreached, Unfit) as fault:
        log.warning("the provider of single sign-on does not answer: %s", fault)
    return page(request, "console/signed_out.html", leave=leave, name=sign_on.ours.name)


def _taken(request: HttpRequest, sign_on: SingleSignOn, sent: Sent, code: str) -> HttpResponse:
    try:
        claims = sign_on.claims_of(sent.journey, code, _return_to(), utc_now())
    except Unreached as fault:
        return _down(request, fault)
    except Unfit as fault:
        return _refused(request, "refused", str(fault))
    staff = whom_it_brings(sign_on.ours, claims)
    if not isinstance(staff, Staff):
        return _refused(request, staff, f"{staff}: {sha256(claims.subject.encode()).hexdigest()[:16]}")
    proved = bool(claims.factors & set(sign_on.ours.factors))
    if proved or (staff.second_factor_waived and on_loopback(room().settings.public_url)):
        request.session.flush()
        finish(request, staff)
        return _lead_on(request, sent.onward)
    if not staff.second_factor and staff.passkeys.exists():
        return sign_in_page(request, "", "passkey_only", 403)
    return _lead_on(request, begin(request, staff, sent.onward)["Location"])


def _lead_on(request: HttpRequest, onward: str) -> HttpResponse:
    return page(request, "console/signed_on.html", onward=onward)


def _refused(request: HttpRequest, problem: str, why: str) -> HttpResponse:
    # What a stranger sent may be quoted in it.
    log.warning("a single sign-on was refused: %.200r", why)
    record_attempt(request, sha256(why.encode()).hexdigest())
    return sign_in_page(request, "", f"sso_{problem}", 403)


def _down(request: HttpRequest, fault: Exception) -> HttpResponse:
    log.warning("the provider of single sign-on does not answer: %.200r", str(fault))
    return sign_in_page(request, "", "sso_down", 503)


def _sign_on() -> SingleSignOn:
    sign_on = room().sign_on
    if sign_on is None:
        raise Http404
    return sign_on


def _return_to() -> str:
    return f"{room().settings.public_url}/account/single-sign-on/return"
