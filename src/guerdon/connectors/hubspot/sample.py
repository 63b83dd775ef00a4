"""A HubSpot request for scenarios: HubSpot's own payload shape, and nothing that it would not tell."""

import zlib
from collections.abc import Sequence

import msgspec

from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.engine.arrivals import Unusable
from guerdon.engine.intake import Delivery
from guerdon.engine.scenarios.scenario import PropertyChange
from guerdon.program.model import Connection

APP_ID = 1160452


def sample_delivery(connection: Connection, changes: Sequence[PropertyChange]) -> Delivery:
    """One authentic request with these changes."""
    body = msgspec.json.encode([_element(connection, change) for change in changes])
    read = read_arrivals(body)
    return Delivery(connection.key, body, [read] if isinstance(read, Unusable) else read)


def _element(connection: Connection, change: PropertyChange) -> dict[str, object]:
    return {
        "eventId": change.id,
        # A subscription watches one property: the same property, the same subscription.
        "subscriptionId": zlib.crc32(change.property.encode()) % 10_000_000,
        "portalId": connection.portal,
        "appId": APP_ID,
        "occurredAt": int(change.at.timestamp() * 1000),
        "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0,
        "objectId": int(change.external_id),
        "propertyName": change.property,
        "propertyValue": change.value,
        "changeSource": "CRM",
        "sourceId": "userId:17",
    }
