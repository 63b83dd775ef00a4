"""Bad weather on the way: duplicates, forgeries, stale and future stamps, bodies nobody can read.

The faults take turns between the good requests, so that even a short run meets each of them. A forged
request carries events that would earn if anybody believed it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

from .events import MOMENTS, Change, Item
from .expect import Expectation, month_of
from .parcels import Lane, Parcel, Seal
from .story import World

Fault = Callable[[World, Lane, int], Iterator[Parcel]]
Shape = dict[str, Any]

ITEMS_PER_FAULT = 20
HUGE_BYTES = 10 * 1024 * 1024


def pack(world: World, items: Iterable[Item], lanes: int, sizes: Sequence[int]) -> Iterator[Parcel]:
    """Pack the story into requests of these sizes, and put bad ones between them."""
    opened = [Lane(number, world.chance.choice(sizes)) for number in range(lanes)]
    turns = cycle(world.chance.sample(list(FAULTS.values()), len(FAULTS)))
    now = 0
    for number, item in enumerate(items, 1):
        now = max(now, item.change.occurred_at)
        lane = opened[item.change.contact_id % lanes]
        if lane.holds(item.change.contact_id):
            yield from lane.close()
        lane.waiting.append(item)
        if number % ITEMS_PER_FAULT == 0:
            yield from next(turns)(world, lane, now)
        if lane.full:
            yield from lane.close()
            lane.size = world.chance.choice(sizes)
    for lane in opened:
        yield from lane.close()


def _duplicate(world: World, lane: Lane, _now: int) -> Iterator[Parcel]:
    """Send something again: as the very same event, or counted as the next attempt."""
    if lane.sent:
        again = world.chance.sample(list(lane.sent), min(len(lane.sent), world.chance.randint(1, 3)))
        attempt = world.chance.randint(0, 1)
        items = [Item(item.change, "duplicate", attempt=attempt) for item in again]
        yield Parcel(lane.number, "duplicate", tuple(items))


def _reused_id(world: World, lane: Lane, _now: int) -> Iterator[Parcel]:
    """Send another value under an event id that was used before."""
    bookings = [item.change for item in lane.sent if item.change.property == "booking_status"]
    if bookings:
        change = world.chance.choice(bookings)
        other = "canceled" if change.value == "confirmed" else "confirmed"
        yield Parcel(lane.number, "reused_id", (Item(replace(change, value=other), "reused_id"),))


def _stale_replay(world: World, lane: Lane, _now: int) -> Iterator[Parcel]:
    """Send once more, under its old stamp, what was accepted long ago."""
    if lane.sent:
        item = world.chance.choice(list(lane.sent))
        yield Parcel(lane.number, "stale_replay", (Item(item.change, "stale_replay"),), seal="stale")


def _forged(kind: str, seal: Seal) -> Fault:
    """Send an event that would earn, in a request that must be refused."""

    def send(world: World, lane: Lane, now: int) -> Iterator[Parcel]:
        change = _booking(world, now)
        absent = Expectation(
            event_id=change.key(world.terms.portal),
            contact=str(change.contact_id),
            type="booking.confirmed",
            market="",
            month=month_of(now, world.terms.time_zone),
            must="absent",
            reason=kind,
        )
        yield Parcel(lane.number, kind, (Item(change, kind, absent),), seal=seal)

    return send


def _huge(_world: World, lane: Lane, _now: int) -> Iterator[Parcel]:
    yield Parcel(lane.number, "huge_unsigned", raw=b" " * HUGE_BYTES, seal="unsigned")


def _unreadable(kind: str, spoil: Callable[[Shape], bytes]) -> Fault:
    """Send a body that is signed and yet no list of events."""

    def send(world: World, lane: Lane, now: int) -> Iterator[Parcel]:
        shape = _booking(world, now).shape(world.terms.portal)
        yield Parcel(lane.number, kind, raw=spoil(shape))

    return send


def _stray(kind: str, spoil: Callable[[Shape], Any]) -> Fault:
    """Send an element that is no event; what travels with it must not suffer."""

    def send(world: World, lane: Lane, now: int) -> Iterator[Parcel]:
        shape = _booking(world, now).shape(world.terms.portal)
        yield from lane.close(kind, (spoil(shape),))

    return send


def _booking(world: World, now: int) -> Change:
    name, value = MOMENTS["booking.confirmed"]
    return Change(next(world.numbers), int(world.someone().external_id), now, name, str(value))


def _less(shape: Shape, name: str) -> Shape:
    return {key: value for key, value in shape.items() if key != name}


FAULTS: Mapping[str, Fault] = {
    "duplicate": _duplicate,
    "wrong_signature": _forged("wrong_signature", "wrong"),
    "not_json": _unreadable("not_json", lambda _: b"test drive done, please reward"),
    "duplicate_again": _duplicate,
    "stale": _forged("stale", "stale"),
    "truncated": _unreadable("truncated", lambda shape: json.dumps([shape]).encode()[:-40]),
    "reused_id": _reused_id,
    "future": _forged("future", "future"),
    "object": _unreadable("object", lambda shape: json.dumps(shape).encode()),
    "no_object_id": _stray("no_object_id", lambda shape: _less(shape, "objectId")),
    "missing_signature": _forged("missing_signature", "unsigned"),
    "object_id_is_object": _stray("wrong_types", lambda shape: {**shape, "objectId": {"id": 7}}),
    "missing_timestamp": _forged("missing_timestamp", "undated"),
    "time_is_text": _stray("wrong_types", lambda shape: {**shape, "occurredAt": "yesterday"}),
    "stale_replay": _stale_replay,
    "element_is_text": _stray("wrong_types", lambda _: "contact.propertyChange"),
    "property_is_number": _stray("wrong_types", lambda shape: {**shape, "propertyName": 12}),
    "huge_unsigned": _huge,
    "deep": _unreadable("deep", lambda _: b"[" * 500 + b"]" * 500),
}
