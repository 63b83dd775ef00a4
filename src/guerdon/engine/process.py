"""The one way through: recorded events, all the way to their effects, in one transaction.

Take the next events of our lanes, read what they mean, lock the members they touch, load their facts,
decide event by event, by the version that was live when they happened, write every table once, commit. A
batch that fails is halved until the event that fails it stands alone and is set apart; a worker killed
anywhere leaves the inbox as it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from guerdon.engine.apply import Rows, add_decision, apply_rows
from guerdon.engine.approvals.announcements import INTERNAL
from guerdon.engine.approvals.granting import grant_approved
from guerdon.engine.arrivals import Element, Ignored, Meaning, Unusable, in_time
from guerdon.engine.bodies import open_body
from guerdon.engine.errands import heard_first, leave_errands
from guerdon.engine.facts import load_facts
from guerdon.engine.held import request_for
from guerdon.engine.library import Clock, Library
from guerdon.engine.memory import Uncounted, count_anew, record_memory, remember
from guerdon.engine.publish import open_due
from guerdon.engine.referrals.following import follow
from guerdon.engine.standings import standing_of
from guerdon.engine.tellings.comparing import told_once
from guerdon.engine.versions.deciding import (
    NotOpened,
    SeveralVersions,
    known_fields,
    live_era,
    playbook_of,
    set_apart_all,
    version_of_all,
)
from guerdon.rules.decide import decide
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store import inbox, members
from guerdon.store.database import BAD_DATA, Connection, Transaction, transaction
from guerdon.store.inbox import InboxRow, WaitingRow
from guerdon.store.intake import QuarantineRow, record_counts, record_quarantine
from guerdon.store.lanes import Lease, holds_lanes
from guerdon.store.pools import PoolSpent
from guerdon.store.sealing import Unreadable
from guerdon.store.versions.timeline import hold_timeline, load_timeline

BATCH_MAX = 2000
# What one event can do to a batch. Trouble with the database itself is not in here: that is waited out.
POISON = (
    *BAD_DATA,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
    Unreadable,
    msgspec.MsgspecError,
)


class LeaseLost(Exception):  # noqa: N818  an answer, not a fault
    """Another worker has our lanes by now; nothing was written."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one program, and whether their pools are locked from the start."""

    rows: Sequence[InboxRow]
    program_id: int
    lock_pools: bool = False


def process(db: Connection, library: Library, lease: Lease, clock: Clock, at_most: int = BATCH_MAX) -> int:
    """Take the next events of our lanes all the way; returns how many left the inbox."""
    rows = inbox.find_inbox(db, lease.lanes, at_most)
    # What people approved is a batch of its own: it locks requests and grants, which no other does.
    for program_id, ours in sorted({(row.program_id, row.connection == INTERNAL) for row in rows}):
        part = [r for r in rows if (r.program_id, r.connection == INTERNAL) == (program_id, ours)]
        _process_or_halve(db, library, lease, clock, Batch(part, program_id))
    return len(rows)


def _process_or_halve(db: Connection, library: Library, lease: Lease, clock: Clock, batch: Batch) -> None:
    try:
        # Of this program, so that nobody of another waits for it (schema/0026).
        with transaction(db, batch.program_id):
            if not holds_lanes(db, lease):
                raise LeaseLost
            process_batch(db, library, batch, clock())
    except NotOpened:
        with transaction(db, batch.program_id) as tx:
            open_due(tx, batch.program_id, clock())
        _process_or_halve(db, library, lease, clock, batch)
    except SeveralVersions as fault:
        for part in fault.parts:
            _process_or_halve(db, library, lease, clock, replace(batch, rows=part))
    except Uncounted as fault:
        count_anew(db, fault.playbook, clock())
        _process_or_halve(db, library, lease, clock, batch)
    except PoolSpent as fault:
        if batch.lock_pools:
            # It held them locked, so it was not overtaken: it asks for what is not there, again and again.
            _halve(db, library, lease, clock, batch, fault)
        else:
            _process_or_halve(db, library, lease, clock, replace(batch, lock_pools=True))
    except POISON as fault:
        _halve(db, library, lease, clock, batch, fault)


def _halve(
    db: Connection, library: Library, lease: Lease, clock: Clock, batch: Batch, fault: BaseException
) -> None:
    if len(batch.rows) == 1:
        _park(db, lease, batch, fault, clock())
        return
    middle = len(batch.rows) // 2
    for part in (batch.rows[:middle], batch.rows[middle:]):
        _process_or_halve(db, library, lease, clock, replace(batch, rows=part))


def process_batch(tx: Transaction, library: Library, batch: Batch, now: datetime) -> None:
    """Everything of one batch within an open transaction; a dry run is this, rolled back.

    Raises `SeveralVersions` before anything is locked when its events are not all of one version.
    """
    internal = batch.rows[0].connection == INTERNAL
    # Granting may publish, and then holds the timeline alone.
    timeline = (load_timeline if internal else hold_timeline)(tx, batch.program_id)
    era = live_era(timeline, batch.program_id, now)
    if internal:
        grant_approved(tx, library, batch.rows, now, locked=batch.lock_pools)
        return
    live = library.version(tx, batch.program_id, era.version)
    meant = _read_meanings(tx, library, live, batch.rows)
    of_all = version_of_all(timeline, meant, now)
    playbook = playbook_of(tx, library, of_all, live)
    if playbook is None:
        assert of_all is not None, "the live version was read"
        meant = set_apart_all(meant, of_all.version)
    meant = heard_first(tx, batch.program_id, live.program, meant, now)
    _set_apart(tx, batch.program_id, meant, now)
    events = [(row, m) for row, m in meant if isinstance(m, Meaning)]
    known = members.lock_members(
        tx, batch.program_id, sorted({(m.subject_source, m.subject) for _, m in events})
    )
    events = told_once(tx, batch.program_id, live.program, events, known, now)
    waiting = [
        WaitingRow(row, m.subject_source, m.subject, m.type, m.happened_at)
        for row, m in events
        if (m.subject_source, m.subject) not in known
    ]
    inbox.record_waiting(tx, batch.program_id, waiting, now)
    leave_errands(tx, batch.program_id, live.program, meant, waiting, now)
    inbox.clear_inbox(tx, [row.id for row in batch.rows])
    if playbook is None:
        return
    ready = [
        (
            _event(playbook, row, m, known_fields(playbook, live, m)),
            standing_of(playbook.program, known[m.subject_source, m.subject]),
        )
        for row, m in events
        if (m.subject_source, m.subject) in known
    ]
    if ready:
        if playbook.program.referrals:
            follow(tx, library.vault, playbook, ready, now)
        _decide_all(tx, playbook, ready, now, lock_pools=batch.lock_pools)


def _decide_all(
    tx: Transaction,
    playbook: Playbook,
    ready: Sequence[tuple[Event, Standing]],
    now: datetime,
    *,
    lock_pools: bool,
) -> None:
    facts = load_facts(tx, playbook, ready, now, lock_pools=lock_pools)
    rows = Rows(playbook, now)
    for event, stored in ready:
        member = remember(facts, playbook, event, stored)
        add_decision(rows, event, member, decide(playbook, facts, event, member))
    rows.requests = [request_for(playbook, event, member, hold, now) for event, member, hold in rows.held]
    apply_rows(tx, rows, facts)
    record_memory(tx, playbook.program_id, facts)


def _read_meanings(
    tx: Transaction, library: Library, playbook: Playbook, rows: Sequence[InboxRow]
) -> list[tuple[InboxRow, Element]]:
    connections = {row.delivery_id: row.connection for row in rows}
    sealed = inbox.load_bodies(tx, playbook.program_id, {row.delivery_id: row.recorded_at for row in rows})
    elements: dict[int, Sequence[Element]] = {}
    for delivery_id, connection in connections.items():
        mapper = library.mapper(playbook.program, connection)
        if mapper is not None:
            body = open_body(library.vault, playbook.program_id, connection, sealed[delivery_id])
            elements[delivery_id] = mapper(playbook.program, connection, body)
    return [
        (row, in_time(elements[row.delivery_id][row.position], row.recorded_at))
        if row.delivery_id in elements
        else (row, _no_connection(row))
        for row in rows
    ]


def _no_connection(row: InboxRow) -> Element:
    detail = f"The program has no connection {row.connection} any more; declare it and replay"
    return Unusable(row.position, "no_connection", detail)


def _set_apart(
    tx: Transaction, program_id: int, meant: Sequence[tuple[InboxRow, Element]], now: datetime
) -> None:
    record_quarantine(
        tx,
        program_id,
        [
            QuarantineRow(
                row.connection,
                e.reason,
                e.detail,
                e.external_id,
                row.id,
                row.delivery_id,
                row.position,
                row.lane,
            )
            for row, e in meant
            if isinstance(e, Unusable)
        ],
        now,
    )
    counts: dict[tuple[str, str], int] = {}
    for row, element in meant:
        if isinstance(element, Ignored):
            counts[row.connection, "ignored"] = counts.get((row.connection, "ignored"), 0) + 1
    record_counts(tx, program_id, counts, now)


def _event(playbook: Playbook, row: InboxRow, meaning: Meaning, fields: Mapping[str, object]) -> Event:
    return Event(
        id=row.id,
        type=meaning.type,
        connection=row.connection,
        external_id=meaning.external_id,
        happened_at=meaning.happened_at,
        recorded_at=row.recorded_at,
        day=playbook.day_of(meaning.happened_at),
        data=meaning.fields,
        fields={**fields, "happened_at": meaning.happened_at},
    )


def _park(db: Connection, lease: Lease, batch: Batch, fault: BaseException, now: datetime) -> None:
    """Set the one event apart that no batch can hold, with what it did, so that the others go on."""
    row = batch.rows[0]
    detail = f"It could not be decided: {type(fault).__name__}: {fault}"[:500]
    with db.transaction():
        if not holds_lanes(db, lease):
            raise LeaseLost
        where = (row.id, row.delivery_id, row.position, row.lane)
        parked = QuarantineRow(row.connection, "poison", detail, None, *where)
        record_quarantine(db, batch.program_id, [parked], now)
        inbox.clear_inbox(db, [row.id])
