"""Members: which systems know them by which ids, and the attributes that conditions may ask for."""

import re
from collections.abc import Mapping

from guerdon.program.conditions.declarations import read_declarations
from guerdon.program.declared import BUILT_IN_ATTRIBUTES, SEALED, Field
from guerdon.program.places import KEY, Place, well_formed
from guerdon.values.money import Unit

# Columns of a member file, and what stands encrypted in a table of its own: no condition may ask for it.
_TAKEN = (*BUILT_IN_ATTRIBUTES, "external_source", "external_id", *SEALED)
_SOURCE: re.Pattern[str] = KEY


def read_members(place: Place | None, units: Mapping[str, Unit]) -> tuple[tuple[str, ...], dict[str, Field]]:
    """Read `members`: the sources of external ids, and the declared attributes."""
    if place is None:
        return (), {}
    fields = place.fields(required=["sources"], optional=["attributes"])
    sources: tuple[str, ...] = ()
    if "sources" in fields:
        sources = tuple(fields["sources"].words("no source is listed", "name the systems that know members"))
    for source in sources:
        if not well_formed(source, _SOURCE):
            fields["sources"].wrong(f"{source[:64]} cannot be a source", "write it like hubspot")
    attributes = read_declarations(fields.get("attributes"), units, _TAKEN)
    for key, attribute in attributes.items():
        if attribute.required:
            where = fields["attributes"].table()[key]
            where.wrong("an attribute cannot be required", "remove `required`; conditions can ask has(...)")
    return sources, attributes
