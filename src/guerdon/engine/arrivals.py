"""What a door and a mapper hand to the engine: arrivals (to be kept), meanings (to be decided) and errands.

An arrival is all the door needs to know of an event to keep it exactly once: its key, a hash of its
payload, its lane. What it means is read later, from the same bytes, by the worker.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Literal
from zlib import crc32

import msgspec

from guerdon.program.model import Program

LANES = 16
# The connection that every program has without declaring it.
OWN_API = "api"
# And the one by which referrals tell both sides what came about, as CloudEvents; nobody else sends by it.
REFERRALS = "referrals"
# And the one by which a location confirms that something happened there; nobody else sends by it either.
LOCATION_APP = "location_app"
# Those that every program has, all as CloudEvents.
BUILT_IN = (OWN_API, REFERRALS, LOCATION_APP)
CLOCK_LEEWAY = timedelta(days=1)
ErrandKind = Literal["contact", "deal"]
ErrandStep = Literal["read", "again", "join", "gone", "forget"]


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """One event of a request, as the door keeps it. `position` is its place in the request's body."""

    position: int
    key: str
    payload_hash: int
    lane: int
    external_id: str


class Unusable(msgspec.Struct, frozen=True, gc=False):
    """An authentic event that cannot be used as it is, with a reason one can act on."""

    position: int
    reason: str
    detail: str
    external_id: str = ""
    happening: str = ""


class Ignored(msgspec.Struct, frozen=True, gc=False):
    """An event the program said it does not care for."""

    position: int


class Meaning(msgspec.Struct, frozen=True, gc=False):
    """What an arrival means in the program's words."""

    position: int
    type: str
    external_id: str
    subject_source: str
    subject: str
    happened_at: datetime
    fields: Mapping[str, object]
    # Where more than one sender tells of it: the id of what happened, whoever tells it.
    happening: str = ""


class Errand(msgspec.Struct, frozen=True, gc=False):
    """An arrival that says too little to be decided, or that tells something of a contact and is no event.

    read: the object is to be read at its CRM. again: it may be read now, if anything waits for that. join:
    the contacts `others` are this one. gone: it was deleted. forget: and so is to be all that we know of who
    it was. What is read for a deal's event stands in `change` as it came, and belongs to the contact by
    `link`.
    """

    position: int
    external_id: str
    kind: ErrandKind
    object: str
    step: ErrandStep
    others: tuple[str, ...] = ()
    change: bytes = b""
    link: str | None = None
    happening: str = ""


Element = Meaning | Unusable | Ignored | Errand
# (program, connection, body) -> an element per position of the body
Mapper = Callable[[Program, str, bytes], Sequence[Element]]


def arrival(position: int, source: str, external_id: str, subject: str, payload: str) -> Arrival:
    """Make an arrival: key over (source, id), hash over the payload, lane over (source, subject)."""
    name = f"{len(source)}:{source}{external_id}".encode()
    return Arrival(
        position,
        blake2b(name, digest_size=16).hexdigest(),
        int.from_bytes(blake2b(payload.encode(), digest_size=8).digest(), "big", signed=True),
        lane_of(source, subject),
        external_id,
    )


def lane_of(source: str, subject: str) -> int:
    """Where events of a subject are decided, one after another."""
    return crc32(f"{source}|{subject}".encode()) % LANES


def in_time(element: Element, recorded_at: datetime) -> Element:
    """An element; what says it happened long after it arrived cannot be used."""
    if isinstance(element, Meaning) and element.happened_at > recorded_at + CLOCK_LEEWAY:
        detail = (
            f"It says it happened at {element.happened_at:%Y-%m-%d %H:%M}, which had not come when it arrived"
        )
        return Unusable(element.position, "in_the_future", detail, element.external_id, element.happening)
    return element
