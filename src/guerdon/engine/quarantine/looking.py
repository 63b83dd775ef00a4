"""What was set apart as it came, and beside it what the live version's mapping makes of it now.

Who may not see persons gets the shape of what came, and of its values those that say no more than what kind
of thing it is.
"""

from dataclasses import dataclass

import msgspec

from guerdon.engine.arrivals import Element, Mapper, Unusable, in_time
from guerdon.engine.bodies import open_body
from guerdon.engine.process import POISON
from guerdon.program.model import Program
from guerdon.queries.quarantine.standing import Body, Parked
from guerdon.store.sealing import Unreadable, Vault

LETTERS_MAX = 20_000
MASK = "•••"
# Under this key stands, an element each, what was read for events (`engine/crm/deals`).
READ = "read"
# What is nobody's: kinds, names of properties, times.
PLAIN = frozenset(
    (
        *("subscriptionType", "propertyName", "occurredAt", "objectTypeId", "changeSource", "portalId"),
        *("specversion", "type", "source", "time", "datacontenttype"),
    )
)


@dataclass(frozen=True, slots=True)
class Sight:
    """The raw element as text, and what it means; None where there is nothing to look at."""

    raw: str | None
    element: Element | None


def look(
    vault: Vault, program_id: int, program: Program, mapper: Mapper | None, parked: Parked, body: Body
) -> Sight:
    """Open what was kept of a request, and have the live version map it."""
    if body.sealed is None or body.delivered_at is None:
        return Sight(None, None)
    try:
        opened = open_body(vault, program_id, parked.connection, body.sealed)
    except Unreadable:
        return Sight(None, None)
    return Sight(_raw(opened, parked.position), _mapped(program, mapper, parked, body, opened))


def masked_raw(raw: str) -> str:
    """The shape of a raw element, without what may be somebody's."""
    try:
        return _written(_masked(msgspec.json.decode(raw)))
    except (msgspec.DecodeError, RecursionError):
        return MASK


def _mapped(
    program: Program, mapper: Mapper | None, parked: Parked, body: Body, opened: bytes
) -> Element | None:
    if mapper is None:
        detail = f"The program has no connection {parked.connection} any more; declare it and replay"
        return Unusable(parked.position or 0, "no_connection", detail)
    assert body.delivered_at is not None
    try:
        elements = mapper(program, parked.connection, opened)
        place = parked.position if parked.position is not None else 0
        return in_time(elements[place], body.delivered_at) if place < len(elements) else None
    except POISON as fault:
        detail = f"It could not be read: {type(fault).__name__}: {fault}"[:500]
        return Unusable(parked.position or 0, "poison", detail)


def _raw(opened: bytes, position: int | None) -> str:
    try:
        said = msgspec.json.decode(opened)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return opened[: LETTERS_MAX * 4].decode(errors="replace")[:LETTERS_MAX]
    if isinstance(said, dict) and isinstance(said.get(READ), list):
        said = said[READ]
    if position is not None and isinstance(said, list):
        said = said[position] if position < len(said) else None
    return _written(said)


def _written(said: object) -> str:
    return msgspec.json.format(msgspec.json.encode(said), indent=2).decode()[:LETTERS_MAX]


def _masked(said: object, depth: int = 0, name: str = "") -> object:
    """What is nobody's stands in an element itself; whatever hangs below it may be somebody's."""
    if isinstance(said, dict):
        return {key: _masked(value, depth + 1, key) for key, value in said.items()}
    if isinstance(said, list):
        # A request read as a whole is a list of elements.
        return [_masked(value, depth if depth == 0 else depth + 1, "") for value in said]
    return said if said is None or (depth == 1 and name in PLAIN) else MASK
