"""Trying again what was set apart, in sets of a bounded size, each with its audit row in one commit.

What was accepted once goes back into the inbox under its own id and is read by the mapping of the live
version; what never was accepted is read again as if it came now, and takes its key like everything that
comes. Whatever cannot be used now either stands in quarantine again, with the reason of today.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from guerdon.engine.arrivals import BUILT_IN, Arrival, Unusable
from guerdon.engine.bodies import open_body
from guerdon.engine.intake import INBOX
from guerdon.program.model import Program
from guerdon.store.audit import record_audit, write_ids
from guerdon.store.crm.tellings import compare_late
from guerdon.store.database import Transaction
from guerdon.store.intake import IntakeRow, QuarantineRow, record_counts, record_intake, record_quarantine
from guerdon.store.quarantine import settling as rows
from guerdon.store.quarantine.settling import Chosen, Settled, Unread
from guerdon.store.sealing import Unreadable, Vault
from guerdon.values.ids import show

CHUNK = 500
REASON_MAX = 500
EVERYTHING = "quarantine"
# What the door keeps of a body, by vendor.
Reader = Callable[[bytes], Sequence[Arrival | Unusable] | Unusable]


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads the bodies of a program's connections."""

    program: Program
    vault: Vault
    readers: Mapping[str, Reader]

    def reader(self, connection: str) -> Reader | None:
        """Who reads the bodies of a connection; None when the program no longer has it."""
        if connection in BUILT_IN:
            return self.readers["cloudevents"]
        found = self.program.connections.get(connection)
        return self.readers.get(found.vendor) if found else None


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried again, and how much of it was set apart again at once."""

    ids: Sequence[int]
    again: int = 0


def retry(tx: Transaction, reading: Reading, chosen: Chosen, settled: Settled) -> Tried:
    """Try one set again; the rest of what was chosen is for another commit."""
    back = rows.readmit(tx, chosen, settled)
    room = chosen.at_most - len(back)
    unread, bodies = rows.take_unread(tx, replace(chosen, at_most=room), settled) if room else ([], {})
    ids = sorted([*back, *(each.id for each in unread)])
    if not ids:
        return Tried(())
    again = _read_anew(tx, _Bodies(reading, chosen.program_id, bodies), unread, settled)
    _tell(tx, chosen, settled, "quarantine.retried", ids)
    tx.execute("select pg_notify(%s, '')", (INBOX,))
    return Tried(ids, again)


def put_away(tx: Transaction, chosen: Chosen, settled: Settled, reason: str) -> Sequence[int]:
    """Put one set away, for a reason."""
    ids = rows.put_away(tx, chosen, settled, reason)
    if ids:
        _tell(tx, chosen, settled, "quarantine.put_away", ids, reason)
    return ids


def _tell(
    tx: Transaction, chosen: Chosen, settled: Settled, action: str, ids: Sequence[int], reason: str = ""
) -> None:
    subject = show("qrt", ids[0]) if chosen.id is not None else EVERYTHING
    record_audit(
        *(tx, chosen.program_id, settled.by, action, subject, settled.at),
        reason=reason,
        chosen={"reason": chosen.reason, "connection": chosen.connection},
        n=len(ids),
        ids=write_ids(ids),
    )


class _Bodies:
    """The bodies in which something stands: each opened and read once, however much stands in it."""

    def __init__(self, reading: Reading, program_id: int, sealed: Mapping[int, bytes]) -> None:
        self.program_id = program_id
        self.sealed = sealed
        self._reading = reading
        self._read: dict[int, Sequence[Arrival | Unusable] | Unusable] = {}

    def elements(self, each: Unread) -> Sequence[Arrival | Unusable]:
        """What one is now."""
        if each.delivery_id not in self._read:
            self._read[each.delivery_id] = self._opened(each)
        found = self._read[each.delivery_id]
        if isinstance(found, Unusable):
            return [found]
        if each.position is None:
            return found
        place = each.position
        return found[place : place + 1] or [
            Unusable(place, "malformed_event", "The request has no such element")
        ]

    def _opened(self, each: Unread) -> Sequence[Arrival | Unusable] | Unusable:
        reader = self._reading.reader(each.connection)
        if reader is None:
            detail = f"The program has no connection {each.connection} any more; declare it and replay"
            return Unusable(-1, "no_connection", detail)
        try:
            body = open_body(
                self._reading.vault, self.program_id, each.connection, self.sealed[each.delivery_id]
            )
        except Unreadable:
            return Unusable(-1, "not_kept", "What was kept of the request cannot be opened")
        return reader(body)


def _read_anew(tx: Transaction, bodies: _Bodies, unread: Sequence[Unread], settled: Settled) -> int:
    program_id = bodies.program_id
    sealed = {each.delivery_id: (each.connection, bodies.sealed[each.delivery_id]) for each in unread}
    places = {delivery_id: n for n, delivery_id in enumerate(sealed, 1)}
    kept: list[IntakeRow] = []
    apart: list[QuarantineRow] = []
    for each in unread:
        for found in bodies.elements(each):
            if isinstance(found, Arrival):
                kept.append(
                    IntakeRow(
                        *(places[each.delivery_id], found.position, found.key),
                        *(found.payload_hash, found.lane, found.external_id),
                    )
                )
            else:
                position = found.position if found.position >= 0 else each.position
                what = (found.reason, found.detail, found.external_id or None, None)
                apart.append(QuarantineRow(each.connection, *what, each.delivery_id, position))
    if kept:
        # As if they came now: a key that is taken makes a duplicate, or is set apart as used twice. But they
        # did not, and another may have told the same since.
        compare_late(tx, program_id, {each.connection for each in unread}, settled.at)
        verdicts = record_intake(tx, program_id, list(sealed.values()), kept, settled.at)
        connections = [connection for connection, _ in sealed.values()]
        counts: dict[tuple[str, str], int] = {}
        for row, verdict in zip(kept, verdicts, strict=True):
            counted = (connections[row.request - 1], "quarantined" if verdict == "reused" else verdict)
            counts[counted] = counts.get(counted, 0) + 1
        record_counts(tx, program_id, counts, settled.at)
    record_quarantine(tx, program_id, apart, settled.at)
    return len(apart)
