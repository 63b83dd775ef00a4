"""What a HubSpot property change means in a program: its own mapping says, nothing is coded here.

A mapping with a value wins over one without; a property that nobody declared is set apart with a
reason, never dropped.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from guerdon.connectors.hubspot.payload import Change, read_changes
from guerdon.engine.arrivals import Element, Ignored, Meaning, Unusable
from guerdon.program.fields import read_field
from guerdon.program.model import Connection, Program, PropertyMapping
from guerdon.values.problems import did_you_mean

# HubSpot's own form for contacts, and the generic one with the type of the object beside it.
PROPERTY_CHANGES = (
    ("contact.propertyChange", None),
    ("contact.propertyChange", "0-1"),
    ("object.propertyChange", "0-1"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_MS = 946_684_800_000  # the year 2000: nothing in a CRM of today happened before
_LATEST_MS = 4_102_444_800_000  # the year 2100; what lies in the future of now is judged by the engine

Meanings = Mapping[tuple[str, str | None], PropertyMapping]


def map_body(program: Program, connection_key: str, body: bytes) -> Sequence[Element]:
    """An element for each position of a body."""
    connection = program.connections[connection_key]
    changes = read_changes(body)
    if isinstance(changes, Unusable):
        return [changes]
    meanings = _meanings(connection.mappings)
    return [
        c if isinstance(c, Unusable) else _map_change(program, connection, meanings, position, c)
        for position, c in enumerate(changes)
    ]


def _meanings(mappings: tuple[PropertyMapping, ...]) -> Meanings:
    return {(m.property, m.value): m for m in mappings}


def _map_change(
    program: Program, connection: Connection, meanings: Meanings, position: int, change: Change
) -> Element:
    value = change.propertyValue
    if (change.subscriptionType, change.objectTypeId) not in PROPERTY_CHANGES:
        # A deal or company has numbers of its own: taken for a contact's, they would be somebody else's.
        what = " of ".join(filter(None, (change.subscriptionType, change.objectTypeId)))
        return _unusable(
            position,
            change,
            "unknown_type",
            f"{what[:200]} is not a contact's property change; take it out of the app's subscriptions",
        )
    mapping = meanings.get((change.propertyName, value)) or (
        meanings.get((change.propertyName, None)) if value else None
    )
    if mapping is None:
        return _unmapped(connection, position, change)
    if change.portalId != connection.portal:
        return _unusable(
            position,
            change,
            "other_portal",
            f"Portal {change.portalId} is not {connection.portal}, as declared",
        )
    if not _EARLIEST_MS <= change.occurredAt < _LATEST_MS:
        return _unusable(
            position,
            change,
            "impossible_time",
            f"occurredAt {change.occurredAt} is not a time between 2000 and 2100",
        )
    fields: dict[str, object] = {}
    for key in mapping.fields:
        read = read_field(program.events[mapping.event].fields[key], value or "")
        if isinstance(read, str):
            return _unusable(position, change, "wrong_value", f"{change.propertyName}: {read}")
        fields[key] = read.value
    happened_at = _EPOCH + timedelta(milliseconds=change.occurredAt)
    return Meaning(
        position,
        mapping.event,
        change.external_id,
        connection.subject,
        str(change.objectId),
        happened_at,
        fields,
    )


def _unmapped(connection: Connection, position: int, change: Change) -> Element:
    name = change.propertyName
    # A program ignores a property as a whole, or one value of it that means nothing, like
    # `test_drive_status=scheduled`.
    if name in connection.ignore or f"{name}={change.propertyValue}" in connection.ignore:
        return Ignored(position)
    known = [m for m in connection.mappings if m.property == name]
    if known:
        values = ", ".join(str(m.value) for m in known)
        return _unusable(
            position,
            change,
            "unmapped_value",
            f"{name} became {change.propertyValue!r}; mapped are: {values}",
        )
    hint = did_you_mean(name, [m.property for m in connection.mappings])
    return _unusable(
        position,
        change,
        "unmapped_property",
        f"Nothing maps {name!r}: {hint}. Map it, or list it under ignore",
    )


def _unusable(position: int, change: Change, reason: str, detail: str) -> Unusable:
    return Unusable(position, reason, detail[:500], change.external_id)
