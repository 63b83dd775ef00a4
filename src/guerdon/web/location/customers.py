"""Customers: members who were at a location, masked, and the page of one: what is due, what they have, notes.

Only a location's own are there: who belongs to another one by now, was forgotten, or was never here is as
unknown as somebody whom there is not.
"""

from datetime import UTC, datetime
from secrets import randbits

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse

from guerdon.access.grants import Target
from guerdon.engine.cards.confirming import belongs
from guerdon.queries.app.standing import Usable, list_usable
from guerdon.queries.locations.customers import After, list_customers, list_visits
from guerdon.queries.people import list_names
from guerdon.queries.why.events import find_standing
from guerdon.store.audit import record_audit
from guerdon.store.cards.notes import NOTE_LETTERS_MAX, Note, list_notes, record_note, remove_note
from guerdon.store.cards.visits import was_at
from guerdon.store.database import Transaction
from guerdon.store.persons import load_persons
from guerdon.store.privacy.forgetting import is_forgotten
from guerdon.store.wallet.purses import MemberHere, lock_member
from guerdon.text.catalogs import words
from guerdon.values.ids import ID_MAX, read, show
from guerdon.web.console.masks import masked
from guerdon.web.location.place import Here, at_location
from guerdon.web.location.visiting import due_now
from guerdon.web.rooms import room

ROWS = 30
VISITS_SHOWN = 20
UNUSABLE = 422
LETTERS_MAX = 40


@at_location
def customers(here: Here) -> HttpResponse:
    """List who was here, who came last first."""
    desk, after = here.desk, _read_after(here.desk.request.GET.get("after", ""))
    with room().reading(desk.program_id) as tx:
        rows = list_customers(tx, (here.place.key, here.place.market), ROWS + 1, after)
        shown = rows[:ROWS]
        persons = load_persons(tx, room().vault, desk.program_id, {row.member_id for row in shown})
    names = {number: masked(person.name) for number, person in persons.items() if person.name}
    last = shown[-1] if len(rows) > ROWS else None
    return here.show(
        "customers",
        rows=[(show("mem", row.member_id), names.get(row.member_id, ""), row) for row in shown],
        begun=after is not None,
        onward=_write_after((last.last_at, last.member_id)) if last else "",
    )


@at_location
def customer(here: Here, member: str) -> HttpResponse:
    """Show one of them, or write or take away a note."""
    number = read("mem", member)
    if number is None:
        raise Http404
    if here.desk.request.method != "POST":
        return _page(here, number)
    change = {"note": _note, "remove": _remove}.get(here.desk.request.POST.get("act", ""))
    if change is None:
        raise SuspiciousOperation
    problem = change(here, number)
    if problem:
        return _page(here, number, problem)
    # Where a note was written, the page begins with what was there before.
    return HttpResponse(status=303, headers={"Location": f"{here.desk.request.path}#notes"})


def _note(here: Here, member_id: int) -> str:
    desk = here.desk
    said = desk.request.POST.get("words", "").replace("\0", "").strip()
    say = words(desk.locale, "location").gettext
    if not said or len(said) > NOTE_LETTERS_MAX:
        return say("A note has 1 to 1,000 letters.")
    note = Note(randbits(ID_MAX.bit_length()), said, desk.actor, desk.now)
    whose, place = (desk.program_id, member_id), (here.place.key, here.place.market)
    with room().reading(desk.program_id) as tx:
        # Under the member's lock, so that no note of somebody comes after they were forgotten.
        _own(tx, here, member_id, locked=True)
        if not record_note(tx, room().vault, whose, place, note):
            return say("There are too many notes. Take one away first.")
        _tell(tx, here, "note.written", member_id, note.id)
    return ""


def _remove(here: Here, member_id: int) -> str:
    desk, number = here.desk, read("not", here.desk.request.POST.get("note", "")[:LETTERS_MAX])
    if number is None:
        raise Http404
    with room().reading(desk.program_id) as tx:
        _own(tx, here, member_id)
        by = None if _leads(here) else desk.actor
        if not remove_note(tx, (desk.program_id, member_id), here.place.key, number, by):
            raise Http404
        _tell(tx, here, "note.removed", member_id, number)
    return ""


def _tell(tx: Transaction, here: Here, action: str, member_id: int, note_id: int) -> None:
    desk = here.desk
    record_audit(
        *(tx, desk.program_id, desk.actor, action, show("mem", member_id), desk.now),
        location=here.place.key,
        note=show("not", note_id),
    )


def _page(here: Here, member_id: int, problem: str = "") -> HttpResponse:
    desk = here.desk
    with room().reading(desk.program_id) as tx:
        _own(tx, here, member_id)
        person = load_persons(tx, room().vault, desk.program_id, [member_id]).get(member_id)
        due = due_now(tx, here, member_id, desk.now)
        usable = _usable(tx, here, member_id)
        visits = list_visits(tx, member_id, here.place.key, VISITS_SHOWN)
        notes = list_notes(tx, room().vault, (desk.program_id, member_id), here.place.key)
        said = {*(note.by for note in notes), *(visit.by for visit in visits)}
        wrote = {number for each in said if (number := read("per", each)) is not None}
        people = list_names(tx, wrote)
    return here.show(
        "customer",
        UNUSABLE if problem else 200,
        number=show("mem", member_id),
        member=masked(person.name) if person is not None and person.name else "",
        due=due,
        usable=usable,
        visits=visits,
        notes=notes,
        note_number=lambda note: show("not", note.id),
        by=lambda each: people.get(read("per", each.by) or 0, ""),
        removes=lambda note: here.scans and (note.by == desk.actor or _leads(here)),
        letters_max=NOTE_LETTERS_MAX,
        problem=problem,
        typed=desk.request.POST.get("words", "") if problem else "",
    )


def _own(tx: Transaction, here: Here, member_id: int, *, locked: bool = False) -> None:
    """Whether somebody is this location's own customer; else they are not there."""
    program_id = here.desk.program_id
    if locked:
        standing = lock_member(tx, program_id, member_id)
    else:
        found = find_standing(tx, member_id)
        standing = None if found is None else MemberHere(member_id, found.market, found.location)
    if (
        standing is None
        or not belongs(here.place, standing)
        or was_at(tx, program_id, member_id, here.place.key) is None
        or is_forgotten(tx, program_id, member_id)
    ):
        raise Http404


def _usable(tx: Transaction, here: Here, member_id: int) -> list[Usable]:
    """What they could use now: rewards, and of each balance what is left; a status buys nothing."""
    units = here.desk.program.units
    balances = [unit.key for unit in units.values() if unit.kind != "money"]
    found = list_usable(tx, (here.desk.program_id, member_id), balances, here.desk.now)
    return [each for each in found if units[each.left.unit].kind != "status"]


def _leads(here: Here) -> bool:
    """Whether somebody leads the people here: then every note here is theirs to take away."""
    target = Target(here.desk.program_id, here.place.market, here.place.key)
    return here.desk.rights.allows("people", "write", target)


def _write_after(place: After) -> str:
    return f"{int(place[0].timestamp())}-{show('mem', place[1])}"


def _read_after(text: str) -> After | None:
    """The place that an address names; for what is none, the beginning."""
    seconds, _, member = text.partition("-")
    number = read("mem", member)
    if number is None or not (
        seconds.isascii() and seconds.isdecimal() and len(seconds) <= len("9999999999")
    ):
        return None
    return datetime.fromtimestamp(int(seconds), UTC), number
