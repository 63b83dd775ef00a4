"""A reward for somebody else: its member makes a link and hands it over; whoever takes it first has it.

Opening a link takes nothing, because scanners of mail and previews of chats open links too. The browser that
says "take it" keeps a receipt, bound to this one link, which opens the pages behind it from then on; to any
other the link says that it was used.
"""

from datetime import date, datetime
from secrets import token_hex
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from guerdon.engine.gifts.giving import MESSAGE_MAX, NAME_MAX, Given, Giving, give, take_back
from guerdon.engine.gifts.taking import take
from guerdon.program.model import Program
from guerdon.queries.claims import load_reward
from guerdon.store.database import UNAVAILABLE
from guerdon.store.gifts.gifts import NOBODY, Gift, find_gift, open_words
from guerdon.text.catalogs import words
from guerdon.text.qr import draw_qr
from guerdon.values.clock import utc_now
from guerdon.values.gifts import KEY_PURPOSE, Received, mark_of, write_received
from guerdon.values.ids import show
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.languages import locale_of
from guerdon.web.brands.serving import branded
from guerdon.web.member.buyers import buyer_of
from guerdon.web.member.links.proving import ask_proof
from guerdon.web.member.pages import is_givable, load_claim_page
from guerdon.web.member.views import RECEIVED, gift_link, missing_page, see_other, show_claim, visit_of
from guerdon.web.rooms import room

# By which a browser is told from others before it has taken anything.
TAKER = "taker"
KEPT_S = 400 * 24 * 3600
CHANCE, SECRET_MAX = 16, 64
NOTICES = {
    "given": "You gave it away already: the link is in your hands.",
    "used": "Part of this reward is used, so it cannot be given away.",
    "unknown": "This reward cannot be given away.",
    "taken": "Somebody has it already, so it cannot be taken back.",
}


@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is behind a link: a reward, or a gift that waits to be taken."""
    visit = visit_of(request, token)
    if visit is not None:
        return show_claim(request, token, visit)
    return _show_gift(request, token)


@require_http_methods(["GET", "HEAD", "POST"])
def take_gift(request: HttpRequest, token: str) -> HttpResponse:
    """Take a gift: the first browser that says so has it."""
    link, here, now = gift_link(token), room(), utc_now()
    if link is None:
        return missing_page(request)
    if request.method != "POST":
        return see_other(token)
    program_id, _, token_hash = link
    secret = request.COOKIES.get(TAKER, "")[:SECRET_MAX] or token_hex(CHANCE)
    mark = _mark(program_id, secret)
    try:
        with here.reading(program_id, NOBODY) as tx:
            gift = find_gift(tx, program_id, token_hash)
        if gift is None:
            return missing_page(request)
        with here.reading(program_id, gift.member_id) as tx:
            reward = load_reward(tx, program_id, gift.member_id, gift.reward_id, now)
            if reward is not None and reward.state == "ready":
                take(tx, gift, mark, now)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    # Whoever said it twice, or lost the answer, has it; the page tells all others.
    answer = see_other(token)
    _keep(request, answer, token, TAKER, secret)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def give_away(request: HttpRequest, token: str) -> HttpResponse:
    """Make the link of a gift, or take it back; and show where it stands."""
    visit = visit_of(request, token)
    if visit is None or visit.gift is not None:
        return missing_page(request)
    asked = ask_proof(request, token, visit, "give")
    if asked is not None:
        return asked
    here, said, made = room(), "", None
    try:
        with here.reading(visit.program_id, visit.member_id) as tx:
            if request.method == "POST":
                form = request.POST
                told = (form.get("name", "").replace("\0", ""), form.get("message", "").replace("\0", ""))
                giving = Giving(visit.program_id, visit.member_id, visit.reward_id, *told)
                if form.get("act") == "back":
                    said = "" if take_back(tx, giving, visit.now) else "taken"
                else:
                    answer = give(tx, here.vault, visit.program, giving, visit.now)
                    made, said = (answer, "") if isinstance(answer, Given) else (None, answer)
            claim = load_claim_page(tx, here.vault, visit)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if claim is None:
        return missing_page(request)
    link = f"{here.settings.public_url}/r/{made.token}" if made is not None else ""
    return page(
        request,
        "member/give.html",
        locale=claim.locale,
        status=409 if said else 200,
        **branded(visit.program, claim.locale),
        token=token,
        claim=claim,
        gives=is_givable(visit.program, claim),
        link=link,
        qr=draw_qr(link) if link else None,
        notice=words(claim.locale, "member").gettext(NOTICES[said]) if said else "",
        name_max=NAME_MAX,
        message_max=MESSAGE_MAX,
    )


def _show_gift(request: HttpRequest, token: str) -> HttpResponse:
    link, here, now = gift_link(token), room(), utc_now()
    if link is None:
        return missing_page(request)
    program_id, program, token_hash = link
    try:
        with here.reading(program_id, NOBODY) as tx:
            gift = find_gift(tx, program_id, token_hash)
        if gift is None:
            return missing_page(request)
        with here.reading(program_id, gift.member_id) as tx:
            reward = load_reward(tx, program_id, gift.member_id, gift.reward_id, now)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    secret = request.COOKIES.get(TAKER, "")[:SECRET_MAX]
    if gift.taken_at is not None and secret and _mark(program_id, secret) == gift.bound_hash:
        kept = Received(gift.member_id, gift.reward_id, gift.id, gift.taken_at)
        answer = see_other(token)
        receipt = write_received(here.vault.key(KEY_PURPOSE), token_hash, kept)
        _keep(request, answer, token, RECEIVED, receipt)
        return answer
    gone = _gone(gift, now)
    if gone is not None or reward is None or reward.state != "ready":
        return _gone_page(request, program, gone or ("withdrawn", now))
    name, message = open_words(here.vault, gift)
    locale = locale_of(request)
    answer = page(
        request,
        "member/gift.html",
        locale=locale,
        **branded(program, locale),
        token=token,
        number=show("rwd", reward.id),
        buyer=buyer_of(program, reward, now),
        until=_day(program, gift.expires_at),
        name=name,
        message=message,
    )
    _keep(request, answer, token, TAKER, secret or token_hex(CHANCE))
    return answer


def _gone(gift: Gift, now: datetime) -> tuple[str, datetime] | None:
    """Why a gift cannot be taken, and since when."""
    if gift.taken_at is not None:
        return "used", gift.taken_at
    if gift.canceled_at is not None:
        return "back", gift.canceled_at
    return ("ended", gift.expires_at) if gift.expires_at <= now else None


def _gone_page(request: HttpRequest, program: Program, gone: tuple[str, datetime]) -> HttpResponse:
    why, since = gone
    locale = locale_of(request)
    return page(
        request,
        "member/gone.html",
        locale=locale,
        status=410,
        **branded(program, locale),
        why=why,
        since=_day(program, since),
    )


def _mark(program_id: int, secret: str) -> bytes:
    return mark_of(room().vault.key(KEY_PURPOSE), program_id, "taker", secret.encode())


def _keep(request: HttpRequest, answer: HttpResponse, token: str, name: str, value: str) -> None:
    """Have a browser keep something for the pages behind one link."""
    answer.set_cookie(
        *(name, value, KEPT_S),
        path=f"/r/{token}",
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )


def _day(program: Program, instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(program.time_zone)).date()
