"""Who a member is, shown once to whoever says why: name and contact as they are, in that one answer alone.

Nothing of it is kept, by no cache and in no session: whoever looks again says why again, and the member's
history tells each time who looked, and for what.
"""

from functools import partial

from django.http import Http404, HttpResponse

from guerdon.store.audit import record_audit
from guerdon.store.persons import Person, load_person
from guerdon.store.privacy.erasures import list_enrolled
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.members.page import member_page
from guerdon.web.console.members.sayings import why_said
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

UNMASKED = "member.unmasked"
WHYS = ("asked", "complaint", "request", "fraud", "authority", "other")
REASON_LETTERS_MAX = 1_000


@staff_page
def unmask(desk: Desk, member: str) -> HttpResponse:
    """Ask why somebody wants to see who a member is, and show it to them."""
    member_id = read("mem", member)
    if member_id is None:
        raise Http404
    # Of somewhere else is as unknown as none.
    with desk.transaction() as tx:
        if not list_enrolled(tx, desk.program_id, [member_id]):
            raise Http404
    if desk.request.method != "POST":
        return _asked(desk, member_id)
    if "why" not in desk.request.POST:
        raise Http404
    why, reason = desk.request.POST.get("why", ""), desk.request.POST.get("reason", "").strip()
    if why not in WHYS or not 0 < len(reason) <= REASON_LETTERS_MAX or "\0" in reason:
        return _asked(desk, member_id, "reason")
    with desk.transaction() as tx:
        # Told in the commit before anything is shown.
        record_audit(
            *(tx, desk.program_id, desk.actor, UNMASKED, show("mem", member_id), desk.now),
            reason=reason,
            why=why,
        )
        person = load_person(tx, room().vault, desk.program_id, member_id)
    answer = member_page(desk, member_id, person or Person())
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _asked(desk: Desk, member_id: int, problem: str = "") -> HttpResponse:
    answer = desk.show(
        "console/members/unmask.html",
        "member",
        names=Namer(desk.program, desk.locale),
        member_id=member_id,
        whys=WHYS,
        why_said=partial(why_said, locale=desk.locale),
        problem=problem,
        typed={name: desk.request.POST.get(name, "") for name in ("why", "reason")},
    )
    answer.status_code = 422 if problem else 200
    return answer
