"""Rewards: what there is to choose with, and the best of what that affords; the rest is behind its link."""

from collections.abc import Sequence
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.values.ids import read
from guerdon.web.member.app.home import UsableShown, load_have
from guerdon.web.member.buyers import buyer_here
from guerdon.web.member.entering import Here, app_page, signed_in
from guerdon.web.member.finding import FIRST_CARDS, find_shelf
from guerdon.web.member.pages import Visit
from guerdon.web.member.shelf import Wanted, lead_of, link_maker
from guerdon.web.rooms import room


@require_safe
@signed_in
def rewards(request: HttpRequest, here: Here) -> HttpResponse:
    """Show what can be had with one of the member's rewards, or with a balance."""
    with room().reading(*here.whose) as tx:
        have = load_have(tx, here)
        chosen = _chosen(request, have.usable)
        buyer = shelf = None
        if chosen is not None:
            visit = visit_of(here, read("rwd", chosen.number) or 0)
            buyer = buyer_here(tx, visit)
            if buyer is not None:
                buyer = replace(buyer, locale=here.locale)
                shelf = find_shelf(tx, visit, buyer, Wanted(), FIRST_CARDS, first=True)
    token = chosen.link.rpartition("/")[2] if chosen is not None else ""
    return app_page(
        request,
        here,
        "rewards",
        usable=have.usable,
        chosen=chosen,
        token=token,
        buyer=buyer,
        shelf=shelf,
        wanted=Wanted(),
        lead_of=lead_of,
        link_of=link_maker(token, Wanted()),
    )


def visit_of(here: Here, reward_id: int) -> Visit:
    """The member before one of their rewards."""
    return Visit(*here.whose[:1], here.program, here.member_id, reward_id, here.now, here.link)


def _chosen(request: HttpRequest, usable: Sequence[UsableShown]) -> UsableShown | None:
    wanted = request.GET.get("with", "")
    return next((each for each in usable if each.number == wanted), usable[0] if usable else None)
