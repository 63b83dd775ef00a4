"""What properties were: HubSpot's history of them, as the changes that webhooks and the journal tell of.

A change of the past has the id that it has in the journal: portal, kind, object, property, value and time.
HubSpot's documents say neither that the time in a history is a webhook's `occurredAt`, nor that it is not.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from guerdon.connectors.hubspot.api.objects import Record, Version
from guerdon.connectors.hubspot.following import CONTACT, DEAL
from guerdon.connectors.hubspot.listening import bodies
from guerdon.connectors.hubspot.payload import Change, happening_number
from guerdon.connectors.hubspot.times import EARLIEST_MS, EPOCH, LATEST_MS
from guerdon.engine.arrivals import ErrandKind
from guerdon.engine.crm.port import Heard, Histories, Past

# So many values of a property HubSpot tells at most, as programs of others found out.
VERSIONS_MAX = {"contact": 45, "deal": 20}
TYPE_IDS = {"contact": CONTACT, "deal": DEAL}
# Who changed it, where it was an app or somebody's program.
APPS = frozenset({"INTEGRATION", "API"})


def histories_of(kind: ErrandKind, records: Sequence[Record]) -> Histories:
    """What properties of records became, the oldest first; nothing of times that cannot be."""
    found: list[Past] = []
    full: set[tuple[str, str]] = set()
    for record in records:
        for name, versions in record.properties_with_history.items():
            found += _changes(record.id, name, versions)
            if len(versions) >= VERSIONS_MAX[kind]:
                full.add((record.id, name))
    return Histories(sorted(found, key=lambda past: past.at), frozenset(full))


def _changes(object_id: str, name: str, versions: Sequence[Version]) -> Iterator[Past]:
    for version in versions:
        at = _ms(version.timestamp)
        if EARLIEST_MS <= at < LATEST_MS:
            by_app = version.source_type in APPS
            yield Past(object_id, name, version.value or "", EPOCH + timedelta(milliseconds=at), by_app)


def _ms(moment: datetime | int) -> int:
    if isinstance(moment, int):
        return moment
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (zoned - EPOCH) // timedelta(milliseconds=1)


def past_heard(portal: int, kind: ErrandKind, changes: Sequence[Past]) -> Sequence[Heard]:
    """Changes as the journal would have told them."""
    return [*bodies([_told(portal, TYPE_IDS[kind], past) for past in changes])]


def _told(portal: int, type_id: str, past: Past) -> Change:
    told = Change(
        eventId=0,
        subscriptionId=0,
        portalId=portal,
        objectId=int(past.object),
        occurredAt=_ms(past.at),
        subscriptionType="object.propertyChange",
        propertyName=past.property,
        propertyValue=past.value,
        objectTypeId=type_id,
    )
    return msgspec.structs.replace(told, eventId=happening_number(told))
