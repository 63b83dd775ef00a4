"""`action`: which event a step of the vendor's workflows is, and which of its inputs fills which field."""

from guerdon.program.connections.mappings import check_filled, read_property
from guerdon.program.connections.nouns import Nouns
from guerdon.program.declared import ActionMapping
from guerdon.program.places import Place


def read_action(place: Place, known: Nouns) -> ActionMapping:
    """Read `action`."""
    fields = place.fields(required=["event"], optional=["fields"])
    word = fields["event"].one_of(known.events, "event") if "event" in fields else None
    event = known.events.get(word or "")
    filled: dict[str, str] = {}
    for key, source in (fields["fields"].table() if "fields" in fields else {}).items():
        if event is not None and key not in event.fields:
            source.unknown(f"{event.key} field", key, event.fields)
        filled[key] = read_property(source, "reason")
    if event is not None:
        check_filled(place, event, filled, "reason")
    return ActionMapping(event.key if event else "", filled)
