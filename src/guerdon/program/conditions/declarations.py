"""Declared fields: what an event carries and what is known of a member, in the same words for both.

Conditions are checked against these declarations, and `fields.py` reads values from outside by them.
"""

from collections.abc import Collection, Mapping
from typing import get_args

from guerdon.program.declared import Event, Field, FieldType
from guerdon.program.places import Place
from guerdon.program.texts import read_text
from guerdon.program.units import read_unit
from guerdon.values.money import Unit

# What names a thing: two events speak of the same one when these are the same text.
NAMING = ("string", "int")
NUMBERS = ("int", "money")
TYPES: tuple[FieldType, ...] = get_args(FieldType)

# Words that the condition language keeps for itself.
RESERVED_WORDS = frozenset(
    {
        *(
            "as",
            "break",
            "const",
            "continue",
            "else",
            "false",
            "for",
            "function",
            "if",
            "import",
            "in",
            "let",
        ),
        *("loop", "namespace", "null", "package", "return", "true", "var", "void", "while"),
    }
)


def read_declarations(
    place: Place | None, units: Mapping[str, Unit], built_in: Collection[str]
) -> dict[str, Field]:
    """Read a mapping of fields; those built in are always there and cannot be declared again."""
    found: dict[str, Field] = {}
    if place is None:
        return found
    for key, field in place.keyed(example="order_type").items():
        if key in RESERVED_WORDS:
            field.wrong(f"{key} is a word of the condition language", "choose another name")
        elif key in built_in:
            field.wrong(f"{key} is always there", "remove it, or choose another name")
        else:
            found[key] = _read_declaration(key, field, units)
    return found


def _read_declaration(key: str, place: Place, units: Mapping[str, Unit]) -> Field:
    fields = place.fields(required=["type"], optional=["name", "one_of", "required", "unit", "personal"])
    named = fields["type"].one_of(TYPES, "type") if "type" in fields else None
    kind: FieldType = next((each for each in TYPES if each == named), "string")
    allowed: list[str] = []
    if "one_of" in fields:
        allowed = fields["one_of"].words("no value is allowed", "list the values like [retail, fleet]")
        if named is not None and named != "string":
            fields["one_of"].wrong(f"one_of is for fields of type string, not {named}", "remove it")
    required = fields["required"].truth() if "required" in fields else None
    personal = fields["personal"].truth() if "personal" in fields else None
    unit = _read_declared_unit(place, fields, named, units)
    name = read_text(fields["name"]) if "name" in fields else None
    return Field(key, kind, tuple(allowed), bool(required), unit, bool(personal), name)


def _read_declared_unit(
    place: Place, fields: Mapping[str, Place], kind: str | None, units: Mapping[str, Unit]
) -> str | None:
    if kind != "money":
        if "unit" in fields and kind is not None:
            fields["unit"].wrong(f"unit is for fields of type money, not {kind}", "remove it")
        return None
    if "unit" in fields:
        unit = read_unit(fields["unit"], units)
        return unit.key if unit else None
    money = [unit.key for unit in units.values() if unit.kind == "money"]
    if len(money) != 1:
        place.wrong("the unit of this money is not clear", "add `unit:` with one of the program's units")
        return None
    return money[0]


def read_field_of(place: Place | None, event: Event | None, types: Collection[str]) -> str | None:
    """Read the name of a field of the event, of one of the types."""
    name = place.word() if place is not None else None
    if place is None or name is None or event is None:
        return name
    field = event.fields.get(name)
    if field is None:
        place.unknown(f"{event.key} field", name, event.fields)
    elif field.type not in types:
        place.wrong(f"{name} is a {field.type}", f"name a field of type {' or '.join(types)}")
    return name
