"""Requests to be: which events travel together, and in which lane.

Every member belongs to one lane, a lane sends one request at a time, and no request carries two new
events of one member. So each member's events are recorded in the order of the story, and what they must
earn is known beforehand.
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from .events import Item

Seal = Literal["right", "wrong", "stale", "future", "unsigned", "undated"]

REMEMBERED = 300


@dataclass(frozen=True, slots=True)
class Parcel:
    """One HTTP request to be: its items, elements that are no events, or a body that is no list at all."""

    lane: int
    kind: str
    items: tuple[Item, ...] = ()
    strays: tuple[Any, ...] = ()
    raw: bytes | None = None
    seal: Seal = "right"

    def body(self, portal: int, attempt: int = 0) -> bytes:
        """Write the body of one attempt; HubSpot counts attempts inside it."""
        if self.raw is not None:
            return self.raw
        events = [item.change.shape(portal, item.attempt + attempt) for item in self.items]
        return json.dumps([*events, *self.strays], ensure_ascii=False).encode()

    @property
    def quarantined(self) -> int:
        """Count what must be put aside: an unreadable body is one, else one per bad element."""
        if self.seal != "right":
            return 0
        aside = [item for item in self.items if item.kind in {"reused_id", "unknown_property"}]
        return 1 if self.raw is not None else len(self.strays) + len(aside)


@dataclass(slots=True)
class Lane:
    """What gathers for the next request of a lane, and what went before."""

    number: int
    size: int
    waiting: list[Item] = field(default_factory=list)
    sent: deque[Item] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    @property
    def full(self) -> bool:
        """Tell whether the next request has its size."""
        return len(self.waiting) >= self.size

    def holds(self, contact_id: int) -> bool:
        """Tell whether the next request already has news of this contact."""
        return any(item.change.contact_id == contact_id for item in self.waiting)

    def close(self, kind: str = "events", strays: tuple[Any, ...] = ()) -> Iterator[Parcel]:
        """Hand over what has gathered, if anything."""
        if self.waiting or strays:
            yield Parcel(self.number, kind, tuple(self.waiting), strays)
            self.sent.extend(self.waiting)
            self.waiting = []
