"""Pairs of members who may be one person, as a connection's pages show them."""

from guerdon.engine.crm.twins import sources_of
from guerdon.program.model import Connection
from guerdon.queries.alarms import list_alarms
from guerdon.queries.crm.twins import TwinRow, list_twins, load_twin_sides
from guerdon.store.crm.twins import SHARED
from guerdon.store.persons import load_persons
from guerdon.text.catalogs import words
from guerdon.values.ids import show
from guerdon.web.console.desk import Desk
from guerdon.web.console.masks import masked
from guerdon.web.rooms import room

# So many stand on the connection's own page.
FIRST_SHOWN = 5


def twins_of(desk: Desk, declared: Connection, at_most: int = FIRST_SHOWN) -> dict[str, object]:
    """What the pairs of a connection are shown by; none where no person could be in two accounts."""
    several = declared.contacts is not None and len(sources_of(desk.program)) > 1
    with desk.transaction() as tx:
        rows = list_twins(tx, declared.subject, at_most + 1) if several else []
        shared = list_alarms(tx, FIRST_SHOWN, kinds=(SHARED,), only_open=True) if several else []
        members = sorted({each for row in rows for each in (row.one_id, row.other_id)})
        sides = load_twin_sides(tx, members) if members else {}
        persons = load_persons(tx, room().vault, desk.program_id, members) if members else {}
    say = words(desk.locale, "console").gettext
    return {
        "twins": [row for row in rows[:at_most] if {row.one_id, row.other_id} <= set(sides)],
        "more_twins": len(rows) > at_most,
        "sides": sides,
        "person_names": {member_id: masked(person.name) for member_id, person in persons.items()},
        "shared_addresses": shared,
        "looks_for_twins": several,
        "settles": desk.may("setup", "write") and desk.scope.whole,
        "shown": show,
        "accounts_of": lambda sources: [
            each.key for each in desk.program.connections.values() if each.subject in sources
        ],
        "shared_said": lambda row: shared_said(row, desk.locale),
        "many_said": lambda kind: {
            "email": say("More than ten members share one e-mail, so none of them are compared by it."),
            "phone": say("More than ten members share one phone, so none of them are compared by it."),
        }[kind],
    }


def shared_said(row: TwinRow, locale: str) -> str:
    """What two members have in common."""
    say = words(locale, "console").gettext
    if set(row.shared) == {"email", "phone"}:
        return say("The same e-mail and phone")
    return say("The same e-mail") if "email" in row.shared else say("The same phone")
