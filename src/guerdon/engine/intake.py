"""Keeping what arrives: verified requests, any number at a time, in one commit. Nothing is decided here.

A request is answered only after its commit; one that is wrong in itself is set apart alone, never the
others with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.arrivals import Arrival, Unusable
from guerdon.engine.bodies import seal_body
from guerdon.store.crm.actions import NewAction, record_actions
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.intake import (
    IntakeRow,
    QuarantineRow,
    record_bodies,
    record_counts,
    record_intake,
    record_quarantine,
)
from guerdon.store.sealing import Vault

INBOX = "guerdon_inbox"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One authentic request: its connection, its bytes, and what the vendor's reader made of them."""

    connection: str
    body: bytes
    elements: Sequence[Arrival | Unusable]
    # Under which name its sender waits for what becomes of its one event.
    callback: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a request's events."""

    accepted: int
    duplicates: int
    quarantined: int


def keep_deliveries(
    db: Connection, vault: Vault, program_id: int, deliveries: Sequence[Delivery], now: datetime
) -> list[Kept]:
    """Keep requests, all in one commit; says for each what became of its events."""
    sealed = seal_deliveries(vault, program_id, deliveries)
    with transaction(db, program_id) as tx:
        return keep_sealed(tx, program_id, deliveries, sealed, now)


def seal_deliveries(vault: Vault, program_id: int, deliveries: Sequence[Delivery]) -> list[tuple[str, bytes]]:
    """The bodies as they are kept, by connection."""
    return [(d.connection, seal_body(vault, program_id, d.connection, d.body)) for d in deliveries]


def keep_sealed(
    tx: Transaction,
    program_id: int,
    deliveries: Sequence[Delivery],
    sealed: Sequence[tuple[str, bytes]],
    now: datetime,
) -> list[Kept]:
    """Keep requests in a commit that holds something else, too."""
    rows = [
        IntakeRow(n, a.position, a.key, a.payload_hash, a.lane, a.external_id)
        for n, delivery in enumerate(deliveries, 1)
        for a in delivery.elements
        if isinstance(a, Arrival)
    ]
    # One statement keeps deliveries and events together; bodies of what is set apart are kept aside.
    verdicts = record_intake(tx, program_id, sealed, rows, now) if rows else []
    spoiled = [n for n, d in enumerate(deliveries) if any(isinstance(e, Unusable) for e in d.elements)]
    bodies = record_bodies(tx, program_id, [sealed[n] for n in spoiled], now)
    record_quarantine(tx, program_id, _unusable(deliveries, dict(zip(spoiled, bodies, strict=True))), now)
    kept = _told(deliveries, rows, verdicts)
    record_counts(tx, program_id, _counted(deliveries, kept), now)
    record_actions(tx, program_id, _steps(deliveries), now)
    if any(k.accepted for k in kept):
        tx.execute("select pg_notify(%s, '')", (INBOX,))
    return kept


def _steps(deliveries: Sequence[Delivery]) -> list[NewAction]:
    """Steps of workflows that wait for what becomes of their event."""
    return [
        NewAction(d.connection, d.callback, a.key)
        for d in deliveries
        if d.callback
        for a in d.elements
        if isinstance(a, Arrival)
    ]


def _unusable(deliveries: Sequence[Delivery], bodies: Mapping[int, int]) -> list[QuarantineRow]:
    return [
        QuarantineRow(
            d.connection,
            e.reason,
            e.detail,
            e.external_id or None,
            delivery_id=bodies[n],
            # A body that could not be read as a whole has no positions.
            position=e.position if e.position >= 0 else None,
        )
        for n, d in enumerate(deliveries)
        for e in d.elements
        if isinstance(e, Unusable)
    ]


def _told(deliveries: Sequence[Delivery], rows: Sequence[IntakeRow], verdicts: Sequence[str]) -> list[Kept]:
    by_request: dict[int, list[str]] = {}
    for row, verdict in zip(rows, verdicts, strict=True):
        by_request.setdefault(row.request, []).append(verdict)
    told = []
    for n, delivery in enumerate(deliveries, 1):
        said = by_request.get(n, [])
        bad = sum(isinstance(e, Unusable) for e in delivery.elements)
        told.append(Kept(said.count("accepted"), said.count("duplicate"), said.count("reused") + bad))
    return told


def _counted(deliveries: Sequence[Delivery], kept: Sequence[Kept]) -> Mapping[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for delivery, k in zip(deliveries, kept, strict=True):
        for what, n in (
            ("accepted", k.accepted),
            ("duplicate", k.duplicates),
            ("quarantined", k.quarantined),
        ):
            counts[delivery.connection, what] = counts.get((delivery.connection, what), 0) + n
    return counts


def count_rejected(
    tx: Transaction, program_id: int, rejected: Mapping[tuple[str, str], int], now: datetime
) -> None:
    """Count requests that were not believed, by (connection, reason); nothing else of them is kept."""
    record_counts(tx, program_id, rejected, now)
