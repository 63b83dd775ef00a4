"""A new version in a scenario: the program that the page names, with some of it changed.

A page writes only what changes: mappings are laid over those of the program, everything else stands in the
place of what was there.
"""

from datetime import datetime

from guerdon.engine.scenarios.people import People, read_instant_at
from guerdon.engine.scenarios.scenario import Published
from guerdon.program.document import Node, Table, document_of, written
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.program.places import Place
from guerdon.values.problems import Problem


def read_publication(place: Place, people: People, now: datetime) -> Published | None:
    """Read `publish: { change: { rules: ... }, live_from: ... }`; what follows is told in its words."""
    fields = place.fields(required=["change"], optional=["live_from"])
    live_from = read_instant_at(fields["live_from"], now) if "live_from" in fields else None
    if live_from is not None and live_from <= now:
        fields["live_from"].wrong("it is that late already", "write a later time, or leave the line out")
    if "change" not in fields or not fields["change"].is_table():
        place.wrong("nothing changes", "write `change: { rules: { KEY: { ... } } }`")
        return None
    change = fields["change"].node
    made = changed(people.program, change)
    if not isinstance(made, Program):
        # The line would be one of the stored copy, where nobody looks.
        fields["change"].wrong(f"{made[0].where}: {made[0].what}", made[0].hint or "mend it")
        return None
    people.program = made
    return Published(change, live_from)


def changed(program: Program, change: Node) -> Program | list[Problem]:
    """Give the program with a change laid over its text."""
    whole = document_of(program.text)
    assert not isinstance(whole, Problem), "a program stores what can be read"
    return read_program(written(_over(whole, change)))


def _over(below: Node, above: Node) -> Node:
    if not isinstance(below, Table) or not isinstance(above, Table):
        return above
    laid = {key.text: (key, value) for key, value in below.entries}
    for key, value in above.entries:
        laid[key.text] = (key, _over(laid[key.text][1], value) if key.text in laid else value)
    return Table(below.line, list(laid.values()))
