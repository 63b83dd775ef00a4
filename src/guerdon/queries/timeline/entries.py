"""A member's timeline: a question for each source, no more rows of it than a page has, merged by time.

What an event's own decision says is not said twice: rewards, the choice of an order and the statement's lines
are told with their event, and stand alone where somebody asks for that kind.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Literal, get_args

from guerdon.queries.messages.timeline import Entry, list_entries
from guerdon.queries.proof.audit import AuditEntry
from guerdon.queries.receipts import Receipt
from guerdon.queries.timeline.acts import list_acts
from guerdon.queries.timeline.orders import Step, list_steps
from guerdon.queries.timeline.places import BEGINNING, Place, Stop
from guerdon.queries.timeline.rows import (
    Consented,
    Given,
    Moved,
    list_consented,
    list_given,
    list_moved,
    list_received,
)
from guerdon.store.database import Transaction

Kind = Literal["events", "rewards", "orders", "messages", "consents", "acts", "money"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# What is told where nobody asks for one kind.
TOGETHER: tuple[Kind, ...] = ("events", "orders", "messages", "consents", "acts")
Told = Receipt | Given | Step | Entry | Consented | AuditEntry | Moved
# Of one moment, what follows from something stands above it; each step of an order has a rank of its own.
_RANKS: Mapping[Kind, int] = {
    "events": 0, "money": 1, "rewards": 2, "orders": 3, "messages": 10, "consents": 11, "acts": 12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened to a member, when it was recorded, and its row."""

    at: datetime
    rank: int
    id: int
    kind: Kind
    told: Told


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a timeline; `onward`: where the next one begins, None on the last."""

    entries: Sequence[Happened]
    onward: Place | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose timeline, which kinds of it, and from which place."""

    member_id: int
    kinds: Sequence[Kind] = TOGETHER
    after: Place = BEGINNING

    @property
    def alone(self) -> bool:
        """Whether one kind is asked for, and so all of it."""
        return len(self.kinds) == 1


Source = Callable[[Transaction, Asked, int], Iterable[Happened]]


def list_timeline(tx: Transaction, asked: Asked, limit: int) -> Page:
    """One page of a member's timeline, newest first."""
    streams = [_SOURCES[kind](tx, asked, limit + 1) for kind in asked.kinds]
    merged: Iterator[Happened] = merge(*streams, key=lambda each: (each.at, each.rank, each.id), reverse=True)
    entries = list(islice(merged, limit + 1))
    more, entries = len(entries) > limit, entries[:limit]
    return Page(entries, _reached(asked.after, entries) if more else None)


def _reached(place: Place, entries: Sequence[Happened]) -> Place:
    """How far both have been told after these entries."""
    events = [each.id for each in entries if each.kind == "events"]
    others = [Stop(each.at, each.rank, each.id) for each in entries if each.kind != "events"]
    return Place(event_id=events[-1] if events else place.event_id, stop=others[-1] if others else place.stop)


def _events(tx: Transaction, asked: Asked, limit: int) -> Iterator[Happened]:
    at = None
    for receipt in list_received(tx, asked.member_id, limit, asked.after.event_id):
        # Ids are in the order of receiving but for those of one moment: the older one is told no earlier.
        at = receipt.recorded_at if at is None else min(at, receipt.recorded_at)
        yield Happened(at, _RANKS["events"], receipt.id, "events", receipt)


def _rewards(tx: Transaction, asked: Asked, limit: int) -> Iterator[Happened]:
    rank = _RANKS["rewards"]
    for row in list_given(tx, asked.member_id, limit, asked.after.bound(rank)):
        yield Happened(row.issued_at, rank, row.id, "rewards", row)


def _orders(tx: Transaction, asked: Asked, limit: int) -> Iterator[Happened]:
    rank, stop = _RANKS["orders"], asked.after.stop
    below = None if stop is None else (stop.at, stop.rank - rank, stop.id)
    for row in list_steps(tx, asked.member_id, limit, below, chosen=asked.alone):
        yield Happened(row.at, rank + row.step, row.id, "orders", row)


def _messages(tx: Transaction, asked: Asked, limit: int) -> Iterator[Happened]:
    rank = _RANKS["messages"]
    for row in list_entries(tx, asked.member_id, limit, asked.after.bound(rank)):
        yield Happened(row.created_at, rank, row.id, "messages", row)


def _consents(tx: Transaction, asked: Asked, limit: int) -> Iterator[Happened]:
    rank = _RANKS["consents"]
    for row in list_consented(tx, asked.member_id, limit, asked.after.bound(rank)):
        yield Happened(row.recorded_at, rank, row.id, "consents", row)


def _acts(tx: Transaction, asked: Asked, limit: int) -> Iterator[Happened]:
    rank = _RANKS["acts"]
    for row in list_acts(tx, asked.member_id, limit, asked.after.bound(rank)):
        yield Happened(row.at, rank, row.id, "acts", row)


def _money(tx: Transaction, asked: Asked, limit: int) -> Iterator[Happened]:
    rank = _RANKS["money"]
    for row in list_moved(tx, asked.member_id, limit, asked.after.bound(rank)):
        yield Happened(row.recorded_at, rank, row.id, "money", row)


_SOURCES: Mapping[Kind, Source] = {
    "events": _events,
    "rewards": _rewards,
    "orders": _orders,
    "messages": _messages,
    "consents": _consents,
    "acts": _acts,
    "money": _money,
}
