"""Which browser comes: by a secret that it keeps for the member's pages, of which we keep a hash."""

import re
from collections.abc import Sequence
from secrets import token_hex

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from guerdon.engine.gifts.holding import Held, hold
from guerdon.store.database import UNAVAILABLE
from guerdon.values.gifts import mark_of
from guerdon.web.member.pages import Visit
from guerdon.web.rooms import room

BROWSER, HOSTS_OWN = "browser", "__Host-browser"
KEY_PURPOSE = "holder"
KEPT_S = 400 * 24 * 3600

_BYTES = 16
_SECRET = re.compile(r"[0-9a-f]{32}")


def know_browser(request: HttpRequest) -> None:
    """Give a browser a secret unless it has one; from here on it is as if it had brought it."""
    if not _SECRET.fullmatch(request.COOKIES.get(_name(), "")):
        request.COOKIES[_name()] = token_hex(_BYTES)


def keep_browser(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Have a browser keep its secret, for all links alike: a new link opens where the old one did."""
    name = _name()
    answer.set_cookie(
        *(name, request.COOKIES[name], KEPT_S),
        # The prefix asks for the whole host; plain http (a computer of one's own) has no need of it.
        path="/" if name == HOSTS_OWN else "/r/",
        samesite="Lax",
        secure=name == HOSTS_OWN,
        httponly=True,
    )
    return answer


def mark_here(request: HttpRequest, visit: Visit) -> bytes:
    """What is kept of a browser; of two members it is another, so that nothing tells who shares one."""
    said = f"{visit.member_id}|{request.COOKIES[_name()]}"
    return mark_of(room().vault.key(KEY_PURPOSE), visit.program_id, "holder", said.encode())


def hold_others(request: HttpRequest, visit: Visit, rewards: Sequence[int]) -> Held | None:
    """Have links of rewards that pay beside that of a link open here, too.

    "elsewhere": another browser has one of them, or the link itself, and nothing was given. None: the
    database does not answer.
    """
    if visit.gift is not None or not rewards or not visit.program.catalog.claim_links.one_time:
        return "here"
    whose = (visit.program_id, visit.member_id, visit.reward_id)
    try:
        with room().reading(*whose[:2]) as tx:
            return hold(tx, whose, mark_here(request, visit), visit.now, rewards)
    except UNAVAILABLE:
        return None


def _name() -> str:
    # What begins so no other host of the same domain can plant; it is with the cookie of the forms.
    return HOSTS_OWN if settings.CSRF_COOKIE_SECURE else BROWSER
