"""A place on the list of a date that is full: asked for, and left, by a form of the item's own page."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.orders.waiting import Turn, ask_to_wait, leave
from guerdon.store.database import UNAVAILABLE
from guerdon.values.ids import read
from guerdon.web.member.buyers import buyer_here
from guerdon.web.member.catalog import show_item
from guerdon.web.member.pages import Visit
from guerdon.web.member.views import missing_page, see_other, visit_of
from guerdon.web.rooms import room

# What became of it, as the member reads it, and the answer's status.
NOTICES = {
    "free": ("There are places again: choose one below.", 409),
    "unknown": ("This date is full or gone. Please choose another; your reward is untouched.", 409),
}


@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest, token: str) -> HttpResponse:
    """Put a member on a list, or take them off it; then show the item again."""
    visit = visit_of(request, token)
    if visit is None or visit.gift is not None:
        return missing_page(request)
    itm = request.POST.get("from", "")
    if request.method != "POST" or read("itm", itm) is None:
        return see_other(token)
    try:
        said = _do(request, visit)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if said is None:
        return missing_page(request)
    if said in NOTICES:
        return show_item(request, token, visit, itm, NOTICES[said])
    return see_other(f"{token}/catalog/{itm}")


def _do(request: HttpRequest, visit: Visit) -> str | None:
    item, slot = request.POST.get("item", "").replace("\0", ""), read("slt", request.POST.get("slot", ""))
    with room().reading(visit.program_id, visit.member_id) as tx:
        buyer = buyer_here(tx, visit)
        if buyer is None or buyer.state != "ready":
            return None
        turn = Turn(visit.program_id, visit.member_id, item, slot or 0)
        if request.POST.get("act") == "leave":
            return "left" if leave(tx, visit.program, turn, visit.now) else "again"
        return ask_to_wait(tx, visit.program, turn, visit.now)
