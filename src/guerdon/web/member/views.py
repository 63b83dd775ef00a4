"""What a claim link answers: the page of its reward.

The link is the key, so nobody logs in. One that was never made, is mistyped or names a reward that is gone
gets one and the same answer; opening a link changes nothing, because mail scanners open them too.
"""

from datetime import UTC
from functools import partial

from django.http import HttpRequest, HttpResponse

from guerdon.program.model import Program
from guerdon.store.database import UNAVAILABLE
from guerdon.text.catalogs import words
from guerdon.text.rosette import banknote
from guerdon.values.claims import KEY_PURPOSE, claim_token, read_claim
from guerdon.values.clock import utc_now
from guerdon.values.gifts import KEY_PURPOSE as GIFT_PURPOSE
from guerdon.values.gifts import read_gift, read_received
from guerdon.web.accounts.answers import CONTACT, TABS, page
from guerdon.web.accounts.languages import locale_of
from guerdon.web.brands.serving import branded
from guerdon.web.member.buyers import buyer_here
from guerdon.web.member.finding import FIRST_CARDS, find_shelf
from guerdon.web.member.pages import Visit, is_givable, load_claim_page
from guerdon.web.member.shelf import Wanted, lead_of, link_maker
from guerdon.web.rooms import room

BRAND = "Guerdon"
# What a browser that took a gift keeps, for the pages behind its link alone.
RECEIVED = "received"


def visit_of(request: HttpRequest, token: str) -> Visit | None:
    """Who opens what, by a link, or by one that this browser took a gift by; None for any other."""
    here = room()
    key = here.vault.key(KEY_PURPOSE)
    for program_id, program in here.programs().items():
        claim = read_claim(key, program_id, token)
        if claim is not None:
            member_id, reward_id, issued_on = claim
            # What it leads on to ends when it does; what one without a day leads on to, counted from today.
            now, dated = utc_now(), program.catalog.claim_links.open_days is not None
            day = now.astimezone(UTC).date() if issued_on is None and dated else issued_on
            token_of = partial(claim_token, key, program_id, member_id, issued_on=day)
            return Visit(program_id, program, member_id, reward_id, now, token_of, issued_on=issued_on)
    return _taken_by(request, token)


def gift_link(token: str) -> tuple[int, Program, bytes] | None:
    """The program of a gift's link, and the hash that is kept of it; None for one that we never made."""
    here = room()
    key = here.vault.key(GIFT_PURPOSE)
    for program_id, program in here.programs().items():
        token_hash = read_gift(key, program_id, token)
        if token_hash is not None:
            return program_id, program, token_hash
    return None


def _taken_by(request: HttpRequest, token: str) -> Visit | None:
    link, kept = gift_link(token), request.COOKIES.get(RECEIVED, "")
    if link is None:
        return None
    program_id, program, token_hash = link
    found = read_received(room().vault.key(GIFT_PURPOSE), token_hash, kept)
    if found is None:
        return None
    return Visit(
        *(program_id, program, found.member_id, found.reward_id, utc_now()),
        # Nothing else of the member's is linked to from here.
        token_of=lambda _: token,
        gift=found.gift_id,
        since=found.taken_at,
        locale=locale_of(request),
    )


def show_claim(
    request: HttpRequest, token: str, visit: Visit, refusal: tuple[str, int] = ("", 200)
) -> HttpResponse:
    """Show the reward of a link; after a refusal with what to say of it and the answer's status."""
    here = room()
    try:
        with here.reading(visit.program_id, visit.member_id) as tx:
            claim = load_claim_page(tx, here.vault, visit)
            buyer = shelf = None
            if (
                claim is not None
                and not claim.given
                and claim.state == "ready"
                and (claim.left.amount_minor or not claim.orders)
            ):
                buyer = buyer_here(tx, visit)
                shelf = find_shelf(tx, visit, buyer, Wanted(), FIRST_CARDS, first=True) if buyer else None
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if claim is None:
        return missing_page(request)
    notice, status = refusal
    alone = visit.gift is not None
    if notice and claim.orders and claim.state == "redeemed":
        # Another click, or a try whose answer was lost, got through in the meantime.
        return see_other(f"{token}/orders/{claim.orders[0].ord}")
    return page(
        request,
        "member/claim.html",
        locale=claim.locale,
        status=status,
        claim=claim,
        token=token,
        **branded(visit.program, claim.locale),
        notice=words(claim.locale, "member").gettext(notice) if notice else "",
        banknote=banknote,
        invites=bool(visit.program.referrals) and not alone,
        alone=alone,
        app="" if alone else f"/m/{visit.program.key}",
        push_key="" if alone else here.channels.browser_key(visit.program) or "",
        gives=not alone and is_givable(visit.program, claim),
        buyer=buyer,
        shelf=shelf,
        wanted=Wanted(),
        lead_of=lead_of,
        link_of=link_maker(token, Wanted()),
    )


def see_other(token: str) -> HttpResponse:
    """Lead on to a page behind the link."""
    return HttpResponse(status=303, headers={"Location": f"/r/{token}"})


def missing_page(request: HttpRequest, why: str = "missing", status: int = 404) -> HttpResponse:
    """The one answer for every link that opens nothing; it leads to nobody's choices."""
    request.META.pop(CONTACT, None)
    request.META.pop(TABS, None)
    return page(request, "member/missing.html", status=status, brand=BRAND, why=why)
