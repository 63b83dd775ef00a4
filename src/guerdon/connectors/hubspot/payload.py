"""HubSpot's webhook body: a JSON array of small objects, nothing but ids, one property and its new value.

A body is read whole in one go; only when that fails is it read element by element, so that one bad
element is set apart and the others stand.
"""

from collections.abc import Sequence

import msgspec

from guerdon.engine.arrivals import Arrival, Unusable, arrival

ELEMENTS_MAX = 1000


class Change(msgspec.Struct, frozen=True, gc=False):
    """One element: a property of a contact changed."""

    eventId: int  # noqa: N815  HubSpot's own names
    subscriptionId: int  # noqa: N815
    portalId: int  # noqa: N815
    objectId: int  # noqa: N815
    occurredAt: int  # noqa: N815
    subscriptionType: str  # noqa: N815
    propertyName: str = ""  # noqa: N815
    propertyValue: str | None = None  # noqa: N815
    changeSource: str = ""  # noqa: N815
    sourceId: str | None = None  # noqa: N815

    @property
    def external_id(self) -> str:
        """The id that makes this event the same event when it is sent again.

        Whatever differs from one attempt to the next is not part of it.
        """
        return f"{self.portalId}-{self.subscriptionId}-{self.eventId}-{self.objectId}-{self.occurredAt}"


_read_all = msgspec.json.Decoder(list[Change]).decode
_read_raw = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_one = msgspec.json.Decoder(Change).decode


def read_changes(body: bytes) -> Sequence[Change | Unusable] | Unusable:
    """The elements of a body in order, or why the whole body cannot be read."""
    try:
        return _read_all(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    try:
        raw = _read_raw(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        return Unusable(-1, "malformed_body", f"The body is not a JSON array of events: {fault}")
    return [_read_element(position, element) for position, element in enumerate(raw)]


def _read_element(position: int, element: msgspec.Raw) -> Change | Unusable:
    try:
        return _read_one(element)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        return Unusable(
            position, "malformed_event", f"Element {position + 1} is not a HubSpot event: {fault}"
        )


def read_arrivals(body: bytes) -> Sequence[Arrival | Unusable] | Unusable:
    """What the door keeps of a body."""
    changes = read_changes(body)
    if isinstance(changes, Unusable):
        return changes
    if len(changes) > ELEMENTS_MAX:
        return Unusable(
            -1, "too_many", f"The body holds {len(changes)} events; at most {ELEMENTS_MAX} fit a request"
        )
    return [c if isinstance(c, Unusable) else _arrival(position, c) for position, c in enumerate(changes)]


def _arrival(position: int, change: Change) -> Arrival:
    payload = f"{change.subscriptionType}|{change.propertyName}|{change.propertyValue}|{change.sourceId}"
    return arrival(position, f"hubspot/{change.portalId}", change.external_id, str(change.objectId), payload)
