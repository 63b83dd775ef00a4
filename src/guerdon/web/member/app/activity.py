"""Activity: what happened and what came of it, what was used, what ends; each event with its receipt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.engine.why.accounts import account_of, accounts_of
from guerdon.queries.app.standing import list_ending
from guerdon.queries.orders.orders import MemberOrder, list_orders
from guerdon.queries.why.events import WhyAsked, list_why, load_why
from guerdon.values.ids import read, show
from guerdon.values.money import Money
from guerdon.values.texts import Text
from guerdon.web.member.app.rewards import visit_of
from guerdon.web.member.entering import Here, app_page, signed_in
from guerdon.web.member.happened import happening_of
from guerdon.web.member.pages import MOVING, item_names
from guerdon.web.member.views import missing_page
from guerdon.web.rooms import room

ROWS = 30
YEAR = timedelta(days=366)
View = Literal["", "used", "ending"]
VIEWS: tuple[View, ...] = ("", "used", "ending")


@dataclass(frozen=True, slots=True)
class UsedShown:
    """Something that was chosen, and where it stands; its own page takes it if it does not work."""

    link: str
    name: Text
    state: str
    moving: bool
    value: Money
    chosen_at: datetime


@require_safe
@signed_in
def activity(request: HttpRequest, here: Here) -> HttpResponse:
    """Show one of the three lists; the one of events goes on from where a page ended."""
    view = next((each for each in VIEWS if each == request.GET.get("show", "")), "")
    before = read("evt", request.GET.get("before", ""))
    happenings, used, ending, onward = [], [], [], None
    with room().reading(*here.whose) as tx:
        if view == "used":
            # The newest come first, and of each the page has all that there is.
            orders = list_orders(tx, room().vault, *here.whose)
            names = item_names(tx, visit_of(here, 0), [order.item for order in orders])
            used = [_used(here, order, names[order.item]) for order in orders]
        elif view == "ending":
            ending = list_ending(tx, here.whose, here.now, here.now + YEAR)
        else:
            asked = WhyAsked(here.member_id, ROWS + 1, before=before, own=False, idle=False)
            rows = list_why(tx, asked)
            books = accounts_of(rows[:ROWS], lambda version: room().playbook(tx, here.program_id, version))
            happenings = [
                (show("evt", each.receipt.id), happening_of(each, here.program, here.locale, here.time_zone))
                for each in books
            ]
            onward = show("evt", rows[ROWS - 1].receipt.id) if len(rows) > ROWS else None
    return app_page(
        request,
        here,
        "activity",
        view=view,
        happenings=happenings,
        used=used,
        ending=ending,
        onward=onward,
    )


@require_safe
@signed_in
def receipt(request: HttpRequest, here: Here, evt: str) -> HttpResponse:
    """Show how one event went: received, checked, and what it earned or why nothing."""
    number = read("evt", evt)
    if number is None:
        return missing_page(request)
    with room().reading(*here.whose) as tx:
        row = load_why(tx, number)
        if row is None or row.receipt.member_id != here.member_id:
            return missing_page(request)
        account = account_of(row, room().playbook(tx, here.program_id, row.receipt.version))
    place = here.program.locations.get(account.receipt.location or "")
    return app_page(
        request,
        here,
        "receipt",
        told=happening_of(account, here.program, here.locale, here.time_zone),
        receipt=account.receipt,
        earned=any(story.outcome == "given" for story in account.stories),
        place=place.name if place is not None else "",
        rewards=[
            (here.link(each.reward), each.value, each.unit) for each in account.receipt.issued if each.reward
        ],
    )


def _used(here: Here, order: MemberOrder, name: Text) -> UsedShown:
    link = f"{here.link(order.reward_id)}/orders/{show('ord', order.id)}"
    return UsedShown(link, name, order.state, order.state in MOVING, order.value, order.chosen_at)
