"""A claim page was opened: its own script had it in view for a moment, or a form of it was sent.

Never because its address was fetched: scanners of mail fetch links too. A link that opens in one browser
alone is not kept by what a script says, since nobody asked for anything.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.messages.noticing import note_opened
from guerdon.store.database import UNAVAILABLE, plan_by_keys
from guerdon.store.messages.opened import Looked
from guerdon.web.member.pages import Visit
from guerdon.web.member.views import missing_page, see_other, visit_of
from guerdon.web.rooms import room


@require_http_methods(["GET", "HEAD", "POST"])
def seen(request: HttpRequest, token: str) -> HttpResponse:
    """Write that the page was in view, as its script says; to be opened by its address it changes nothing."""
    visit = visit_of(request, token)
    if visit is None:
        return missing_page(request)
    if request.method != "POST":
        return see_other(token)
    try:
        # Whoever was given a reward was never written about it.
        if visit.gift is None:
            open_page(visit)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    return HttpResponse(status=204)


def open_page(visit: Visit) -> None:
    """What led to a reward's page was opened; in a transaction of no member, as what is noted is nobody's."""
    with room().reading(visit.program_id) as tx:
        plan_by_keys(tx)
        note_opened(tx, Looked(visit.program_id, visit.member_id, visit.reward_id), visit.now)
