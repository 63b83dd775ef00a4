"""What one member was told over all channels, and one message of theirs, which may be sent again.

Whoever may give rewards may send a message about one again: the same roles help members who heard nothing.
"""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.access.grants import Target
from guerdon.engine.messages.staff.resending import (
    REASON_MAX,
    RESENT_MAX,
    Resending,
    Unsent,
    objection,
    resend,
)
from guerdon.queries import members as member_rows
from guerdon.queries.members import MemberRow
from guerdon.queries.messages.timeline import Entry, list_entries, load_entry
from guerdon.store.persons import load_person
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.masks import masked
from guerdon.web.console.messages.sayings import Teller, words_of
from guerdon.web.console.places import read_place, written_place
from guerdon.web.refusals import ACCESS, note_refusal
from guerdon.web.rooms import room

ROWS_SHOWN = 50


@staff_page
def timeline(desk: Desk, member: str) -> HttpResponse:
    """All messages of a member, newest first."""
    member_id = read("mem", member)
    if member_id is None:
        raise Http404
    after = read_place(desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        found = member_rows.list_rows(tx, desk.cut.unit, [member_id])
        if not found:
            raise Http404
        entries = list_entries(tx, member_id, ROWS_SHOWN + 1, after)
        person = load_person(tx, room().vault, desk.program_id, member_id)
    last = entries[ROWS_SHOWN - 1] if len(entries) > ROWS_SHOWN else None
    return desk.show(
        "console/messages/timeline.html",
        "members",
        row=found[0],
        listed=entries[:ROWS_SHOWN],
        person_name=masked(person.name) if person else "",
        onward=written_place(last.created_at, last.id) if last else None,
        paged=after is not None,
        resends=desk.may("rewards", "write"),
        **words_of(desk),
    )


@staff_page
def told(desk: Desk, member: str, message: str) -> HttpResponse:
    """One message of a member, and the form that sends it again."""
    member_id, message_id = read("mem", member), read("msg", message)
    if member_id is None or message_id is None:
        raise Http404
    # Of somewhere else is as unknown as none.
    with desk.transaction() as tx:
        found = member_rows.list_rows(tx, desk.cut.unit, [member_id])
        entry = load_entry(tx, member_id, message_id) if found else None
    if entry is None:
        raise Http404
    if desk.request.method == "POST":
        if desk.request.POST.get("act") != "again":
            raise Http404
        return _resend(desk, found[0], entry)
    return _shown(desk, found[0], entry)


def _resend(desk: Desk, row: MemberRow, entry: Entry) -> HttpResponse:
    if not _may(desk, row):
        _note_refused(desk)
        raise PermissionDenied
    reason = desk.request.POST.get("reason", "").strip()
    asked = Resending(desk.program_id, row.member_id, entry.id, desk.actor, reason)
    with room().reading(desk.program_id) as tx:
        done = resend(tx, room().vault, desk.program, asked, desk.now)
    if isinstance(done, Unsent):
        return _shown(desk, row, entry, done)
    here = f"members/{show('mem', row.member_id)}/messages/{show('msg', done.message_id)}"
    return HttpResponse(status=303, headers={"Location": desk.address(here)})


def _shown(desk: Desk, row: MemberRow, entry: Entry, refused: Unsent | None = None) -> HttpResponse:
    vault, whose = room().vault, (desk.program_id, row.member_id, entry.id)
    with desk.transaction() as tx:
        against = objection(tx, vault, desk.program, whose, desk.now)
        person = load_person(tx, vault, desk.program_id, row.member_id)
    tell = Teller(desk)
    answer = desk.show(
        "console/messages/told.html",
        "members",
        row=row,
        entry=entry,
        person_name=masked(person.name) if person else "",
        objection=tell.refused(against) if against else "",
        within=_may(desk, row),
        refused=tell.refused(refused) if refused else "",
        typed=desk.request.POST.get("reason", "")[:REASON_MAX],
        reason_max=REASON_MAX,
        resent_max=RESENT_MAX,
        **words_of(desk),
    )
    answer.status_code = 200 if refused is None else 422
    return answer


def _may(desk: Desk, row: MemberRow) -> bool:
    """Whether the reader's grants reach this member."""
    return desk.rights.allows("rewards", "write", Target(desk.program_id, row.market, row.location))


def _note_refused(desk: Desk) -> None:
    match = desk.request.resolver_match
    route = match.route if match else ""
    note_refusal(desk.program_id, desk.actor, ACCESS, "rewards", power="write", address=route, method="POST")
