"""The catalog behind a member's link: what there is, found as one types, and each item on a page of its own.

Every state is an address: what is looked for, the category, the order and the page. Script fetches the same
address and takes the part that changed.
"""

from collections.abc import Mapping
from typing import get_args

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from guerdon.engine.catalog.checking import BRAND_MAX
from guerdon.queries.catalog.keys import list_favorites
from guerdon.store.catalog.favorites import mark_favorite, unmark_favorite
from guerdon.store.database import UNAVAILABLE
from guerdon.text.catalogs import words
from guerdon.text.rosette import banknote
from guerdon.values.ids import read
from guerdon.values.money import Money
from guerdon.web.accounts.answers import page
from guerdon.web.brands.serving import branded
from guerdon.web.member.buyers import buyer_here
from guerdon.web.member.finding import BY_PRICE, PAGES_MAX, bands_of, find_shelf, without_unknown
from guerdon.web.member.offer import find_item
from guerdon.web.member.pages import Visit
from guerdon.web.member.shelf import NARROWING, Afford, Sort, Wanted, lead_of, link_maker
from guerdon.web.member.views import missing_page, see_other, visit_of
from guerdon.web.rooms import room

TEXT_MAX, KEY_MAX = 80, 60
SORTS: Mapping[Sort, str] = {
    "best": "Best first",
    "price": "Cheapest first",
    "price_down": "Dearest first",
    "new": "Newest first",
    "soonest": "Soonest first",
    "name": "By name",
}
TOGETHER = (
    "Several of your rewards pay for this amount. Nothing is ordered yet: please look at it and choose."
)
BESIDE = "Your balance pays part of this amount. Nothing is ordered yet: please look at it and choose."
# What asks for the part that changes, and not for the whole page.
PART = "X-Part"


@require_safe
def catalog(request: HttpRequest, token: str) -> HttpResponse:
    """Show what there is, or the part of it that is looked for."""
    visit = visit_of(request, token)
    if visit is None:
        return missing_page(request)
    try:
        with room().reading(visit.program_id, visit.member_id) as tx:
            buyer = buyer_here(tx, visit)
            if buyer is None:
                return missing_page(request)
            if buyer.state != "ready":
                return HttpResponse(status=303, headers={"Location": f"/r/{token}"})
            wanted = without_unknown(visit, buyer, _wanted(request))
            shelf = find_shelf(tx, visit, buyer, wanted)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    say, link_of = words(buyer.locale, "member").gettext, link_maker(token, wanted)
    priced = bool(bands_of(visit.program, buyer))
    return page(
        request,
        "member/found.html" if request.headers.get(PART) == "found" else "member/catalog.html",
        locale=buyer.locale,
        **branded(visit.program, buyer.locale),
        token=token,
        buyer=buyer,
        shelf=shelf,
        wanted=wanted,
        lead_of=lead_of,
        link_of=link_of,
        cleared=link_of(**dict.fromkeys(NARROWING, "")),
        sorts=[(key, say(name)) for key, name in SORTS.items() if priced or key not in BY_PRICE],
    )


@require_safe
def item(request: HttpRequest, token: str, itm: str) -> HttpResponse:
    """Show one item."""
    visit = visit_of(request, token)
    return missing_page(request) if visit is None else show_item(request, token, visit, itm)


@require_http_methods(["GET", "HEAD", "POST"])
def favorite(request: HttpRequest, token: str, itm: str) -> HttpResponse:
    """Mark an item, or take the mark off; then show it again."""
    visit, number = visit_of(request, token), read("itm", itm)
    if visit is None or visit.gift is not None or number is None:
        return missing_page(request)
    try:
        with room().reading(visit.program_id, visit.member_id) as tx:
            if buyer_here(tx, visit) is None:
                return missing_page(request)
            whose = (visit.program_id, visit.member_id, number)
            if request.method == "POST" and request.POST.get("keep") == "1":
                mark_favorite(tx, *whose, visit.now)
            elif request.method == "POST":
                unmark_favorite(tx, *whose)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    return see_other(f"{token}/catalog/{itm}")


def show_item(
    request: HttpRequest,
    token: str,
    visit: Visit,
    itm: str,
    notice: tuple[str, int] = ("", 200),
    face: Money | None = None,
) -> HttpResponse:
    """Show an item, after a refusal with what to say of it and the answer's status.

    `face`: the amount that was refused. What several rewards pay together is no refusal, but is shown first.
    """
    number = read("itm", itm)
    try:
        with room().reading(visit.program_id, visit.member_id) as tx:
            buyer = buyer_here(tx, visit)
            if buyer is None or number is None:
                return missing_page(request)
            if buyer.state != "ready":
                return HttpResponse(status=303, headers={"Location": f"/r/{token}"})
            shown = find_item(tx, visit, buyer, number, face)
            keeps = visit.gift is None
            marked = keeps and number in list_favorites(tx, visit.program_id, visit.member_id)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if shown is None:
        return missing_page(request)
    helped = [each for each in shown.amounts if each.parts] if face is not None else []
    if [each.face for each in helped] == [face]:
        notice = BESIDE if helped[0].beside else TOGETHER, 200
    said, status = notice
    return page(
        request,
        "member/item.html",
        locale=buyer.locale,
        status=status,
        **branded(visit.program, buyer.locale),
        token=token,
        buyer=buyer,
        item=shown,
        notice=words(buyer.locale, "member").gettext(said) if said else "",
        marked=marked,
        keeps=keeps,
        banknote=banknote,
        lead_of=lead_of,
    )


def _wanted(request: HttpRequest) -> Wanted:
    asked = request.GET
    number = asked.get("page", "")
    afford, sort = asked.get("afford", ""), asked.get("sort", "")
    return Wanted(
        text=" ".join(asked.get("q", "").replace("\0", " ").split())[:TEXT_MAX],
        category=asked.get("category", "").replace("\0", "")[:KEY_MAX],
        kind=asked.get("kind", ""),
        brand=asked.get("brand", "").replace("\0", "")[:BRAND_MAX],
        delivery=asked.get("delivery", ""),
        price=asked.get("price", ""),
        afford=next((each for each in get_args(Afford) if each == afford), ""),
        sort=next((each for each in get_args(Sort) if each == sort), "best"),
        page=max(1, min(int(number), PAGES_MAX))
        if number.isascii() and number.isdigit() and len(number) < 5
        else 1,
    )
