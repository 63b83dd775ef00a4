"""`contacts`: how a vendor's contact becomes a member, and by which of its properties."""

from collections.abc import Collection, Mapping

from guerdon.program.connections.mappings import read_property
from guerdon.program.connections.nouns import Nouns
from guerdon.program.declared import BUILT_IN_ATTRIBUTES, ContactMapping, Translated
from guerdon.program.places import Place
from guerdon.values.texts import LANGUAGES

NAME, EMAIL, PHONE = ("firstname", "lastname"), "email", "phone"
OPTIONAL = ("language", "location", "attributes", "name", "email", "phone")


def read_contacts(place: Place, known: Nouns, mapped: Collection[str]) -> ContactMapping:
    """Read `contacts`; a property cannot be an event (`mapped`) and be read of the contact as well."""
    fields = place.fields(required=["market"], optional=OPTIONAL)
    market = _read_translated(fields.get("market"), known.markets, "market")
    found = ContactMapping(
        market=market or Translated("", {}),
        language=_read_translated(fields.get("language"), LANGUAGES, "language"),
        location=_read_translated(fields.get("location"), known.locations, "location"),
        attributes=_read_attributes(fields.get("attributes"), known),
        name=_read_name(fields.get("name")),
        email=read_property(fields["email"], EMAIL) if "email" in fields else EMAIL,
        phone=read_property(fields["phone"], PHONE) if "phone" in fields else PHONE,
    )
    for name in sorted({*found.properties} & {*mapped}):
        place.wrong(f"{name} is mapped and read of the contact at once", "remove one of the two")
    return found


def _read_translated(place: Place | None, ours: Collection[str], noun: str) -> Translated | None:
    if place is None:
        return None
    if not place.is_table():
        place.wrong("a mapping is needed here", "write it like `{ property: country }`")
        return None
    fields = place.fields(required=["property"], optional=["values"])
    values: dict[str, str] = {}
    for theirs, word in (fields["values"].table() if "values" in fields else {}).items():
        values[theirs] = word.one_of(ours, noun) or ""
    if "values" in fields and fields["values"].is_empty():
        fields["values"].wrong(
            "no value is translated", f"leave the line out where their values are {noun} keys"
        )
    return Translated(read_property(fields.get("property"), "country"), values)


def _read_attributes(place: Place | None, known: Nouns) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for key, source in (place.table() if place is not None else {}).items():
        if key in BUILT_IN_ATTRIBUTES:
            source.wrong(f"{key} is not an attribute of the program", f"write `{key}:` beside attributes")
        elif key not in known.attributes:
            source.unknown("attribute", key, known.attributes)
        found[key] = read_property(source)
    return found


def _read_name(place: Place | None) -> tuple[str, ...]:
    if place is None:
        return NAME
    return tuple(
        read_property(item, NAME[0]) for item in place.listing("no property is listed", f"like [{NAME[0]}]")
    )
