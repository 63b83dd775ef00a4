"""`map` and `ignore`: which change of a contact's property is which event, and what means nothing."""

import re
from collections.abc import Collection, Mapping
from typing import Literal

from guerdon.program.declared import Event, PropertyMapping
from guerdon.program.places import Place, well_formed

_PROPERTY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def read_property(place: Place | None, example: str = "test_drive_status") -> str:
    """Read the name of a vendor's property."""
    return (place.key(_PROPERTY, example) if place is not None else None) or ""


def read_mappings(place: Place, events: Mapping[str, Event]) -> tuple[PropertyMapping, ...]:
    """Read `map`."""
    found: list[PropertyMapping] = []
    for item in place.listing("nothing is mapped", "write `- { property: ..., value: ..., event: ... }`"):
        mapping = _read_mapping(item, events)
        check_twin(item, "map", (mapping.property, mapping.value), [(m.property, m.value) for m in found])
        found.append(mapping)
    return tuple(found)


def check_twin(
    item: Place, section: str, change: tuple[str, str | None], before: list[tuple[str, str | None]]
) -> None:
    """Refuse a change that is mapped already.

    One without a value may stand beside others: it takes the values that they leave.
    """
    if change[0] and change in before:
        value = "any value" if change[1] is None else f"the value {change[1][:64]}"
        what = f"{change[0]} with {value} is mapped already"
        item.wrong(what, f"see {section}[{before.index(change)}], and remove one")


def _read_mapping(place: Place, events: Mapping[str, Event]) -> PropertyMapping:
    fields = place.fields(required=["property", "event"], optional=["value", "fields"])
    name = read_property(fields.get("property"))
    value = fields["value"].word() if "value" in fields else None
    event = events.get((fields["event"].one_of(events, "event") if "event" in fields else None) or "")
    filled: dict[str, Literal["value"]] = {}
    for key, source in (fields["fields"].table() if "fields" in fields else {}).items():
        source.one_of(("value",), "source")
        if event is not None and key not in event.fields:
            source.unknown(f"{event.key} field", key, event.fields)
        filled[key] = "value"
    if event is not None:
        check_filled(place, event, filled, "value")
    return PropertyMapping(name, value, event.key if event else "", filled)


def check_filled(place: Place, event: Event, filled: Collection[str], source: str) -> None:
    """Refuse a mapping that leaves a field empty that its event requires."""
    for field in event.fields.values():
        if field.required and field.key not in filled:
            place.wrong(
                f"{event.key} needs the field {field.key}", f"add `fields: {{ {field.key}: {source} }}`"
            )


def read_ignored(
    place: Place, used: Mapping[str, str], mappings: Collection[PropertyMapping]
) -> tuple[str, ...]:
    """Read `ignore`: properties, or one value of a property, like `test_drive_status=scheduled`.

    `used` says of properties that mean something by which declaration they do.
    """
    mapped = {(mapping.property, mapping.value) for mapping in mappings}
    found: list[str] = []
    for item in place.listing():
        word = item.word() or ""
        name, sign, value = word.partition("=")
        if word and (not well_formed(name, _PROPERTY) or (sign and not value)):
            item.wrong(f"{word[:64]} is no property", "write it like lifecyclestage or drive_status=open")
        elif sign and used.get(name) == "mapped":
            if {(name, value), (name, None)} & mapped:
                item.wrong(f"{word[:64]} is mapped and ignored at once", "remove one of the two")
        elif name in used:
            item.wrong(f"{name} is {used[name]} and ignored at once", "remove one of the two")
        if word and word in found:
            item.wrong(f"{word[:64]} stands here twice", "remove one of the two")
        found.append(word)
    return tuple(found)
