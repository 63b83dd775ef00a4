"""Custom events on a contact's timeline: defined once, then sent; a known `uuid` is dropped by HubSpot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from guerdon.connectors.hubspot.api.calls import Api, nothing, reading, writing
from guerdon.connectors.hubspot.api.outcomes import Outcome
from guerdon.connectors.hubspot.api.properties import as_text

BATCH_MAX = 500
PROPERTIES_MAX = 50
VALUE_CHARS_MAX = 1024
Type = Literal["string", "number", "datetime", "enumeration"]


class EventProperty(msgspec.Struct, frozen=True):
    """A property of an event."""

    name: str
    type: str = ""


class EventType(msgspec.Struct, frozen=True, rename="camel"):
    """An event as HubSpot has it; `fully_qualified_name` is what is sent: `pe4242_reward_earned`."""

    fully_qualified_name: str
    name: str = ""
    archived: bool = False
    properties: list[EventProperty] = []


@dataclass(frozen=True, slots=True)
class WantedProperty:
    """A property of an event of ours."""

    name: str
    label: str
    type: Type = "string"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """It happened to a contact. The same `uuid` sent again is the same occurrence."""

    uuid: str
    event: str
    contact: str
    occurred_at: datetime
    properties: Mapping[str, str]


_read_type = msgspec.json.Decoder(EventType).decode
_read_property = msgspec.json.Decoder(EventProperty).decode


def event_type(api: Api, full_name: str) -> Outcome[EventType]:
    """An event's definition; refused with 404 where there is none."""
    return api.ask(reading(api.place.path("event_definition", event=full_name)), _read_type)


def define(
    api: Api, name: str, label: str, properties: Sequence[WantedProperty], description: str = ""
) -> Outcome[EventType]:
    """Define an event of contacts. One of that name there already is a refusal with 409."""
    body = {
        "name": name,
        "label": label,
        "description": description,
        "primaryObject": "CONTACT",
        "includeDefaultProperties": False,
        "propertyDefinitions": [_wanted(one) for one in properties],
    }
    return api.ask(writing(api.place.path("event_definitions"), body), _read_type)


def define_property(api: Api, full_name: str, wanted: WantedProperty) -> Outcome[EventProperty]:
    """Have an event that is defined already say something more."""
    path = api.place.path("event_properties", event=full_name)
    return api.ask(writing(path, _wanted(wanted)), _read_property)


def _wanted(one: WantedProperty) -> dict[str, object]:
    return {"name": one.name, "label": one.label, "type": one.type, "options": []}


def send(api: Api, occurrences: Sequence[Occurrence]) -> Outcome[None]:
    """Send at most 500 occurrences: all are taken or none is. It may be done twice."""
    assert 0 < len(occurrences) <= BATCH_MAX, f"{len(occurrences)} occurrences are not 1 to {BATCH_MAX}"
    inputs = [_input(one) for one in occurrences]
    return api.ask(writing(api.place.path("events_send"), {"inputs": inputs}), nothing)


def _input(one: Occurrence) -> dict[str, object]:
    assert len(one.properties) <= PROPERTIES_MAX, f"{len(one.properties)} properties of an event are too many"
    return {
        "eventName": one.event,
        "objectId": one.contact,
        "occurredAt": as_text(one.occurred_at),
        "uuid": one.uuid,
        "properties": {name: text[:VALUE_CHARS_MAX] for name, text in one.properties.items()},
    }
