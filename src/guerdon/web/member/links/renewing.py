"""What a link that ended, or that is to open in this browser, is asked for by a form."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.gifts.renewing import send_link
from guerdon.store.database import UNAVAILABLE
from guerdon.values.ids import read
from guerdon.web.member.links.gate import ended_page
from guerdon.web.member.views import missing_page, see_other, visit_of
from guerdon.web.rooms import room


@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """Mail a new link to where this one went; the answer is the same whether or not it could be sent."""
    visit = visit_of(request, token)
    if visit is None or visit.gift is not None:
        return missing_page(request)
    if request.method != "POST" or not visit.has_ended:
        return see_other(token)
    try:
        # Keys of events are no member's.
        with room().reading(visit.program_id) as tx:
            send_link(tx, (visit.program_id, visit.member_id, visit.reward_id), visit.now)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    return ended_page(request, token, visit, renewed=True)


@require_http_methods(["GET", "HEAD", "POST"])
def open_here(request: HttpRequest, token: str) -> HttpResponse:
    """Lead on to the order that was asked for: by the form alone this browser got the link (`gate`)."""
    if visit_of(request, token) is None:
        return missing_page(request)
    ord_said = request.POST.get("ord", "")
    return see_other(f"{token}/orders/{ord_said}" if read("ord", ord_said) is not None else token)
