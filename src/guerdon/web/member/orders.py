"""What became of a choice, behind the link of the reward that paid for it.

A code is shown to whoever holds the link, and to nobody by another one: each link opens the orders of its own
reward. That it was *opened* is written when the page's own script has had the code in view for a while, or a
form of the page was sent, and never because the address was fetched: scanners of mail fetch links too, and
some of them run what they find. None of them is led here, as mails lead to the reward's page alone.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from guerdon.engine.orders.canceling import ENDED, Taking, call_off
from guerdon.engine.orders.cases import Complaint, looked_of, open_case
from guerdon.engine.orders.resending import mails_left, resend
from guerdon.ledger.effects import Refuse
from guerdon.queries.orders.orders import MemberOrder, load_order
from guerdon.store.database import UNAVAILABLE, Transaction
from guerdon.store.gifts.gifts import load_gift
from guerdon.store.orders.cases import Case, has_address, list_cases
from guerdon.store.orders.opened import record_opened
from guerdon.text.catalogs import words
from guerdon.values.ids import read, show
from guerdon.web.accounts.answers import page
from guerdon.web.brands.serving import branded
from guerdon.web.member.catalog import PART
from guerdon.web.member.handed import OrderShown, order_shown
from guerdon.web.member.links.proving import ask_proof
from guerdon.web.member.pages import Visit
from guerdon.web.member.passes.cards import (
    Wallet,
    google_link,
    is_over,
    wallets_of,
    write_apple,
)
from guerdon.web.member.views import missing_page, see_other, visit_of
from guerdon.web.rooms import room

# What is wrong, as a member says it.
WHATS = {
    "not_there": "No code came",
    "not_accepted": "The code is not accepted",
    "wrong_amount": "The amount is not right",
    "other": "Something else",
}
# What became of what a form asked for: what it says, whether it is good news, and the answer's status.
SAID = {
    "sent": ("The link is on its way to your e-mail address.", True, 200),
    "often_mailed": ("It was sent three times already. This page keeps your code.", False, 409),
    "opened": ("Thank you. We look into it with whoever delivers it, and the answer stands here.", True, 200),
    "open": ("You told us already. We are looking at it.", True, 200),
    "often": ("You told us several times. We have all of it, and answer here.", False, 409),
    "what": ("Say what is wrong, please: choose one of these.", False, 422),
    "canceled": ("It is called off. What it cost is yours again.", True, 200),
    "lost": ("It is called off. What had ended of its cost is not yours again.", True, 200),
    "ended": (
        "Nothing was called off: some of what pays for it has ended meanwhile. Below is what you would lose.",
        False,
        409,
    ),
    "late": ("It was ordered in the meantime, so it cannot be called off here any more.", False, 409),
    "later": ("That did not work just now. Nothing was changed; please try again.", False, 503),
    "over": ("There is no pass of this any more: its code does not count.", False, 410),
}
DEEDS = ("seen", "resend", "case", "cancel")


@require_safe
def order(request: HttpRequest, token: str, ord: str) -> HttpResponse:  # noqa: A002  its name in the address
    """Show where an order is, and its code once it is there."""
    visit = visit_of(request, token)
    if visit is None:
        return missing_page(request)
    return ask_proof(request, token, visit) or _show(request, token, visit, ord)


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, token: str, ord: str, deed: str) -> HttpResponse:  # noqa: A002
    """Do what a form of the page asks for, and show the page again."""
    visit = visit_of(request, token)
    number = read("ord", ord)
    if visit is None or number is None:
        return missing_page(request)
    asked = ask_proof(request, token, visit)
    if asked is not None:
        return asked
    whose = (visit.program_id, visit.member_id, number)
    try:
        with room().reading(visit.program_id, visit.member_id) as tx:
            found = load_order(tx, room().vault, *whose)
            given = _is_given(tx, visit)
        if found is None or not visit.shows(found):
            return missing_page(request)
        if given or request.method != "POST":
            return HttpResponse(status=303, headers={"Location": f"/r/{token}/orders/{ord}"})
        said = _do(request, visit, found, deed)
    except UNAVAILABLE:
        said = "later"
    if deed == "seen":
        return HttpResponse(status=204)
    return _show(request, token, visit, ord, said)


@require_http_methods(["GET", "HEAD", "POST"])
def carry(request: HttpRequest, token: str, ord: str, wallet: Wallet) -> HttpResponse:  # noqa: A002
    """Hand out an order as a pass for a phone; it was opened when the page's form asks, as with the code."""
    visit, number = visit_of(request, token), read("ord", ord)
    if visit is None or number is None:
        return missing_page(request)
    asked = ask_proof(request, token, visit)
    if asked is not None:
        return asked
    try:
        return _carry(request, token, visit, number, wallet)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)


def _carry(request: HttpRequest, token: str, visit: Visit, number: int, wallet: Wallet) -> HttpResponse:
    whose, asks = (visit.program_id, visit.member_id, number), request.method == "POST"
    with room().reading(*whose[:2]) as tx:
        found = load_order(tx, room().vault, *whose)
        if found is None or not visit.shows(found):
            return missing_page(request)
        if _is_given(tx, visit):
            return see_other(token)
        shown = order_shown(tx, visit, found)
        carried = wallet in wallets_of(visit, found, shown)
        if carried and asks:
            record_opened(tx, whose, visit.now)
    if not carried:
        return _show(request, token, visit, shown.ord, "over") if is_over(found) else missing_page(request)
    if wallet == "google" and asks:
        return page(
            request,
            "member/save.html",
            locale=shown.locale,
            **branded(visit.program, shown.locale),
            token=token,
            order=shown,
            link=google_link(visit, found, shown),
        )
    if wallet == "apple" and not asks:
        # A phone may ask for the address of a pass once more by itself, so that reads, and changes nothing.
        return write_apple(visit, found, shown)
    return see_other(f"{token}/orders/{shown.ord}" + ("/pass/apple" if asks else ""))


def _do(request: HttpRequest, visit: Visit, found: MemberOrder, deed: str) -> str:
    here, whose = room(), (visit.program_id, visit.member_id, found.id)
    if deed == "resend":
        # Their mail would go to whoever gave it.
        if found.state != "fulfilled" or visit.gift is not None:
            return "later"
        # Keys of events are no member's.
        with here.reading(visit.program_id) as tx:
            sent = resend(tx, whose, visit.now)
        return {"sent": "sent", "often": "often_mailed"}.get(sent, "later")
    with here.reading(visit.program_id, visit.member_id) as tx:
        if found.state == "fulfilled":
            # Whoever sends a form of the page has seen what stands on it.
            record_opened(tx, whose, visit.now)
        if deed == "cancel":
            return _call_off(tx, visit, found, request.POST.get("told", ""))
        if deed == "case":
            form = request.POST
            complaint = Complaint(*whose, form.get("what", ""), form.get("words", "").replace("\0", ""))
            return open_case(tx, here.vault, complaint, visit.now)
    return ""


def _call_off(tx: Transaction, visit: Visit, found: MemberOrder, told: str) -> str:
    taking = Taking(visit.program_id, visit.member_id, found.id, show("mem", visit.member_id))
    lost = call_off(tx, taking, told, visit.now)
    if not isinstance(lost, Refuse):
        return "lost" if lost else "canceled"
    return "ended" if lost.reason == ENDED else "late"


def _show(request: HttpRequest, token: str, visit: Visit, ord: str, said: str = "") -> HttpResponse:  # noqa: A002
    here, number = room(), read("ord", ord)
    whose = (visit.program_id, visit.member_id)
    if number is None:
        return missing_page(request)
    try:
        with here.reading(*whose) as tx:
            found = load_order(tx, here.vault, *whose, number)
            if found is None or not visit.shows(found):
                return missing_page(request)
            if _is_given(tx, visit):
                return see_other(token)
            shown = order_shown(tx, visit, found)
            cases = list_cases(tx, here.vault, *whose, number)
            mailed = visit.gift is None and has_address(tx, *whose)
            mails = mails_left(tx, *whose, found.reward_id) if mailed else 0
            wallets = wallets_of(visit, found, shown)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    say = words(shown.locale, "member").gettext
    text, good, status = SAID.get(said, ("", True, 200))
    part = request.headers.get(PART) == "order"
    return page(
        request,
        "member/order_now.html" if part else "member/order.html",
        locale=shown.locale,
        status=status,
        **branded(visit.program, shown.locale),
        token=token,
        order=shown,
        cases=[(case, _heard(case, shown.locale)) for case in cases],
        complains=_complains(shown, visit.now) and not any(case.state == "open" for case in cases),
        wrong=said == "what",
        mails_left=mails,
        wallets=wallets,
        whats={key: say(name) for key, name in WHATS.items()},
        notice=say(text) if text else "",
        good=good,
    )


def _heard(case: Case, locale: str) -> str:
    """What a supplier said of an order whose case is open, in words of ours: theirs may name a code.

    How a code of our own pool stands is for staff alone, and their answer to the case says all of it.
    """
    looked = looked_of(case) if case.state == "open" else None
    say = words(locale, "member").gettext
    undelivered = say("We asked the supplier: they do not have it as delivered.")
    return {
        "placed": say("We asked the supplier: they have it as delivered."),
        "pending": say("We asked the supplier: they are not done with it yet."),
        "refused": undelivered,
        "absent": undelivered,
    }.get(looked.came if looked is not None else "", "")


def _is_given(tx: Transaction, visit: Visit) -> bool:
    """Whether its member gave it away: what was chosen then is none of theirs."""
    gift = load_gift(tx, visit.program_id, visit.member_id, visit.reward_id) if visit.gift is None else None
    return gift is not None and gift.stands(visit.now)


def _complains(shown: OrderShown, now: datetime) -> bool:
    """Whether there is something to say of it: it came, or should have."""
    return shown.state in {"fulfilled", "unknown"} or (shown.moving and shown.due_at <= now)
