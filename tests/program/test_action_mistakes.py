"""Mistakes in `action`, the step of workflows; and what a right one means."""

import pytest
from tests.program.programs import SMALL, Case, read_changed, read_whole

from guerdon.program.declared import ActionMapping

LAST = "    ignore: [lifecyclestage]\n"
ACTION = "    action: { event: visit.completed, fields: { paid: amount } }\n"
DECLARED = SMALL.replace(LAST, LAST + ACTION)
MISTAKES: list[Case] = [
    ("completed, fields: { paid", "com, fields: { paid", 35, "action.event", "unknown event visit.com", ""),
    ("{ paid: amount }", "{ price: amount }", 35, "action.fields.price", "unknown visit.completed field", ""),
    ("{ paid: amount }", "{ paid: 'a b' }", 35, "action.fields.paid", "cannot be a key", "reason"),
    ("{ event: visit.completed, fields", "{ fields", 35, "action", "event is missing", ""),
]


@pytest.mark.parametrize(("old", "new", "line", "where", "what", "hint"), MISTAKES)
def test_a_mistake_is_found_where_it_stands(
    old: str, new: str, line: int, where: str, what: str, hint: str
) -> None:
    found = read_changed(DECLARED, old, new)
    print(*found, sep="\n")  # noqa: T201 - shown when the test fails
    assert any(
        (p.line, p.where) == (line, f"connections.crm.{where}") and what in p.what and hint in p.hint
        for p in found
    )


def test_a_step_is_an_event_and_may_be_all_that_a_connection_brings() -> None:
    crm = read_whole(DECLARED).connections["crm"]
    assert crm.action == ActionMapping("visit.completed", {"paid": "amount"})
    assert read_whole(SMALL).connections["crm"].action is None
    mapped = SMALL[SMALL.index("    map:\n") : SMALL.index(LAST)]
    alone = read_whole(SMALL.replace(mapped + LAST, ACTION)).connections["crm"]
    assert (alone.mappings, alone.action) == ((), crm.action)
