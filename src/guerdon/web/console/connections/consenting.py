"""Connecting by OAuth: a browser is sent to HubSpot and comes back; only that one goes on, once, in time.

Our own cookies do not come along when another site sends somebody here: so where HubSpot sends them back is a
page that leads on, by ourselves, to the one behind the sign-in.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from urllib.parse import urlencode

import msgspec
from django.http import Http404, HttpRequest, HttpResponse

from guerdon.connectors.hubspot.api import oauth
from guerdon.connectors.hubspot.api.outcomes import Done, Later, Unsure
from guerdon.connectors.hubspot.wired import OPTIONAL_SCOPES, SCOPES
from guerdon.store.sealing import Unreadable
from guerdon.web.accounts.answers import page
from guerdon.web.console.connections.pages import PATH, declared_of, looking, office, shown, take
from guerdon.web.console.connections.sayings import refusal_said
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.rooms import room

PURPOSE = "crm consent"
IN_SESSION = "consent"
WITHIN = timedelta(minutes=10)
# What HubSpot may say when it sends somebody back, and how long that is.
BROUGHT = ("code", "state", "error")
LETTERS_MAX = 500


class Pending(msgspec.Struct, frozen=True):
    """What a browser was sent away with."""

    program_id: int
    connection: str
    state: str
    verifier: str
    until_s: float


_read_pending = msgspec.json.Decoder(Pending).decode


@staff_page
def consent(desk: Desk, connection: str) -> HttpResponse:
    """Begin: show where to go, and keep for this browser what it has to come back with."""
    declared = declared_of(desk, connection)
    if desk.request.method != "POST":
        return shown(desk, declared)
    if desk.request.POST.get("act") != "consent":
        raise Http404
    looking(desk)
    ours = office()
    app = ours.app_of(desk.program.key, declared)
    if app is None:
        return shown(desk, declared, "app")
    begun = oauth.consent(ours.bare(declared), app, SCOPES, OPTIONAL_SCOPES)
    until_s = (desk.now + WITHIN).timestamp()
    pending = Pending(desk.program_id, declared.key, begun.state, begun.verifier, until_s)
    sealed = room().vault.seal(PURPOSE, desk.actor, msgspec.json.encode(pending))
    desk.request.session[IN_SESSION] = urlsafe_b64encode(sealed).decode()
    return shown(desk, declared, consent=begun.url)


def came_back(request: HttpRequest, key: str) -> HttpResponse:
    """Where HubSpot sends people: lead on to our own page, with what they brought and nothing else."""
    # Whether there is such a program is not said to whoever asks.
    brought = {name: request.GET.get(name, "")[:LETTERS_MAX] for name in BROUGHT if request.GET.get(name)}
    onward = f"/console/{key}/{PATH}/return?{urlencode(brought)}"
    answer = page(request, "console/connections/back.html", onward=onward)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@staff_page
def returned(desk: Desk) -> HttpResponse:
    """Ask once more, then take what was brought."""
    if desk.request.method != "POST":
        # Whoever comes by without having been sent away reads why there is nothing to do.
        brought = {name: desk.request.GET.get(name, "")[:LETTERS_MAX] for name in BROUGHT}
        pending = _pending(desk)
        refused = "" if pending is not None else "state"
        if pending is not None and not brought["code"]:
            refused = "denied"
        return _asked(desk, brought, pending, refused)
    pending, brought = _pending(desk), desk.request.POST
    # Good once, whatever comes of it.
    desk.request.session.pop(IN_SESSION, None)
    if pending is None or not hmac.compare_digest(brought.get("state", "").encode(), pending.state.encode()):
        return _asked(desk, {}, None, "state")
    declared = declared_of(desk, pending.connection)
    ours = office()
    app = ours.app_of(desk.program.key, declared)
    if app is None:
        return shown(desk, declared, "app")
    made = oauth.exchange(ours.bare(declared), app, brought.get("code", ""), pending.verifier)
    if not isinstance(made, Done):
        return shown(desk, declared, "unreachable" if isinstance(made, Later | Unsure) else "code")
    known = oauth.introspect(ours.bare(declared), app, made.answer.access_token)
    app_id = known.answer.app_id or None if isinstance(known, Done) else None
    refused = take(desk, declared, ours.granted(made.answer, declared.portal, app_id))
    if refused:
        return shown(desk, declared, refused)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{declared.key}")})


def _pending(desk: Desk) -> Pending | None:
    """What this browser was sent away with, if that was for this program and in time."""
    kept = desk.request.session.get(IN_SESSION, "")
    try:
        opened = room().vault.open(PURPOSE, desk.actor, urlsafe_b64decode(kept))
    except (Unreadable, ValueError):
        return None
    pending = _read_pending(opened)
    in_time = desk.now.timestamp() <= pending.until_s
    return pending if in_time and pending.program_id == desk.program_id else None


def _asked(desk: Desk, brought: dict[str, str], pending: Pending | None, refused: str) -> HttpResponse:
    answer = desk.show(
        "console/connections/return.html",
        "connections",
        brought=brought,
        connection=pending.connection if pending is not None else "",
        portal=desk.program.connections[pending.connection].portal
        if pending is not None and pending.connection in desk.program.connections
        else 0,
        refused=refusal_said(refused, desk.locale) if refused else "",
    )
    answer.status_code = 422 if refused and desk.request.method == "POST" else 200
    answer.headers["Cache-Control"] = "no-store"
    return answer
