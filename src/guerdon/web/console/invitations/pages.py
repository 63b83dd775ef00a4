"""The page of invitations: the form, and what became of those that are open."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse

from guerdon.access.grants import Target
from guerdon.access.personas import PERSONAS
from guerdon.engine.approvals.asking import withdraw
from guerdon.queries.people import InvitationRow, list_invitations, list_names
from guerdon.store.access.grants import revoke_all_grants
from guerdon.store.access.invitations import send_again, withdraw_invitation
from guerdon.store.database import Transaction
from guerdon.values.ids import read, show
from guerdon.web.accounts.models import Staff
from guerdon.web.console.decisions.forms import LOCATIONS_SHOWN
from guerdon.web.console.decisions.sayings import acting_at
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.invitations.asking import REASON_LETTERS_MAX, Wish, invite, read_wish
from guerdon.web.console.words import Namer, persona_name

PATH = "people/invitations"
TYPED = ("email", "persona", "market", "location", "amount", "unit", "language", "reason")


@staff_page
def invitations(desk: Desk) -> HttpResponse:
    """Show them, invite somebody, or take an invitation back."""
    if desk.request.method != "POST":
        return _shown(desk)
    act = desk.request.POST.get("act", "")
    if act == "invite":
        wish = read_wish(desk)
        against = invite(desk, wish) if isinstance(wish, Wish) else wish
        return _shown(desk, against, 422) if against else _again(desk)
    change = _ACTS.get(act)
    if change is None:
        raise SuspiciousOperation
    with desk.transaction() as tx:
        problem = change(desk, tx, _row(desk, tx))
    return _shown(desk, problem, 422) if problem else _again(desk)


def _resend(desk: Desk, tx: Transaction, row: InvitationRow) -> str:
    if not send_again(tx, desk.program_id, row.id, desk.actor, desk.now):
        raise Http404
    return ""


def _withdraw(desk: Desk, tx: Transaction, row: InvitationRow) -> str:
    reason = desk.request.POST.get("reason", "").strip()[:REASON_LETTERS_MAX]
    if not reason:
        return "reason"
    if not withdraw_invitation(tx, desk.program_id, row.id, desk.actor, reason, desk.now):
        raise Http404
    # What still waits for a second person goes with it, as far as it is the reader's; the others show it.
    for request_id in row.requests:
        withdraw(tx, acting_at(desk), request_id, reason)
    # Who never came has no use for roles; who has an account may have them by another way.
    if not Staff.objects.filter(email=row.login, is_active=True).exists():
        revoke_all_grants(tx, desk.program_id, row.person_id, desk.actor, reason, desk.now)
    return ""


_ACTS: dict[str, Callable[[Desk, Transaction, InvitationRow], str]] = {
    "resend": _resend,
    "withdraw": _withdraw,
}


def _row(desk: Desk, tx: Transaction) -> InvitationRow:
    """The open invitation that a form is about, where the reader gives roles."""
    said = desk.request.POST.get("number", "")
    for row in list_invitations(tx, desk.program_id, desk.now):
        if str(row.id) == said and _gives_at(desk, row.market, row.location):
            return row
    raise Http404


def _shown(desk: Desk, problem: str = "", status: int = 200) -> HttpResponse:
    with desk.transaction() as tx:
        rows = list_invitations(tx, desk.program_id, desk.now)
        names = list_names(tx, {number for row in rows if (number := read("per", row.invited_by))})
    # Opened from a location's own app, the form knows where; of a person an address says nothing.
    asked = {name: desk.request.GET.get(name, "") for name in ("persona", "location")}
    said = desk.request.POST if problem else asked
    answer = desk.show(
        "console/invitations.html",
        "people",
        names=Namer(desk.program, desk.locale),
        rows=rows,
        inviter=lambda row: names.get(read("per", row.invited_by) or 0, row.invited_by),
        request_name=lambda number: show("apr", number),
        persona_name=lambda key: persona_name(key, desk.locale),
        personas=list(PERSONAS),
        choices=_choices(desk) if desk.may("people", "write") else None,
        typed={name: said.get(name, "") for name in TYPED},
        problem=problem,
    )
    answer.status_code = status
    return answer


def _choices(desk: Desk) -> dict[str, Any]:
    """The places where the reader gives roles."""
    places = desk.program.locations.values()
    return {
        "markets": [key for key in desk.program.markets if _gives_at(desk, key, None)],
        "locations": [each for each in places if _gives_at(desk, each.market, each.key)][:LOCATIONS_SHOWN],
        "whole": _gives_at(desk, None, None),
    }


def _gives_at(desk: Desk, market: str | None, location: str | None) -> bool:
    return desk.rights.allows("people", "write", Target(desk.program_id, market, location))


def _again(desk: Desk) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": desk.address(PATH)})
