"""HubSpot's webhook body: a JSON array of small objects, nothing but ids, one property and its new value.

A body is read whole in one go; only when that fails is it read element by element, so that one bad
element is set apart and the others stand.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated, Any

import msgspec

from guerdon.engine.arrivals import Arrival, Unusable, arrival

ELEMENTS_MAX = 1000
# Every number of HubSpot's is an id or a time: none is negative, and all fit where numbers are stored.
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


NO_OBJECT = -1
ASSOCIATIONS = ".associationChange"


class Change(msgspec.Struct, frozen=True, gc=False):
    """One element: something happened to an object, mostly that one of its properties changed."""

    eventId: Number  # noqa: N815  HubSpot's own names
    subscriptionId: Number  # noqa: N815
    portalId: Number  # noqa: N815
    occurredAt: Number  # noqa: N815
    subscriptionType: str  # noqa: N815
    # Only what two objects were joined by has none.
    objectId: Number = NO_OBJECT  # noqa: N815
    propertyName: str = ""  # noqa: N815
    propertyValue: str | None = None  # noqa: N815
    changeSource: str = ""  # noqa: N815
    sourceId: str | None = None  # noqa: N815
    objectTypeId: str | None = None  # noqa: N815
    # Of merges and associations, in whatever form they come: `following` makes ids of them.
    primaryObjectId: Any = None  # noqa: N815
    mergedObjectIds: Any = None  # noqa: N815
    newObjectId: Any = None  # noqa: N815
    fromObjectId: Any = None  # noqa: N815
    toObjectId: Any = None  # noqa: N815
    associationType: Any = None  # noqa: N815

    def __post_init__(self) -> None:
        """Refuse a change of nothing."""
        if self.objectId == NO_OBJECT and not self.subscriptionType.endswith(ASSOCIATIONS):
            raise ValueError("Object missing required field `objectId`")

    @property
    def external_id(self) -> str:
        """The id that makes this event the same event when it is sent again.

        Whatever differs from one attempt to the next is not part of it. `engine.tellings` reads its form.
        """
        return f"{self.portalId}-{self.subscriptionId}-{self.eventId}-{self.objectId}-{self.occurredAt}"

    def encoded(self) -> bytes:
        """As it came, but for what is not read of it."""
        return _encode(self)

    @property
    def happening_id(self) -> str:
        """The id of what happened, whoever tells it: webhooks of two subscriptions, or the journal.

        The journal knows no eventId and no subscriptionId, so it is made of what both tell: portal, kind of
        object, object, what happened to it, property, value and occurredAt. It has the form of an
        `external_id` of no subscription, and is one where the change came from the journal.
        """
        number = happening_number(self)
        return f"{self.portalId}-0-{number}-{self.objectId}-{self.occurredAt}"


# contact.propertyChange is object.propertyChange of 0-1.
_TYPE_IDS = {"contact": "0-1", "company": "0-2", "deal": "0-3"}


def happened(change: Change) -> tuple[str, str]:
    """What kind of object it is of, by its number where that is known, and what happened to it."""
    kind, _, what = change.subscriptionType.partition(".")
    return change.objectTypeId or _TYPE_IDS.get(kind, kind), what


def is_in_journal(change: Change) -> bool:
    """Whether the journal tells of such a thing as fully; what joins two objects it does not say.

    A merge may be told by both: joining what is joined already is nothing.
    """
    return not change.subscriptionType.endswith((ASSOCIATIONS, ".merge"))


def happening_number(change: Change) -> int:
    """A number of what happened to an object, of all but which object and when."""
    kind, what = happened(change)
    told = msgspec.json.encode((kind, what, change.propertyName, change.propertyValue or ""))
    return int.from_bytes(blake2b(told, digest_size=8).digest(), "big") >> 1


UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_encode = msgspec.json.Encoder().encode
_read_all = msgspec.json.Decoder(list[Change]).decode
_read_one = msgspec.json.Decoder(Change).decode
# A text whole, or one of the letters that give an array its shape; a quote alone is a text without an end.
_SHAPE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)


def read_changes(body: bytes) -> Sequence[Change | Unusable] | Unusable:
    """The elements of a body in order, or why the whole body cannot be read."""
    try:
        changes = _read_all(body)
    except UNREADABLE as fault:
        elements = _split(body)
        if elements is None:
            return Unusable(-1, "malformed_body", f"The body is not a JSON array of events: {fault}")
        if len(elements) > ELEMENTS_MAX:
            return _too_many(len(elements))
        return [_read_element(position, element) for position, element in enumerate(elements)]
    return changes if len(changes) <= ELEMENTS_MAX else _too_many(len(changes))


def _split(body: bytes) -> list[bytes] | None:
    """The elements of an array as they were sent, whatever is in them; None when it is no whole array."""
    body = body.strip()
    if body[:1] != b"[":
        return None
    elements, depth, begun = [], 0, 1
    for found in _SHAPE.finditer(body):
        at, shape = found.start(), found[0]
        if shape in b"[{":
            depth += 1
        elif shape == b"," and depth == 1:
            elements.append(body[begun:at])
            begun = at + 1
        elif shape in b"]}":
            depth -= 1
            if depth == 0:
                # What follows the end of the array makes it something else.
                return [*elements, body[begun:at]] if at == len(body) - 1 else None
        elif shape == b'"':
            return None
    return None


def _too_many(n: int) -> Unusable:
    return Unusable(-1, "too_many", f"The body holds {n} events; at most {ELEMENTS_MAX} fit a request")


def _read_element(position: int, element: bytes) -> Change | Unusable:
    try:
        return _read_one(element)
    except UNREADABLE as fault:
        return Unusable(
            position, "malformed_event", f"Element {position + 1} is not a HubSpot event: {fault}"
        )


def read_arrivals(body: bytes) -> Sequence[Arrival | Unusable] | Unusable:
    """What the door keeps of a body."""
    changes = read_changes(body)
    if isinstance(changes, Unusable):
        return changes
    return [c if isinstance(c, Unusable) else _arrival(position, c) for position, c in enumerate(changes)]


def _arrival(position: int, change: Change) -> Arrival:
    payload = f"{change.subscriptionType}|{change.propertyName}|{change.propertyValue}|{change.sourceId}"
    return arrival(position, f"hubspot/{change.portalId}", change.external_id, str(change.objectId), payload)
