"""One order: whose it is, all that befell it, what a member says of it, and what a person may do."""

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.orders.canceling import may_return
from guerdon.engine.orders.cases import looked_of
from guerdon.engine.orders.settling import SAID_PURPOSE, said_context
from guerdon.engine.orders.staffed import is_overdue, waits_for_a_person
from guerdon.queries.orders.standing import Attempted, load_story
from guerdon.store.catalog.items import MANUAL, POOL, load_items, load_slots
from guerdon.store.orders.cases import list_cases
from guerdon.store.orders.delivered import find_delivered
from guerdon.store.persons import load_person
from guerdon.store.sealing import Unreadable
from guerdon.values.ids import read
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.masks import masked
from guerdon.web.console.orders.acting import NAMES, Act, Undone, accounts_of, act
from guerdon.web.console.orders.sayings import refusal_said, words_of
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.rooms import room

KEY_SHOWN = 8


@staff_page
def order(desk: Desk, order: str) -> HttpResponse:
    """Show one order, or do what a form of its page asks for."""
    number = read("ord", order)
    if number is None:
        raise Http404
    if desk.request.method != "POST":
        return _shown(desk, number)
    if desk.request.POST.get("act") not in NAMES:
        raise Http404
    if not desk.scope.whole:
        # What is given back comes out of a pool of the whole program.
        raise PermissionDenied
    with desk.transaction() as tx:
        found = load_story(tx, number)
    if found is None:
        raise Http404
    refused = act(Act(desk, found, desk.request.POST.dict()))
    if refused is not None:
        return _shown(desk, number, refused)
    return HttpResponse(status=303, headers={"Location": desk.address(f"orders/{order}")})


def _shown(desk: Desk, number: int, refused: Undone | None = None) -> HttpResponse:
    vault = room().vault
    with desk.transaction() as tx:
        found = load_story(tx, number)
        if found is None:
            raise Http404
        row = found.row
        person = load_person(tx, vault, desk.program_id, row.member_id)
        cases = list_cases(tx, vault, desk.program_id, row.member_id, number)
        item = load_items(tx, desk.program_id, [row.item]).get(row.item)
        slots = (
            load_slots(tx, desk.program_id, [found.item_id]).get(found.item_id, ()) if found.item_id else ()
        )
        who = names_of(tx, [row.taken_by])
        delivered = find_delivered(tx, desk.program_id, row.member_id, number)
    said = {each.number: _words_of(desk, each) for each in found.attempts}
    answer = desk.show(
        "console/orders/one.html",
        "orders",
        order=found,
        row=row,
        item=item,
        slot=next((each for each in slots if each.id == found.slot_id), None),
        now=desk.now,
        person_name=masked(person.name) if person else "",
        person_email=masked(person.email) if person else "",
        cases=[(case, looked_of(case)) for case in cases],
        open_case=next((case for case in cases if case.state == "open"), None),
        said=said,
        last_said=next((said[each.number] for each in reversed(found.attempts) if said[each.number]), ""),
        tail=lambda key: key[-KEY_SHOWN:],
        who=who,
        mine=row.taken_by == desk.actor and row.state == "ordered",
        theirs=row.taken_by not in (None, desk.actor)
        and row.taken_until is not None
        and row.taken_until > desk.now,
        decides=waits_for_a_person(row.state, row.supplier, row.next_at)
        or is_overdue(row.state, row.supplier, found.ordered_at, desk.now),
        own=row.supplier in (POOL, MANUAL),
        manual=row.supplier == MANUAL,
        returns=delivered is not None and may_return(accounts_of(desk), delivered) is not None,
        refused=refusal_said(refused.why if refused else "", desk.locale),
        their_words=refused.says if refused else "",
        **words_of(desk),
    )
    answer.status_code = 200 if refused is None else 422
    return answer


def _words_of(desk: Desk, attempt: Attempted) -> str:
    """What a supplier said last; what it handed over is never shown."""
    if attempt.said is None:
        return ""
    context = said_context(desk.program_id, attempt.key)
    try:
        text = room().vault.open(SAID_PURPOSE, context, attempt.said).decode()
    except (Unreadable, UnicodeDecodeError):
        return ""
    if attempt.state in ("done", "pending") or _is_handed(text):
        return ""
    return text


def _is_handed(text: str) -> bool:
    try:
        return "pieces" in msgspec.json.decode(text, type=dict)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return False
