"""Holdings: what a member has for a time, as typed records that events open, change and close.

Nothing else says of a holding what it is: its fields are filled from those of the event, of the same types.
"""

from collections.abc import Mapping

from guerdon.program.conditions.declarations import (
    NAMING,
    RESERVED_WORDS,
    read_declarations,
    read_field_of,
)
from guerdon.program.conditions.vocabulary import has_problem
from guerdon.program.declared import SEALED, Event, Field, HoldingKind, HoldingStep
from guerdon.program.places import Place
from guerdon.program.texts import read_name
from guerdon.values.money import Unit

# The names by which conditions know what is no holding.
TAKEN = ("event", "member")
# Filled from when it happened, as from any field of an instant.
HAPPENED_AT = Field("happened_at", "timestamp")
INSTANTS = ("timestamp", "date")


def read_holdings(
    place: Place | None, units: Mapping[str, Unit], events: Mapping[str, Event]
) -> dict[str, HoldingKind]:
    """Read `holdings`."""
    found = {}
    for key, kind in (place.keyed(example="vehicle") if place is not None else {}).items():
        if key in TAKEN or key in RESERVED_WORDS:
            kind.wrong(f"{key} is a word of the condition language", "choose another name")
            continue
        fields = kind.fields(required=["fields", "from"], optional=["name", "change", "until"])
        declared = read_declarations(fields.get("fields"), units, ())
        for name, each in (fields["fields"].table() if "fields" in fields else {}).items():
            if name in declared and declared[name].required:
                each.wrong("a field of a holding cannot be required", "remove `required`; ask with has(...)")
            if name in declared and declared[name].personal:
                each.wrong(
                    "a field of a holding cannot be personal",
                    f"leave it out: what says who somebody is ({', '.join(SEALED)}) stands elsewhere",
                )
        opens = _read_steps(fields.get("from"), declared, events)
        changes = _read_steps(fields.get("change"), declared, events)
        closes = _read_steps(fields.get("until"), declared, events, closes=True)
        _check_told_apart(fields, (opens, changes, closes))
        _check_filled(fields, declared, (opens, changes))
        found[key] = HoldingKind(key, read_name(fields.get("name"), key), declared, opens, changes, closes)
    return found


def _read_steps(
    place: Place | None, declared: Mapping[str, Field], events: Mapping[str, Event], *, closes: bool = False
) -> tuple[HoldingStep, ...]:
    """Read one event, or a list of them."""
    if place is None:
        return ()
    several = (
        [place]
        if place.is_table()
        else place.listing("no event is named", "write `{ event: ..., key: ... }`")
    )
    found: list[HoldingStep] = []
    for each in several:
        step = _read_step(each, declared, events, closes=closes)
        if step.event and step.event in {other.event for other in found}:
            each.wrong(f"{step.event} stands here already", "remove one of the two")
        found.append(step)
    return tuple(found)


def _read_step(
    place: Place, declared: Mapping[str, Field], events: Mapping[str, Event], *, closes: bool
) -> HoldingStep:
    fields = place.fields(["event", "key"], [] if closes else ["fields"])
    event = events.get((fields["event"].one_of(events, "event") if "event" in fields else None) or "")
    key = read_field_of(fields.get("key"), event, NAMING)
    filled = _same_names(declared, event)
    for name, source in (fields["fields"].table() if "fields" in fields else {}).items():
        if name not in declared:
            source.unknown("field of this holding", name, declared)
            continue
        told = _read_source(source, declared[name], event)
        if told is not None:
            filled[name] = told
    return HoldingStep(event.key if event else "", key or "", {} if closes else filled)


def _same_names(declared: Mapping[str, Field], event: Event | None) -> dict[str, str]:
    """Give the fields that an event fills without being told: those of its own by the same name and type."""
    if event is None:
        return {}
    return {
        name: name
        for name, field in declared.items()
        if name in event.fields and not _unfit(field, event.fields[name])
    }


def _read_source(place: Place, field: Field, event: Event | None) -> str | None:
    name = place.word()
    if name is None or event is None:
        return None
    source = HAPPENED_AT if name == HAPPENED_AT.key else event.fields.get(name)
    if source is None:
        place.unknown(f"{event.key} field", name, [*event.fields, HAPPENED_AT.key])
        return None
    unfit = _unfit(field, source)
    if unfit:
        place.wrong(*unfit)
        return None
    return name


def _unfit(field: Field, source: Field) -> tuple[str, str] | None:
    """Say why a field cannot be filled from another: what, and a hint."""
    if source.personal:
        return f"{source.key} is personal data, and no holding keeps it", "leave this field out"
    instants = field.type in INSTANTS and source.type in INSTANTS
    if not instants and (field.type, field.unit) != (source.type, source.unit):
        return (
            f"{field.key} is a {field.type}, {source.key} a {source.type}",
            "fill it from a field of its type",
        )
    if field.one_of and not set(source.one_of or ("any text",)) <= set(field.one_of):
        beyond = next((word for word in source.one_of if word not in field.one_of), "any text")
        return f"{source.key} may be {beyond}, {field.key} may not", "list the same values in both `one_of`"
    return None


def _check_told_apart(fields: Mapping[str, Place], steps: tuple[tuple[HoldingStep, ...], ...]) -> None:
    """Name an event that would do two things to a holding at once."""
    opens, changes, closes = ({step.event for step in each if step.event} for each in steps)
    for event in sorted(closes & (opens | changes)):
        fields["until"].wrong(
            f"{event} opens or changes this holding and ends it, a circle", "end it by another event"
        )
    for event in sorted(changes & opens):
        fields["change"].wrong(f"{event} opens this holding already", "remove it here: opening fills it anew")


def _check_filled(
    fields: Mapping[str, Place], declared: Mapping[str, Field], steps: tuple[tuple[HoldingStep, ...], ...]
) -> None:
    """Name each field that nothing ever fills."""
    opens, changes = steps
    if "fields" not in fields or any(has_problem(fields[key]) for key in ("from", "change") if key in fields):
        return
    told = {name for step in (*opens, *changes) for name in step.fields}
    for name, place in fields["fields"].table().items():
        if name in declared and name not in told and not has_problem(place):
            place.wrong(f"nothing fills {name}", "name the event's field in `from`: `fields: { ... }`")
