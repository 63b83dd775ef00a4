"""A member's browser lets us push to it: its subscription comes from their own page, after a tap.

It is only an address, and no consent: about what somebody may be told is said elsewhere. Where it leads, a
stranger's browser says, so it is judged before it is kept and again whenever it is asked.
"""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from guerdon.channels.push.web import read_subscription
from guerdon.engine.messages.consents.addressing import Wanted, add_device
from guerdon.engine.messages.port import Subscription
from guerdon.queries.referrals.own import survivor_of
from guerdon.store.database import UNAVAILABLE
from guerdon.values.ids import show
from guerdon.web.accounts.assets import load_assets
from guerdon.web.member.devices import device_of
from guerdon.web.member.pages import Visit
from guerdon.web.member.views import missing_page, visit_of
from guerdon.web.rooms import room

BODY_MAX = 4_096
WORKER = "js/worker.js"
# It shows what is pushed, and the app without a network: one worker for both, over the pages of the app.
KEPT = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/m"}


class _Keys(msgspec.Struct):
    p256dh: str
    auth: str


class _Said(msgspec.Struct):
    """A subscription as browsers write it."""

    endpoint: str
    keys: _Keys


@require_POST
def add_browser(request: HttpRequest, token: str) -> HttpResponse:
    """Keep a browser's subscription; the same one again is the same device."""
    visit, here = visit_of(request, token), room()
    if visit is None or visit.gift is not None or here.channels.browser_key(visit.program) is None:
        return missing_page(request)
    there = _read(request.body)
    if there is None:
        return HttpResponse(status=422)
    # Whoever has the link may say so a number of times, and not without end.
    who = f"devices:{visit.program_id}:{visit.member_id}"
    if here.wrong_codes.wait(who):
        return HttpResponse(status=429)
    here.wrong_codes.wrong(who)
    try:
        _keep(request, visit, there)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    return HttpResponse(status=201)


@require_safe
def push_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows what is pushed: always at the same address, under which no page lies."""
    del request
    found = load_assets().by_name[WORKER]
    return HttpResponse(found.body, content_type=found.type, headers=KEPT)


def _keep(request: HttpRequest, visit: Visit, there: Subscription) -> None:
    here = room()
    # The audit is no member's.
    with here.reading(visit.program_id) as tx:
        # A link of one of two contacts that became one is the link of who is left.
        member_id = survivor_of(tx, visit.program_id, visit.member_id)
        label = device_of(request.headers)
        wanted = Wanted(visit.program_id, member_id, there, label, show("mem", member_id), visit.now)
        add_device(tx, here.vault, wanted)


def _read(body: bytes) -> Subscription | None:
    if len(body) > BODY_MAX:
        return None
    try:
        said = msgspec.json.decode(body, type=_Said)
    except (msgspec.DecodeError, ValueError):
        return None
    allow = room().channels.browsers_allow
    return read_subscription(said.endpoint, said.keys.p256dh, said.keys.auth, allow)
