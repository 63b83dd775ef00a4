"""What a claim link answers: the page of its reward, and the choice made on it.

The link is the key, so nobody logs in. One that was never made, is mistyped or names a reward that is gone
gets one and the same answer; opening a link changes nothing, because mail scanners open them too.
"""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from guerdon.engine.redeem import Choice, redeem
from guerdon.ledger.effects import Refuse
from guerdon.store.database import UNAVAILABLE
from guerdon.text.catalogs import words
from guerdon.text.rosette import banknote
from guerdon.values.claims import KEY_PURPOSE, claim_token, read_claim
from guerdon.values.clock import utc_now
from guerdon.values.texts import text_in
from guerdon.web.accounts.answers import page
from guerdon.web.member.devices import device_of
from guerdon.web.member.pages import Visit, load_claim_page
from guerdon.web.rooms import room

# Why a choice was refused, as the member reads it, and the answer's status.
NOTICES = {
    "expired": ("This reward has ended, so nothing was chosen. Whatever else you have is below.", 409),
    "pending": ("This reward cannot be used yet, so nothing was chosen.", 409),
    "changed": ("What there is to choose with has changed meanwhile. Please look and choose again.", 409),
    "unit:status": ("This counts for your status; nothing can be chosen for it.", 422),
    "withdrawn": ("What this reward was given for was canceled, so it was taken back.", 409),
    "sold_out": (
        "The last code of this item has just gone. Your reward is untouched: please choose another.",
        409,
    ),
    "balance": ("Your balance does not cover this reward at the moment, so nothing was chosen.", 409),
    "item:unknown": (
        "This item is not on offer any more. Your reward is untouched: please choose another.",
        422,
    ),
    "item:market": (
        "This item is not available in your country. Your reward is untouched: please choose another.",
        422,
    ),
    "item:policy": (
        "This item is not available in your country. Your reward is untouched: please choose another.",
        422,
    ),
    "item:value": (
        "This item cannot be had for this reward. Your reward is untouched: please choose another.",
        422,
    ),
    "busy": (
        "Many people are choosing right now. Please try again in a moment; no reward is ever used twice.",
        503,
    ),
}
BRAND = "Guerdon"
AMOUNT_DIGITS_MAX = 19


@require_safe
def open_claim(request: HttpRequest, token: str) -> HttpResponse:
    """Show the reward of a link."""
    visit = visit_of(token)
    return missing_page(request) if visit is None else _show(request, token, visit)


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Choose an item for a link's reward, once; then, and at every click after it, show the link again."""
    visit = visit_of(token)
    if visit is None:
        return missing_page(request)
    if request.method != "POST":
        # A refusal stands at this address; who asks for it again wants the reward.
        return _see_other(token)
    item, left = request.POST.get("item", ""), request.POST.get("left")
    ids = (visit.program_id, visit.member_id, visit.reward_id)
    choice = Choice(*ids, item, device_of(request.headers), None if left is None else _amount(left))
    opens = partial(room().reading, visit.program_id, visit.member_id)
    answer = redeem(opens, visit.program, choice, visit.now)
    if answer is None:
        return missing_page(request)
    if isinstance(answer, Refuse) and answer.reason != "used":
        return _show(request, token, visit, answer.reason)
    return _see_other(token)


def _amount(text: str) -> int:
    """What the page said was left; what no page ever said is none of it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= AMOUNT_DIGITS_MAX else -1


def visit_of(token: str) -> Visit | None:
    """Who opens what, by a link; None for one that we never made."""
    here = room()
    key = here.vault.key(KEY_PURPOSE)
    for program_id, program in here.programs().items():
        claim = read_claim(key, program_id, token)
        if claim is not None:
            member_id, reward_id = claim
            token_of = partial(claim_token, key, program_id, member_id)
            return Visit(program_id, program, member_id, reward_id, utc_now(), token_of)
    return None


def _show(request: HttpRequest, token: str, visit: Visit, reason: str = "") -> HttpResponse:
    here = room()
    try:
        with here.reading(visit.program_id, visit.member_id) as tx:
            claim = load_claim_page(tx, here.vault, visit)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if claim is None:
        return missing_page(request)
    if reason and claim.orders and claim.state == "redeemed":
        # Another click, or a try whose answer was lost, got through in the meantime.
        return _see_other(token)
    notice, status = NOTICES.get(reason, ("", 200))
    return page(
        request,
        "member/claim.html",
        locale=claim.locale,
        status=status,
        claim=claim,
        token=token,
        brand=text_in(visit.program.name, claim.locale),
        notice=words(claim.locale, "member").gettext(notice) if notice else "",
        banknote=banknote,
        invites=bool(visit.program.referrals),
    )


def _see_other(token: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": f"/r/{token}"})


def missing_page(request: HttpRequest, why: str = "missing", status: int = 404) -> HttpResponse:
    """The one answer for every link that opens nothing."""
    return page(request, "member/missing.html", status=status, brand=BRAND, why=why)
