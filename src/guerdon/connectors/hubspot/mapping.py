"""What a HubSpot change means in a program: its own mapping says, nothing is coded here.

A mapping with a value wins over one without; a property that nobody declared is set apart with a
reason, never dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from guerdon.connectors.hubspot.asked import is_step, map_step
from guerdon.connectors.hubspot.following import Deals, deals_of, follow, read_contact
from guerdon.connectors.hubspot.payload import Change, is_in_journal, read_changes
from guerdon.connectors.hubspot.reads import BEGINS, map_readings
from guerdon.connectors.hubspot.times import EARLIEST_MS, LATEST_MS, happened_at
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

Meanings = Mapping[tuple[str, str | None], PropertyMapping]


@dataclass(frozen=True, slots=True)
class Declared:
    """What a program declares of a connection, laid out for looking up."""

    program: Program
    connection: Connection
    meanings: Meanings
    deals: Deals
    # Properties that say who a contact is.
    read: frozenset[str]


def map_body(program: Program, connection_key: str, body: bytes) -> Sequence[Element]:
    """An element for each position of a body."""
    connection = program.connections[connection_key]
    if is_step(body):
        return map_step(program, connection, body)
    deals = deals_of(connection)
    if body.startswith(BEGINS):
        return map_readings(program, connection, deals, body)
    changes = read_changes(body)
    if isinstance(changes, Unusable):
        return [changes]
    contacts = connection.contacts
    meanings = {(m.property, m.value): m for m in connection.mappings}
    read = frozenset(contacts.properties) if contacts is not None else frozenset[str]()
    declared = Declared(program, connection, meanings, deals, read)
    mapped = [
        c if isinstance(c, Unusable) else _map_change(declared, position, c)
        for position, c in enumerate(changes)
    ]
    return _claimed(mapped, changes) if connection.journal else mapped


def _claimed(mapped: Sequence[Element], changes: Sequence[Change | Unusable]) -> Sequence[Element]:
    """The same with the id of what happened: webhooks and the journal both tell of it."""
    return [
        msgspec.structs.replace(element, happening=change.happening_id)
        if isinstance(change, Change) and not isinstance(element, Ignored) and is_in_journal(change)
        else element
        for element, change in zip(mapped, changes, strict=True)
    ]


def _map_change(declared: Declared, position: int, change: Change) -> Element:
    if (change.subscriptionType, change.objectTypeId) in PROPERTY_CHANGES:
        return _map_property(declared, position, change)
    followed = follow(declared.connection, declared.deals, position, change)
    if followed is None and change.subscriptionId == 0:
        # The journal tells more than we ask it for; nobody can take that out of anything.
        return Ignored(position)
    if followed is None:
        # A company has numbers of its own: taken for a contact's, they would be somebody else's.
        what = " of ".join(filter(None, (change.subscriptionType, change.objectTypeId)))
        detail = f"{what[:200]} means nothing in this program; take it out of the app's subscriptions"
        return _unusable(position, change, "unknown_type", detail)
    if isinstance(followed, Ignored | Unusable):
        return followed
    if change.portalId != declared.connection.portal or not EARLIEST_MS <= change.occurredAt < LATEST_MS:
        return _not_ours(declared.connection, position, change)
    return followed


def _map_property(declared: Declared, position: int, change: Change) -> Element:
    connection, value = declared.connection, change.propertyValue
    mapping = declared.meanings.get((change.propertyName, value)) or (
        declared.meanings.get((change.propertyName, None)) if value else None
    )
    if mapping is None and change.propertyName not in declared.read:
        return _unmapped(connection, position, change)
    if change.portalId != connection.portal or not EARLIEST_MS <= change.occurredAt < LATEST_MS:
        return _not_ours(connection, position, change)
    if mapping is None:
        return read_contact(position, change)
    fields: dict[str, object] = {}
    for key in mapping.fields:
        read = read_field(declared.program.events[mapping.event].fields[key], value or "")
        if isinstance(read, str):
            return _unusable(position, change, "wrong_value", f"{change.propertyName}: {read}")
        fields[key] = read.value
    return Meaning(
        position,
        mapping.event,
        change.external_id,
        connection.subject,
        str(change.objectId),
        happened_at(change),
        fields,
    )


def _not_ours(connection: Connection, position: int, change: Change) -> Unusable:
    """A change that is of another account, or of no time."""
    if change.portalId != connection.portal:
        detail = f"Portal {change.portalId} is not {connection.portal}, as declared"
        return _unusable(position, change, "other_portal", detail)
    detail = f"occurredAt {change.occurredAt} is not a time between 2000 and 2100"
    return _unusable(position, change, "impossible_time", detail)


def _unmapped(connection: Connection, position: int, change: Change) -> Element:
    name = change.propertyName
    # A program ignores a property as a whole, or one value of it that means nothing, like
    # `test_drive_status=scheduled`.
    if name in connection.ignore or f"{name}={change.propertyValue}" in connection.ignore:
        return Ignored(position)
    if connection.writes is not None and name in connection.writes.names:
        # What we write comes back.
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
    if change.subscriptionId == 0:
        return Ignored(position)
    hint = did_you_mean(name, [m.property for m in connection.mappings])
    return _unusable(
        position,
        change,
        "unmapped_property",
        f"Nothing maps {name!r}: {hint}. Map it, or list it under ignore",
    )


def _unusable(position: int, change: Change, reason: str, detail: str) -> Unusable:
    return Unusable(position, reason, detail[:500], change.external_id)
