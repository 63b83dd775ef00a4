"""Who reads what vendors sent, where somebody looks at it again or has it tried again."""

from collections.abc import Mapping, Sequence

import msgspec

from guerdon.connectors.cloudevents import payload as cloudevents
from guerdon.connectors.hubspot import asked, mapping, payload
from guerdon.engine.arrivals import Arrival, Mapper, Unusable
from guerdon.engine.library import Library
from guerdon.engine.quarantine.settling import Reader, Reading
from guerdon.program.model import Program
from guerdon.web.rooms import room

MAPPERS: Mapping[str, Mapper] = {"hubspot": mapping.map_body, "cloudevents": cloudevents.map_body}


def _read_events(body: bytes) -> Sequence[Arrival | Unusable] | Unusable:
    events = cloudevents.read_events(body)
    if isinstance(events, cloudevents.Wrong):
        return Unusable(-1, "malformed_body", events.detail)
    return [_read_event(position, event) for position, event in enumerate(events)]


def _read_event(position: int, event: object) -> Arrival | Unusable:
    # Of a body that is kept for another event of it, this one may be emptied.
    try:
        (found,) = cloudevents.read_arrivals([event])
    except (AssertionError, LookupError) as fault:
        return Unusable(position, "malformed_event", f"Element {position + 1} is no event: {fault}")
    return msgspec.structs.replace(found, position=position)


def _read_hubspot(body: bytes) -> Sequence[Arrival | Unusable] | Unusable:
    return asked.read_step(body) if asked.is_step(body) else payload.read_arrivals(body)


READERS: Mapping[str, Reader] = {"hubspot": _read_hubspot, "cloudevents": _read_events}


def reading_of(program: Program) -> Reading:
    """Who reads for a program."""
    return Reading(program, room().vault, READERS)


def mapper_of(program: Program, connection: str) -> Mapper | None:
    """Who maps the bodies of a connection; None when the program no longer has it."""
    return Library(room().vault, MAPPERS).mapper(program, connection)
