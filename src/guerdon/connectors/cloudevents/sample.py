"""A request to our own API as its door would take it, for scenarios: kept only when all of it is right."""

from collections.abc import Mapping, Sequence

import msgspec

from guerdon.connectors.cloudevents.payload import CONNECTION, Wrong, check_events, read_arrivals, read_events
from guerdon.engine.intake import Delivery
from guerdon.program.model import Program


def sample_delivery(program: Program, events: Sequence[Mapping[str, object]]) -> Delivery | list[str]:
    """One request with these events, or what the door would answer is wrong with it."""
    body = msgspec.json.encode(events[0] if len(events) == 1 else events)
    read = read_events(body)
    if isinstance(read, Wrong):
        return [read.pointer]
    wrong = check_events(program, "", read)
    return [w.pointer for w in wrong] if wrong else Delivery(CONNECTION, body, read_arrivals(read))
