"""Connections: a vendor's account that sends events, and how its property changes become ours.

The mapping is declared here and not coded. The secret itself never stands in a program: only the name
of the setting that holds it, and what looks like a secret is refused without being repeated.
"""

import re
from collections.abc import Mapping
from typing import Literal

from guerdon.program.model import Connection, Event, PropertyMapping
from guerdon.program.places import Place

PORTAL_MAX = 10**15
# What every program has without declaring it: our API, and what we tell ourselves.
OWN_NAMES = frozenset({"api", "guerdon"})

_SETTING = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_OWN_SETTING = re.compile(r"GUERDON_.*|DATABASE_URL")
_PROPERTY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def read_connections(
    place: Place | None, sources: tuple[str, ...], events: Mapping[str, Event]
) -> dict[str, Connection]:
    """Read `connections`."""
    if place is None:
        return {}
    found: dict[str, Connection] = {}
    for key, connection in place.keyed(example="hubspot_eu").items():
        fields = connection.fields(
            required=["vendor", "portal", "secret", "subject", "map"], optional=["ignore"]
        )
        if key in OWN_NAMES:
            connection.wrong(f"{key} is a connection of Guerdon itself", "call it otherwise")
        if "vendor" in fields:
            fields["vendor"].one_of(("hubspot",), "vendor")
        portal = fields["portal"].whole(1, PORTAL_MAX) if "portal" in fields else None
        twin = next((other.key for other in found.values() if portal and other.portal == portal), None)
        if twin is not None:
            fields["portal"].wrong(f"{twin} is connected to this portal too", "join the two connections")
        subject = fields["subject"].one_of(sources, "source of members") if "subject" in fields else None
        mappings = _read_mappings(fields["map"], events) if "map" in fields else ()
        ignore = _read_ignored(fields["ignore"], mappings) if "ignore" in fields else ()
        secret = _read_secret(fields.get("secret"))
        found[key] = Connection(key, "hubspot", portal or 0, secret, subject or "", mappings, ignore)
    return found


def _read_secret(place: Place | None) -> str:
    name = place.word() if place is not None else None
    if place is None or name is None:
        return ""
    if not _SETTING.fullmatch(name) or len(name) > 64:
        place.wrong(
            "this is not the name of a setting",
            "never write a secret here; write the environment setting's name, like HUBSPOT_CLIENT_SECRET",
        )
    elif _OWN_SETTING.fullmatch(name):
        place.wrong(f"{name} is a setting of Guerdon itself", "use a setting of its own for this connection")
    return name


def _read_mappings(place: Place, events: Mapping[str, Event]) -> tuple[PropertyMapping, ...]:
    found: list[PropertyMapping] = []
    for item in place.listing("nothing is mapped", "write `- { property: ..., value: ..., event: ... }`"):
        mapping = _read_mapping(item, events)
        twin = next((number for number, other in enumerate(found) if _same_change(mapping, other)), None)
        if twin is not None:
            value = "any value" if mapping.value is None else f"the value {mapping.value[:64]}"
            item.wrong(
                f"{mapping.property} with {value} is mapped already", f"see map[{twin}], and remove one"
            )
        found.append(mapping)
    return tuple(found)


def _same_change(one: PropertyMapping, other: PropertyMapping) -> bool:
    # One without a value may stand beside others: it takes the values that they leave.
    return bool(one.property) and (one.property, one.value) == (other.property, other.value)


def _read_mapping(place: Place, events: Mapping[str, Event]) -> PropertyMapping:
    fields = place.fields(required=["property", "event"], optional=["value", "fields"])
    name = _read_property(fields["property"]) if "property" in fields else ""
    value = fields["value"].word() if "value" in fields else None
    event = events.get((fields["event"].one_of(events, "event") if "event" in fields else None) or "")
    filled: dict[str, Literal["value"]] = {}
    for key, source in (fields["fields"].table() if "fields" in fields else {}).items():
        source.one_of(("value",), "source")
        if event is not None and key not in event.fields:
            source.unknown(f"{event.key} field", key, event.fields)
        filled[key] = "value"
    if event is not None:
        for field in event.fields.values():
            if field.required and field.key not in filled:
                place.wrong(
                    f"{event.key} needs the field {field.key}",
                    f"add `fields: {{ {field.key}: value }}`",
                )
    return PropertyMapping(name, value, event.key if event else "", filled)


def _read_property(place: Place) -> str:
    return place.key(_PROPERTY, "test_drive_status") or ""


def _read_ignored(place: Place, mappings: tuple[PropertyMapping, ...]) -> tuple[str, ...]:
    mapped = {mapping.property for mapping in mappings}
    found: list[str] = []
    for item in place.listing():
        name = _read_property(item)
        if name and name in mapped:
            item.wrong(f"{name} is mapped and ignored at once", "remove one of the two")
        elif name and name in found:
            item.wrong(f"{name} stands here twice", "remove one of the two")
        found.append(name)
    return tuple(found)
