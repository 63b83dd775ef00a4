"""Events: the facts that may come in, in the past tense, each with its typed fields."""

from collections.abc import Collection, Mapping
from typing import get_args

from guerdon.program.conditions.declarations import read_declarations
from guerdon.program.declared import ConfirmedAt
from guerdon.program.model import Event, Field
from guerdon.program.places import EVENT_KEY, Place
from guerdon.program.texts import read_name
from guerdon.values.money import Unit

# Every event says when it happened.
BUILT_IN_FIELDS = ("happened_at",)
OPTIONAL = ("name", "fields", "confirmed_at")
CONFIRMED_AT: tuple[ConfirmedAt, ...] = get_args(ConfirmedAt)


def read_events(
    place: Place | None, units: Mapping[str, Unit], locations: Collection[str]
) -> dict[str, Event]:
    """Read `events`; a program needs at least one. `locations` are those at which one may be confirmed."""
    if place is None:
        return {}
    found = {}
    for key, event in place.keyed(EVENT_KEY, "test_drive.completed").items():
        fields = event.fields(optional=OPTIONAL)
        declared = read_declarations(fields.get("fields"), units, BUILT_IN_FIELDS)
        confirmed = _read_confirmed(fields.get("confirmed_at"), declared, locations)
        found[key] = Event(key, read_name(fields.get("name"), key), declared, "name" in fields, confirmed)
    if not found:
        place.wrong("no event is declared", "add one like `test_drive.completed:`")
    return found


def _read_confirmed(
    place: Place | None, declared: Mapping[str, Field], locations: Collection[str]
) -> ConfirmedAt | None:
    """Where it may be confirmed: by one tap, which says that it happened and nothing else."""
    if place is None:
        return None
    where = place.one_of(CONFIRMED_AT, "place of confirming")
    needed = [key for key, field in declared.items() if field.required]
    if where is not None and not locations:
        place.wrong("the program has no locations, so nobody could confirm it", "declare `locations`")
    if where is not None and needed:
        place.wrong(
            f"a location says that it happened and nothing else, but {needed[0]} is required",
            f"remove `required: true` from {needed[0]}, or confirm an event without it",
        )
    return where
