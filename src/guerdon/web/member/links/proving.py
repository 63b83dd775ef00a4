"""The second factor of a link: above a value its member also gives a code that was mailed to them.

Looking needs the link alone. Choosing, giving it away and seeing a code ask for it, once a browser: what the
browser keeps is bound to the reward and ends after a month.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.gifts.holding import take_over, where_held
from guerdon.engine.gifts.proving import check_code, is_guarded, send_code
from guerdon.store.database import UNAVAILABLE, plan_by_keys
from guerdon.text.catalogs import words
from guerdon.values.proofs import CODE_DIGITS, KEPT_FOR, KEY_PURPOSE, is_proven, write_proven
from guerdon.web.accounts.answers import page
from guerdon.web.brands.serving import branded
from guerdon.web.member.buyers import buyer_here
from guerdon.web.member.links.browsers import mark_here
from guerdon.web.member.pages import Visit
from guerdon.web.member.views import missing_page, see_other, visit_of
from guerdon.web.rooms import room

PROVEN = "proven"
ONWARD = frozenset({"", "give"})
SAID = {
    "sent": ("A code is on its way to your e-mail address.", True, 200),
    "often": ("Three codes were sent within an hour. Please try again later.", False, 429),
    "no_address": ("We have no e-mail address of yours, so please ask the programme's service.", False, 409),
    "new_address": (
        "Your e-mail address was changed less than a day ago. For your safety codes go there after a day.",
        False,
        403,
    ),
    "unknown": ("That did not work just now. Nothing was changed; please try again.", False, 409),
    "wrong": ("That is not the code.", False, 403),
    "over": ("This code is over. Please have a new one sent.", False, 403),
}


def ask_proof(request: HttpRequest, token: str, visit: Visit, onward: str = "") -> HttpResponse | None:
    """Lead a browser to where it gives the code, unless it did, or need not."""
    if not visit.program.catalog.second_factor_above or visit.gift is not None:
        # Of a gift its giver was asked.
        return None
    whose = (visit.program_id, visit.member_id, visit.reward_id)
    kept = request.COOKIES.get(PROVEN, "")
    if is_proven(room().vault.key(KEY_PURPOSE), whose, kept, visit.now):
        return None
    try:
        with room().reading(visit.program_id, visit.member_id) as tx:
            plan_by_keys(tx)
            guarded = is_guarded(tx, visit.program, whose)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if not guarded:
        return None
    return see_other(f"{token}/prove?next={onward}" if onward else f"{token}/prove")


@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the code, mail it, and take it; where a link opens in one browser, this one has it then."""
    visit = visit_of(request, token)
    if visit is None or visit.gift is not None:
        return missing_page(request)
    here, said, form, elsewhere = room(), "", request.POST, False
    whose = (visit.program_id, visit.member_id, visit.reward_id)
    onward = form.get("next", request.GET.get("next", ""))
    onward = onward if onward in ONWARD else ""
    try:
        with here.reading(*whose[:2]) as tx:
            buyer = buyer_here(tx, visit)
            if buyer is None:
                return missing_page(request)
            if request.method == "POST" and form.get("act") == "check":
                said = check_code(tx, here.vault, whose, form.get("code", ""), visit.now)
            if visit.program.catalog.claim_links.one_time:
                mark = mark_here(request, visit)
                if said == "given":
                    take_over(tx, whose, mark, visit.now)
                elsewhere = where_held(tx, whose, mark) == "elsewhere"
        if request.method == "POST" and form.get("act") == "send":
            # Keys of events are no member's.
            with here.reading(visit.program_id) as tx:
                said = send_code(tx, whose, visit.now)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if said == "given":
        return _let_on(request, token, whose, visit, onward)
    text, good, status = SAID.get(said, ("", True, 200))
    return page(
        request,
        "member/prove.html",
        locale=buyer.locale,
        status=status,
        **branded(visit.program, buyer.locale),
        token=token,
        onward=onward,
        asks=said in {"sent", "wrong", "often"},
        elsewhere=elsewhere,
        digits=CODE_DIGITS,
        days=KEPT_FOR.days,
        notice=words(buyer.locale, "member").gettext(text) if text else "",
        good=good,
    )


def _let_on(
    request: HttpRequest, token: str, whose: tuple[int, int, int], visit: Visit, onward: str
) -> HttpResponse:
    answer = see_other(f"{token}/{onward}" if onward else token)
    kept = write_proven(room().vault.key(KEY_PURPOSE), whose, visit.now + KEPT_FOR)
    answer.set_cookie(
        *(PROVEN, kept, int(KEPT_FOR.total_seconds())),
        path=f"/r/{token}",
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
    return answer
