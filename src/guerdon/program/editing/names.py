"""What a program's text declares, read leniently: pickers and completion have names while mistakes stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from guerdon.program.declared import FieldType
from guerdon.program.editing.spans import Plain
from guerdon.values.money import Unit, UnitKind
from guerdon.values.texts import FALLBACK_LANGUAGE, Text

TYPES: tuple[FieldType, ...] = get_args(FieldType)
UNIT_KINDS: tuple[UnitKind, ...] = get_args(UnitKind)
DIGITS_MAX = 6


@dataclass(frozen=True, slots=True)
class FieldShape:
    """A declared field or attribute."""

    type: FieldType
    one_of: tuple[str, ...] = ()
    unit: Unit | None = None
    name: Text | None = None


Fields = Mapping[str, FieldShape]


@dataclass(frozen=True, slots=True)
class Names:
    """The keys of each section, with what people call them, and the fields below."""

    sections: Mapping[str, Mapping[str, Text]]
    units: Mapping[str, Unit] = field(default_factory=dict)
    events: Mapping[str, Fields] = field(default_factory=dict)
    attributes: Fields = field(default_factory=dict)
    holdings: Mapping[str, Fields] = field(default_factory=dict)
    derived: Mapping[str, FieldType] = field(default_factory=dict)

    def keys(self, section: str) -> tuple[str, ...]:
        """The keys of a section, in the order of the file."""
        return tuple(self.sections.get(section, ()))

    def name(self, section: str, key: str) -> Text:
        """What people call an entry: by its key, where it has no name."""
        return {FALLBACK_LANGUAGE: spoken(key), **self.sections.get(section, {}).get(key, {})}


def spoken(key: str) -> str:
    """A key in words."""
    return key.replace(".", " ").replace("_", " ")


def names_of(root: Plain | None) -> Names:
    """Gather what a text declares; what cannot be read is left out."""
    tree = _mapping(root)
    units = {key: _unit(key, _mapping(value)) for key, value in _mapping(tree.get("units")).items()}
    return Names(
        {
            section: {key: _name(value) for key, value in entries.items()}
            for section, value in tree.items()
            if isinstance(value, dict)
            for entries in (value,)
        },
        units,
        {
            key: _fields(_mapping(value).get("fields"), units)
            for key, value in _mapping(tree.get("events")).items()
        },
        _fields(_mapping(tree.get("members")).get("attributes"), units),
        {
            key: _fields(_mapping(value).get("fields"), units)
            for key, value in _mapping(tree.get("holdings")).items()
        },
        {
            key: found
            for key, value in _mapping(tree.get("derived")).items()
            if (found := _type(_mapping(value).get("type"))) is not None
        },
    )


def texts_of(value: Plain | None) -> dict[str, str]:
    """A text by language, as a program writes it."""
    if isinstance(value, str):
        return {FALLBACK_LANGUAGE: value}
    return {key: each for key, each in _mapping(value).items() if isinstance(each, str)}


def _name(value: Plain) -> Text:
    return texts_of(value.get("name")) if isinstance(value, dict) and "name" in value else {}


def _mapping(value: Plain | None) -> dict[str, Plain]:
    return value if isinstance(value, dict) else {}


def _type(value: Plain | None) -> FieldType | None:
    return next((each for each in TYPES if each == value), None)


def _unit(key: str, value: Mapping[str, Plain]) -> Unit:
    digits = value.get("digits")
    plain = isinstance(digits, str) and digits.isascii() and digits.isdecimal() and len(digits) == 1
    kind = next((each for each in UNIT_KINDS if each == value.get("kind")), UNIT_KINDS[0])
    return Unit(key, kind, min(int(str(digits)), DIGITS_MAX) if plain else 0)


def _fields(value: Plain | None, units: Mapping[str, Unit]) -> dict[str, FieldShape]:
    money = [unit for unit in units.values() if unit.kind == "money"]
    found = {}
    for key, each in _mapping(value).items():
        told = _mapping(each)
        kind = _type(told.get("type"))
        if kind is None:
            continue
        choices = told.get("one_of")
        one_of = tuple(word for word in choices if isinstance(word, str)) if isinstance(choices, list) else ()
        unit = units.get(str(told.get("unit"))) if "unit" in told else next(iter(money), None)
        name = {FALLBACK_LANGUAGE: spoken(key), **texts_of(told["name"])} if "name" in told else None
        found[key] = FieldShape(kind, one_of, unit if kind == "money" else None, name)
    return found
