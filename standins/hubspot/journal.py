"""The webhooks journal: what happened, in order, as files named by offsets and kept for three days."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from standins.hubspot.clock import Clock, written
from standins.hubspot.records import TYPE_IDS, Happening

KEPT_MS = 3 * 86_400_000
URL_LIFE_MS = 600_000
EVENTS_MAX = 500
ACTIONS = {
    "creation": "CREATE",
    "propertyChange": "UPDATE",
    "merge": "MERGE",
    "deletion": "DELETE",
    "privacyDeletion": "GDPR_DELETE",
}


@dataclass
class Entry:
    """A file of the journal."""

    offset: str
    made_ms: int
    events: list[dict[str, Any]] = field(default_factory=list)

    def file(self) -> dict[str, Any]:
        """The file's content."""
        return {"offset": self.offset, "journalEvents": self.events, "publishedAt": written(self.made_ms)}


@dataclass
class Sequence:
    """The entries of all accounts, or of one."""

    closed: list[Entry] = field(default_factory=list)
    open: list[dict[str, Any]] = field(default_factory=list)


class Journal:
    """What was subscribed to and what was written."""

    def __init__(self, uuid: Callable[[], str], clock: Clock) -> None:
        self.uuid = uuid
        self.clock = clock
        self.subscriptions: dict[int, dict[str, Any]] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.sequences: dict[int | None, Sequence] = {None: Sequence()}
        self.ids = count(1)

    def tell(self, happening: Happening) -> None:
        """Write a happening, if somebody subscribed for it."""
        if any(_matches(one, happening) for one in self.subscriptions.values()):
            changed = happening.what == "propertyChange"
            changes: dict[str, str | None] | None = {happening.name: happening.value} if changed else None
            self.write(happening, ACTIONS[happening.what], changes)

    def write(self, happening: Happening, action: str, changes: dict[str, str | None] | None) -> None:
        """Append an event to the journal of all accounts and to that of its own."""
        event: dict[str, Any] = {
            "type": "crmObject",
            "portalId": happening.portal,
            "occurredAt": written(happening.at_ms),
            "action": action,
            "objectTypeId": TYPE_IDS[happening.object_type],
            "objectId": happening.object_id,
        }
        if changes is not None:
            event["propertyChanges"] = changes
        for scope in (None, happening.portal):
            sequence = self.sequences.setdefault(scope, Sequence())
            sequence.open.append(event)
            if len(sequence.open) >= EVENTS_MAX:
                self._close(sequence)

    def _close(self, sequence: Sequence) -> None:
        if sequence.open:
            sequence.closed.append(Entry(self.uuid(), self.clock.now_ms(), sequence.open))
            sequence.open = []

    def entries(self, scope: int | None) -> list[Entry]:
        """The files there are, oldest first; what was open is closed by looking."""
        sequence = self.sequences.setdefault(scope, Sequence())
        self._close(sequence)
        oldest = self.clock.now_ms() - KEPT_MS
        sequence.closed = [entry for entry in sequence.closed if entry.made_ms >= oldest]
        return sequence.closed

    def after(self, scope: int | None, offset: str) -> list[Entry] | None:
        """The files after one, or nothing if that one is gone or never was."""
        found = self.entries(scope)
        places = [place for place, entry in enumerate(found) if entry.offset == offset]
        return found[places[0] + 1 :] if places else None

    def answer(self, entry: Entry, scope: int | None, origin: str) -> dict[str, Any]:
        """Where a file is to be had, and until when."""
        ends = self.clock.now_ms() + URL_LIFE_MS
        return {
            "url": f"{origin}/_files/journal/{scope or 'all'}/{entry.offset}/{ends}",
            "expiresAt": written(ends),
            "currentOffset": entry.offset,
        }


def _matches(subscription: dict[str, Any], happening: Happening) -> bool:
    ids, names = subscription["objectIds"], subscription["properties"]
    return (
        subscription["portalId"] == happening.portal
        and subscription["objectTypeId"] == TYPE_IDS[happening.object_type]
        and ACTIONS[happening.what] in subscription["actions"]
        and (not ids or happening.object_id in ids)
        and (not names or happening.what != "propertyChange" or happening.name in names)
    )
