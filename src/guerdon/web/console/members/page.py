"""A member's page: what they have, all that happened in one timeline, and what may be done for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from django.http import Http404, HttpResponse

from guerdon.queries import members as member_rows
from guerdon.queries import receipts
from guerdon.queries.catalog.keys import load_names
from guerdon.queries.crm.twins import list_twins_of
from guerdon.queries.people import list_names
from guerdon.queries.proof.audit import AuditEntry
from guerdon.queries.receipts import Receipt
from guerdon.queries.statements import list_units, load_statement
from guerdon.queries.timeline.entries import KINDS, TOGETHER, Asked, Happened, Kind, list_timeline
from guerdon.queries.timeline.orders import Step
from guerdon.queries.timeline.places import BEGINNING
from guerdon.queries.timeline.places import read_place as read_stop
from guerdon.queries.timeline.places import written as written_stop
from guerdon.store.database import Transaction
from guerdon.store.persons import Person, load_person
from guerdon.values.ids import read, show
from guerdon.values.money import Unit
from guerdon.web.console.catalog.sayings import order_state_said, supplier_said
from guerdon.web.console.deeds import deed_names
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.ledger import AccountNamer
from guerdon.web.console.masks import masked
from guerdon.web.console.members.acts import acts_for
from guerdon.web.console.members.sayings import consent_said, kind_said, method_said, step_said
from guerdon.web.console.messages.sayings import words_of
from guerdon.web.console.orders.sayings import complaint_said
from guerdon.web.console.places import Mark, read_place, timed_mark, written_place
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

ENTRIES_SHOWN = 50
STATEMENT_ROWS = 10
# Who may see these on a member's page: what people did stands in the audit, and orders have their own area.
_AREAS: Mapping[Kind, str] = {"acts": "audit", "orders": "orders"}


@staff_page
def member(desk: Desk, member: str) -> HttpResponse:
    """One member: what they have in one of their units, and what happened."""
    member_id = read("mem", member)
    if member_id is None:
        raise Http404
    return member_page(desk, member_id)


def member_page(desk: Desk, member_id: int, unmasked: Person | None = None) -> HttpResponse:
    """A member's page; `unmasked`: the person, to be shown as they are, in this answer alone."""
    terms, open_kinds = desk.request.GET, kinds_for(desk)
    kind = _kind(desk, open_kinds)
    after = read_stop(terms.get("after", ""))
    lines_after = read_place(terms.get("lines", ""))
    asked = replace(read_timeline(desk, member_id), after=after or BEGINNING)
    with desk.transaction() as tx:
        units = _in_order(desk, list_units(tx, member_id))
        unit = terms.get("unit", "")
        key = unit if unit in units else (units or [desk.cut.unit])[0]
        found = member_rows.load_member(tx, key, member_id)
        if found is None:
            raise Http404
        statement = load_statement(tx, member_id, key, STATEMENT_ROWS + 1, lines_after)
        person = unmasked or load_person(tx, room().vault, desk.program_id, member_id)
        timeline = list_timeline(tx, asked, ENTRIES_SHOWN)
        twins = list_twins_of(tx, member_id)
        named = load_names(tx, [*_items(timeline.entries), *(reward.item for reward in found.rewards)])
        people = _people(tx, timeline.entries)
    lines = statement.lines if statement else ()
    last = lines[STATEMENT_ROWS - 1] if len(lines) > STATEMENT_ROWS else None
    shown, mark = partial(str) if unmasked else masked, _mark(timeline.entries)
    return desk.show(
        "console/member.html",
        "member",
        **{**words_of(desk), "names": Namer(desk.program, desk.locale, named)},
        **_sayings(desk),
        accounts=AccountNamer(desk),
        # Of a unit that the program does not have any more nobody knows the digits.
        unit=desk.program.units.get(key, Unit(key, "points", 0)),
        units=units,
        statement=replace(statement, lines=lines[:STATEMENT_ROWS]) if statement else None,
        onward=written_place(last.recorded_at, last.id) if last else None,
        paged=lines_after is not None,
        member=found,
        unmasked=unmasked is not None,
        person_name=shown(person.name) if person else "",
        person_email=shown(person.email) if person else "",
        person_phone=person.phone if unmasked and person else "",
        timeline=timeline.entries,
        older=written_stop(timeline.onward) if timeline.onward else None,
        begun=after is not None,
        # What is shown unmasked is shown once.
        stream=None
        if after or lines_after or unmasked
        else desk.arriving("member", mark, show("mem", member_id)),
        kind=kind,
        kinds=open_kinds,
        people=people,
        twins=[(each.other_id if each.one_id == member_id else each.one_id, each) for each in twins],
        rewards={reward.id: reward for reward in found.rewards},
        extends=desk.may("ledger", "write"),
        acts=acts_for(desk, found),
    )


def read_timeline(desk: Desk, member_id: int) -> Asked:
    """What the address asks for of a member's timeline, from its beginning."""
    open_kinds = kinds_for(desk)
    kind = _kind(desk, open_kinds)
    return Asked(member_id, (kind,) if kind else tuple(each for each in TOGETHER if each in open_kinds))


def _kind(desk: Desk, open_kinds: Sequence[Kind]) -> Kind | None:
    return next((each for each in open_kinds if each == desk.request.GET.get("kind")), None)


def _mark(entries: Sequence[Happened]) -> Mark:
    return timed_mark(entries[0].at, entries[0].rank, entries[0].id) if entries else ()


def kinds_for(desk: Desk) -> list[Kind]:
    """The kinds of entries that whoever reads may see."""
    return [kind for kind in KINDS if kind not in _AREAS or desk.rights.opens(_AREAS[kind])]


def _sayings(desk: Desk) -> dict[str, object]:
    locale = desk.locale
    return {
        "kind_said": partial(kind_said, locale=locale),
        "consent_said": partial(consent_said, locale=locale),
        "method_said": partial(method_said, locale=locale),
        "step_said": partial(step_said, locale=locale),
        "order_said": partial(order_state_said, locale=locale),
        "supplier_said": partial(supplier_said, locale=locale),
        "complaint_said": partial(complaint_said, locale=locale),
        "deeds": deed_names(locale),
    }


def _items(entries: Iterable[Happened]) -> list[str]:
    """Keys of the items that entries name."""
    told = [each.told for each in entries]
    return [
        *receipts.chosen(each for each in told if isinstance(each, Receipt)),
        *(each.item for each in told if isinstance(each, Step)),
    ]


def _people(tx: Transaction, entries: Iterable[Happened]) -> dict[str, str]:
    """What the people are called who acted, by their ids as the audit writes them."""
    told = {each.told.actor for each in entries if isinstance(each.told, AuditEntry)}
    ids = {number: name for name in told if (number := read("per", name)) is not None}
    return {ids[number]: name for number, name in list_names(tx, list(ids)).items()}


def _in_order(desk: Desk, units: Sequence[str]) -> list[str]:
    """Units in the program's order; those that it does not have any more come last."""
    order = list(desk.program.units)
    return sorted(units, key=lambda key: order.index(key) if key in order else len(order))
