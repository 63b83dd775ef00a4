"""HubSpot's webhooks journal: what happened, in order, as files that are kept for three days.

It is for catching up: what webhooks told as well comes again here. Both give the same `Change`, and both have
the same `happening_id` for one happening: portal, kind of object, object, what happened, property, value and
occurredAt, which is all that both tell. A change of the journal has no eventId and no subscription of a
webhook, so there its `external_id` is that very id; whoever takes in both has to key both by it. Two changes
of one property to the same value in one millisecond are then one: nothing tells them apart.
What a merge joined, and who made a change (so whether it is the echo of a write of ours), it does not tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Literal

import msgspec

from guerdon.connectors.hubspot.api.calls import (
    TROUBLE_S,
    UNREADABLE,
    Api,
    Asks,
    Question,
    nothing,
    reading,
    writing,
)
from guerdon.connectors.hubspot.api.outcomes import Done, Later, Outcome, Refused, refused, then
from guerdon.connectors.hubspot.api.versions import queried
from guerdon.connectors.hubspot.payload import Change, Number, happening_number
from guerdon.engine.arrivals import Unusable
from guerdon.http import Unreachable

WITHIN_S = 60.0
EVENTS_MAX = 100_000
# As webhooks name what the journal calls an action.
_WHAT: Mapping[str, str] = {
    "CREATE": "creation",
    "UPDATE": "propertyChange",
    "DELETE": "deletion",
    "MERGE": "merge",
    "RESTORE": "restore",
    "GDPR_DELETE": "privacyDeletion",
}
SNAPSHOT = "SNAPSHOT"
Action = Literal["CREATE", "UPDATE", "DELETE", "MERGE", "RESTORE", "GDPR_DELETE"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Edge(Enum):
    """Why there is no next file."""

    NOTHING_NEWER = "nothing newer"
    # More than three days were missed: begin at the earliest file, and read the records themselves.
    OFFSET_GONE = "offset gone"


class Pointer(msgspec.Struct, frozen=True, rename="camel"):
    """Where a file is, for some minutes; its offset is what to go on from once it is taken in."""

    url: str
    current_offset: str

    def __repr__(self) -> str:
        # Whoever has the address has the file.
        return f"Pointer(current_offset={self.current_offset!r})"


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    portal_id: Number
    object_id: Number
    object_type_id: str
    action: str
    occurred_at: datetime | Number
    property_changes: dict[str, str | None] | None = None


class _File(msgspec.Struct, frozen=True, rename="camel"):
    journal_events: list[msgspec.Raw]
    offset: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A record as it was when somebody asked for it: a state, not a change."""

    portal: int
    type_id: str
    object_id: int
    occurred_at_ms: int
    properties: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class File:
    """What a file holds, in its order; look at each portal: an app's journal is of all its accounts."""

    offset: str
    changes: Sequence[Change | Unusable]
    snapshots: Sequence[Snapshot]


class Subscription(msgspec.Struct, frozen=True, rename="camel"):
    """What the journal is to hold."""

    id: int
    object_type_id: str = ""
    portal_id: int = 0
    actions: list[str] = []
    properties: list[str] = []


class _Subscriptions(msgspec.Struct, frozen=True):
    results: list[Subscription]


_read_pointer = msgspec.json.Decoder(Pointer).decode
_read_file = msgspec.json.Decoder(_File).decode
_read_event = msgspec.json.Decoder(_Event).decode
_read_subscription = msgspec.json.Decoder(Subscription).decode
_read_subscriptions = msgspec.json.Decoder(_Subscriptions).decode


def next_file(api: Api, offset: str | None, portal: int | None = None) -> Outcome[Pointer | Edge]:
    """The file after an offset, or the earliest one; of one account, or of all."""
    path = (
        api.place.path("journal_earliest")
        if offset is None
        else api.place.path("journal_next", offset=offset)
    )
    path = queried(path, installPortalId=None if portal is None else str(portal))
    outcome = api.ask(reading(path), _pointer)
    if isinstance(outcome, Refused) and outcome.status == 404 and offset is not None:
        return Done(Edge.OFFSET_GONE)
    return outcome


def _pointer(body: bytes) -> Pointer | Edge:
    return _read_pointer(body) if body else Edge.NOTHING_NEWER


def fetch(http: Asks, pointer: Pointer, within_s: float = WITHIN_S) -> Outcome[File]:
    """Get a file. Its address is its own key: no token goes there."""
    try:
        answer = http.ask("GET", pointer.url, {"Accept": "application/json"}, None, within_s)
    except Unreachable as fault:
        if fault.reason in ("url", "inside", "large"):
            return refused("FILE", f"the journal's file cannot be asked for: {fault.reason}")
        return Later(TROUBLE_S, "unreachable")
    if answer.status != 200:
        # Its time may be over: the same offset has a new address.
        return Later(TROUBLE_S, "trouble")
    try:
        return Done(read_file(answer.body))
    except msgspec.ValidationError:
        return refused("UNREADABLE", "the journal's file is not as documented", answer.status)
    except UNREADABLE:
        return Later(TROUBLE_S, "unreachable")


def read_file(body: bytes) -> File:
    """What is in a file; raises what msgspec raises where it is none."""
    file = _read_file(body)
    changes: list[Change | Unusable] = []
    snapshots = []
    for position, raw in enumerate(file.journal_events[:EVENTS_MAX]):
        try:
            event = _read_event(raw)
        except UNREADABLE as fault:
            changes.append(_unusable(position, "malformed_event", f"is not an event of a journal: {fault}"))
            continue
        if event.action == SNAPSHOT:
            snapshots.append(_snapshot(event))
        elif event.action == "UPDATE" and not event.property_changes:
            changes.append(_unusable(position, "malformed_event", "does not say what changed"))
        elif event.action in _WHAT:
            changes += _changes(event)
        else:
            changes.append(_unusable(position, "unknown_type", f"has the action {event.action[:100]!r}"))
    return File(file.offset, changes, snapshots)


def _unusable(position: int, reason: str, said: str) -> Unusable:
    return Unusable(position, reason, f"Event {position + 1} {said}"[:500])


def _ms(moment: datetime | int) -> int:
    if isinstance(moment, int):
        return moment
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max((zoned - _EPOCH) // timedelta(milliseconds=1), 0)


def _snapshot(event: _Event) -> Snapshot:
    return Snapshot(
        event.portal_id,
        event.object_type_id,
        event.object_id,
        _ms(event.occurred_at),
        event.property_changes or {},
    )


def _changes(event: _Event) -> list[Change]:
    """A change for each property; what happened to the object itself is one."""
    if event.action != "UPDATE":
        return [_change(event, "", None)]
    return [_change(event, name, value) for name, value in (event.property_changes or {}).items()]


def _change(event: _Event, name: str, value: str | None) -> Change:
    told = Change(
        eventId=0,
        subscriptionId=0,
        portalId=event.portal_id,
        objectId=event.object_id,
        occurredAt=_ms(event.occurred_at),
        subscriptionType=f"object.{_WHAT[event.action]}",
        propertyName=name,
        propertyValue=value,
        objectTypeId=event.object_type_id,
    )
    return msgspec.structs.replace(told, eventId=happening_number(told))


def subscribe(
    api: Api, portal: int, type_id: str, actions: Sequence[Action], properties: Sequence[str] = ()
) -> Outcome[int]:
    """Have changes of an account's records written down from now on; without properties of all of them."""
    body = {
        "subscriptionType": "GDPR_PRIVACY_DELETION" if "GDPR_DELETE" in actions else "OBJECT",
        "portalId": portal,
        "objectTypeId": type_id,
        "actions": list(actions),
        "objectIds": [],
        "properties": list(properties),
    }
    outcome = api.ask(writing(api.place.path("subscriptions"), body), _read_subscription)
    return then(outcome, lambda made: made.id)


def subscriptions(api: Api) -> Outcome[Sequence[Subscription]]:
    """All subscriptions of the app."""
    outcome = api.ask(reading(api.place.path("subscriptions")), _read_subscriptions)
    return then(outcome, lambda answer: answer.results)


def unsubscribe(api: Api, subscription: int) -> Outcome[None]:
    """End a subscription; refused with 404 where there is none."""
    path = api.place.path("subscription", subscription=str(subscription))
    return api.ask(Question("DELETE", path, writes=True), nothing)
