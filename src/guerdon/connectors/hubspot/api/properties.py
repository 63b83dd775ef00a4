"""Definitions of properties: which there are, of what type, and ours, made where they are missing.

A person may change a property's type or take it away at any time: compare before writing, and read what a
refused write says (`PROPERTY_DOESNT_EXIST`, `INVALID_DOUBLE`, …).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from guerdon.connectors.hubspot.api.calls import Api, reading, writing
from guerdon.connectors.hubspot.api.objects import Kind
from guerdon.connectors.hubspot.api.outcomes import Outcome, then

Type = Literal["string", "number", "bool", "date", "datetime", "enumeration"]
_FIELD_TYPES: Mapping[Type, str] = {
    "string": "text",
    "number": "number",
    "bool": "booleancheckbox",
    "date": "date",
    "datetime": "date",
    "enumeration": "select",
}
_GROUPS: Mapping[Kind, str] = {"contacts": "contactinformation", "deals": "dealinformation"}
_OPTIONS_OF_BOOL = (("true", "Yes"), ("false", "No"))
Value = str | int | Decimal | bool | date | datetime | None


class Option(msgspec.Struct, frozen=True):
    """One of the values of an enumeration."""

    value: str
    label: str = ""
    hidden: bool = False


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    read_only_value: bool = False


class Property(msgspec.Struct, frozen=True, rename="camel"):
    """A property as HubSpot has it."""

    name: str
    label: str = ""
    type: str = ""
    field_type: str = ""
    has_unique_value: bool = False
    archived: bool = False
    hubspot_defined: bool = False
    options: list[Option] = []
    modification_metadata: _Metadata = _Metadata()

    @property
    def read_only(self) -> bool:
        """Whether nobody may write its values."""
        return self.modification_metadata.read_only_value


@dataclass(frozen=True, slots=True)
class Wanted:
    """A property as we need it. `unique`: it names records."""

    name: str
    label: str
    type: Type = "string"
    unique: bool = False
    options: tuple[tuple[str, str], ...] = ()
    description: str = ""
    # Under which heading people find it; HubSpot's own where none is said.
    group: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Why a property that is there does not do: `what` of it is `found`, not as wanted."""

    name: str
    what: Literal["missing", "type", "unique", "read_only", "options"]
    found: str


class _Answer(msgspec.Struct, frozen=True):
    results: list[Property]


class Group(msgspec.Struct, frozen=True):
    """A heading under which people find properties."""

    name: str
    label: str = ""


_read_all = msgspec.json.Decoder(_Answer).decode
_read_one = msgspec.json.Decoder(Property).decode
_read_group = msgspec.json.Decoder(Group).decode


def properties(api: Api, kind: Kind) -> Outcome[Mapping[str, Property]]:
    """All properties of a kind by name, without those in the bin."""
    outcome = api.ask(reading(api.place.path("properties", kind=kind)), _read_all)
    return then(outcome, lambda answer: {each.name: each for each in answer.results if not each.archived})


def property_named(api: Api, kind: Kind, name: str) -> Outcome[Property]:
    """One property; refused with 404 where there is none."""
    return api.ask(reading(api.place.path("property", kind=kind, name=name)), _read_one)


def create(api: Api, kind: Kind, wanted: Wanted) -> Outcome[Property]:
    """Make a property. One of that name there already is a refusal with 409: look at it, then."""
    options = _OPTIONS_OF_BOOL if wanted.type == "bool" else wanted.options
    body: dict[str, object] = {
        "name": wanted.name,
        "label": wanted.label,
        "type": wanted.type,
        "fieldType": _FIELD_TYPES[wanted.type],
        "groupName": wanted.group or _GROUPS[kind],
        "description": wanted.description,
        "options": [
            {"value": value, "label": label, "displayOrder": place, "hidden": False}
            for place, (value, label) in enumerate(options)
        ],
    }
    if wanted.unique:
        body["hasUniqueValue"] = True
    return api.ask(writing(api.place.path("properties", kind=kind), body), _read_one)


def group_named(api: Api, kind: Kind, name: str) -> Outcome[Group]:
    """A group of properties; refused with 404 where there is none."""
    return api.ask(reading(api.place.path("property_group", kind=kind, name=name)), _read_group)


def create_group(api: Api, kind: Kind, name: str, label: str) -> Outcome[Group]:
    """Make a group. One of that name there already is a refusal with 409."""
    body = {"name": name, "label": label}
    return api.ask(writing(api.place.path("property_groups", kind=kind), body), _read_group)


def differences(wanted: Sequence[Wanted], there: Mapping[str, Property]) -> list[Difference]:
    """What keeps properties from being written as wanted: all of it."""
    return [found for one in wanted if (found := _difference(one, there.get(one.name))) is not None]


def _difference(wanted: Wanted, there: Property | None) -> Difference | None:
    if there is None:
        return Difference(wanted.name, "missing", "")
    if there.type != wanted.type:
        return Difference(wanted.name, "type", there.type)
    if wanted.unique and not there.has_unique_value:
        return Difference(wanted.name, "unique", "false")
    if there.read_only:
        return Difference(wanted.name, "read_only", "true")
    known = {option.value for option in there.options}
    missing = [value for value, _ in wanted.options if value not in known]
    return Difference(wanted.name, "options", ";".join(sorted(known))[:500]) if missing else None


def as_text(value: Value) -> str:
    """A value as HubSpot takes it: everything is a text, and "" clears."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            assert value.tzinfo is not None, "a time without zone is nobody's"
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
    return str(value)
