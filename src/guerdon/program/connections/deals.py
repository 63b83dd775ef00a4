"""`deals`: which change of a deal is which event of its contact. A deal is read before it is one."""

import re

from guerdon.program.connections.mappings import check_filled, check_twin, read_property
from guerdon.program.connections.nouns import Nouns
from guerdon.program.declared import DealMapping
from guerdon.program.places import Place

EXAMPLE = "dealstage"
_CONTACT = re.compile(r"[^\x00-\x1f\x7f]{1,100}")


def read_deals(place: Place, known: Nouns) -> tuple[DealMapping, ...]:
    """Read `deals`."""
    found: list[DealMapping] = []
    for item in place.listing(
        "nothing is mapped", "write `- { property: dealstage, value: ..., event: ... }`"
    ):
        mapping = _read_deal(item, known)
        check_twin(item, "deals", (mapping.property, mapping.value), [(m.property, m.value) for m in found])
        found.append(mapping)
    return tuple(found)


def _read_deal(place: Place, known: Nouns) -> DealMapping:
    fields = place.fields(required=["property", "event"], optional=["value", "fields", "contact"])
    name = read_property(fields.get("property"), EXAMPLE)
    value = fields["value"].word() if "value" in fields else None
    event = known.events.get(
        (fields["event"].one_of(known.events, "event") if "event" in fields else "") or ""
    )
    filled: dict[str, str] = {}
    for key, source in (fields["fields"].table() if "fields" in fields else {}).items():
        if event is not None and key not in event.fields:
            source.unknown(f"{event.key} field", key, event.fields)
        filled[key] = read_property(source, "amount")
    if event is not None:
        check_filled(place, event, filled, "amount")
    contact = fields["contact"].word() if "contact" in fields else None
    if contact is not None and not _CONTACT.fullmatch(contact):
        fields["contact"].wrong(
            "this is no association of a deal", "write its type's number, like 3, or its label, like Buyer"
        )
    return DealMapping(name, value, event.key if event else "", filled, contact)
