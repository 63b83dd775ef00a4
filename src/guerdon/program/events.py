"""Events: the facts that may come in, in the past tense, each with its typed fields."""

from collections.abc import Mapping

from guerdon.program.conditions.declarations import read_declarations
from guerdon.program.model import Event
from guerdon.program.places import EVENT_KEY, Place
from guerdon.program.texts import read_name
from guerdon.values.money import Unit

# Every event says when it happened.
BUILT_IN_FIELDS = ("happened_at",)


def read_events(place: Place | None, units: Mapping[str, Unit]) -> dict[str, Event]:
    """Read `events`; a program needs at least one."""
    if place is None:
        return {}
    found = {}
    for key, event in place.keyed(EVENT_KEY, "test_drive.completed").items():
        fields = event.fields(optional=["name", "fields"])
        declared = read_declarations(fields.get("fields"), units, BUILT_IN_FIELDS)
        found[key] = Event(key, read_name(fields.get("name"), key), declared, "name" in fields)
    if not found:
        place.wrong("no event is declared", "add one like `test_drive.completed:`")
    return found
