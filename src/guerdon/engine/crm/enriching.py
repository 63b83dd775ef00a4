"""Enriching: errands are leased, asked of their CRM with no transaction open, and done in one commit.

All events that wait for an object are done by one reading of it. Whoever is killed in between loses the
lease, and nothing else; whoever was overtaken by news of an object leaves it to be asked again.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from guerdon.engine.crm.contacts import Reading as ContactsRead
from guerdon.engine.crm.contacts import keep_contacts, lock_contacts, unfit_events
from guerdon.engine.crm.deals import LOOK_AGAIN, hand_back, keep_deals
from guerdon.engine.crm.deals import Reading as DealsRead
from guerdon.engine.crm.following import follow_told
from guerdon.engine.crm.port import BATCH_MAX, Closed, Crm, Known, No, NotNow, Opened, Told
from guerdon.engine.crm.twins import join_twins
from guerdon.engine.errands import FOLLOWED
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.process import POISON
from guerdon.engine.turns import Turns
from guerdon.program.model import Connection as Declared
from guerdon.program.model import Program
from guerdon.store.crm.errands import (
    Held,
    Kind,
    Lease,
    find_due,
    finish_errands,
    go_on,
    hold_errands,
    lease_errands,
    put_off,
    stand_still,
)
from guerdon.store.crm.happenings import forget_happenings
from guerdon.store.database import Connection, Transaction, transaction, wait_for_news
from guerdon.store.intake import QuarantineRow, record_counts, record_quarantine
from guerdon.store.programs import list_programs

POLL_S = 1.0
# Longer than asking for a batch takes; who takes longer is overtaken, and writes nothing down.
LEASE = timedelta(minutes=3)
CLOSED_S = 5.0
# Our own count of their limit: what waits for it waits for its turn, and stands still for no reason.
PACE = "pace"
FORGET_EVERY = timedelta(hours=1)

log = logging.getLogger(__name__)
Why = tuple[str, str]


@dataclass
class Desk:
    """What enriching needs, and which connections are to be left alone until when."""

    library: Library
    opened: Opened
    clock: Callable[[], datetime]
    graveyard: Graveyard
    resting: dict[tuple[int, str], datetime] = field(default_factory=dict)
    # Those of which nothing is said to stand still.
    answering: set[tuple[int, str]] = field(default_factory=set)
    forgot_at: dict[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """Errands that we hold, of one connection and kind."""

    program_id: int
    program: Program
    declared: Declared
    kind: Kind
    held: Sequence[Held]
    fence: UUID
    asked_at: datetime

    @property
    def objects(self) -> list[str]:
        """What is to be read."""
        return list(dict.fromkeys(held.object for held in self.held))


def keep_enriching(db: Connection, desk: Desk, turns: Turns) -> None:
    """Enrich until told to stop."""
    db.execute("listen guerdon_errands")
    while not turns.stop.is_set():
        if not turns.agree(db):
            turns.stop.wait(POLL_S)
        elif not enrich(db, desk):
            wait_for_news(db, POLL_S)


def enrich(db: Connection, desk: Desk) -> int:
    """One turn for every program: a batch of each connection; how many errands were looked at."""
    return sum(_of_program(db, desk, program_id) for program_id, _ in list_programs(db))


def _of_program(db: Connection, desk: Desk, program_id: int) -> int:
    now = desk.clock()
    with transaction(db, program_id) as tx:
        due = find_due(tx, program_id, now)
        try:
            program = desk.library.playbook(tx, program_id, now).program
        except NoLiveVersion:
            return 0
        done = follow_told(tx, desk.graveyard, program_id, program, now)
        done += join_twins(tx, desk.library.vault, (program_id, program), now)
        if now - desk.forgot_at.get(program_id, now - FORGET_EVERY) >= FORGET_EVERY:
            forget_happenings(tx, program_id, now)
            desk.forgot_at[program_id] = now
    for connection, kind in due:
        if desk.resting.get((program_id, connection), now) <= now:
            done += _of_connection(db, desk, (program_id, program), connection, kind)
    return done


def _of_connection(db: Connection, desk: Desk, of: tuple[int, Program], connection: str, kind: Kind) -> int:
    program_id, program = of
    declared = program.connections.get(connection)
    reads = declared is not None and (declared.deals if kind == "deal" else declared.contacts)
    now = desk.clock()
    lease = Lease(program_id, connection, kind, uuid4(), now, now + LEASE, BATCH_MAX)
    if declared is None or not reads:
        with transaction(db, program_id) as tx:
            return hand_back(tx, program_id, lease_errands(tx, lease))
    crm = desk.opened(db, program_id, connection)
    if isinstance(crm, Closed | NotNow):
        _rest(db, desk, (program_id, connection), crm)
        return 0
    with transaction(db, program_id) as tx:
        held = lease_errands(tx, lease)
    if not held:
        return 0
    batch = Batch(program_id, program, declared, kind, held, lease.fence, now)
    told = _asked(crm, batch, batch.objects)
    if isinstance(told, Closed | NotNow):
        _let_go(db, desk, batch, told)
        return 0
    _keep_or_part(db, desk, batch, told)
    if (program_id, connection) not in desk.answering:
        with transaction(db, program_id) as tx:
            go_on(tx, program_id, connection)
        desk.answering.add((program_id, connection))
    return len(held)


def _rest(db: Connection, desk: Desk, where: tuple[int, str], why: Closed | NotNow) -> None:
    """Leave a connection alone for a while, and say why on everything that waits for it."""
    now = desk.clock()
    after_s, reason = (CLOSED_S, why.reason) if isinstance(why, Closed) else (why.after_s, why.why)
    desk.resting[where] = now + timedelta(seconds=after_s)
    if reason == PACE:
        return
    desk.answering.discard(where)
    with transaction(db, where[0]) as tx:
        stand_still(tx, *where, reason)


def _let_go(db: Connection, desk: Desk, batch: Batch, why: Closed | NotNow) -> None:
    with transaction(db, batch.program_id) as tx:
        ours = hold_errands(tx, batch.program_id, batch.held, batch.fence)
        reason = why.reason if isinstance(why, Closed) else why.why
        put_off(tx, batch.program_id, ours, "" if reason == PACE else reason, desk.clock())
    _rest(db, desk, (batch.program_id, batch.declared.key), why)


def _asked(crm: Crm, batch: Batch, objects: Sequence[str]) -> Known[Mapping[str, Any]] | Closed | NotNow:
    """What the CRM says of objects; where it refuses all for one of them, of each half."""
    told: Told[Mapping[str, Any]]
    if batch.kind == "contact":
        assert batch.declared.contacts is not None, "it reads contacts"
        told = crm.read_contacts(objects, batch.declared.contacts.properties)
    else:
        told = crm.read_deals(objects, _deal_properties(batch.declared))
    if not isinstance(told, No):
        return told
    if len(objects) == 1:
        return Known({}, {objects[0]: told})
    middle = len(objects) // 2
    halves = [_asked(crm, batch, part) for part in (objects[:middle], objects[middle:])]
    for half in halves:
        if not isinstance(half, Known):
            return half
    known = [half for half in halves if isinstance(half, Known)]
    return Known(
        {key: value for half in known for key, value in half.answer.items()},
        {key: value for half in known for key, value in half.wrong.items()},
    )


def _deal_properties(declared: Declared) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for each in declared.deals for source in each.fields.values()))


def _keep_or_part(db: Connection, desk: Desk, batch: Batch, told: Known[Mapping[str, Any]]) -> None:
    """Write down what was told; what cannot be written with others alone, and then set apart."""
    try:
        with transaction(db, batch.program_id) as tx:
            _keep(tx, desk, batch, told)
    except POISON as fault:
        if len(batch.objects) > 1:
            for each in batch.objects:
                held = [one for one in batch.held if one.object == each]
                part = Batch(
                    *(batch.program_id, batch.program, batch.declared, batch.kind, held, batch.fence),
                    batch.asked_at,
                )
                _keep_or_part(db, desk, part, told)
            return
        log.warning("an errand could not be done", exc_info=fault)
        detail = f"It could not be done: {type(fault).__name__}: {fault}"[:500]
        with transaction(db, batch.program_id) as tx:
            ours = hold_errands(tx, batch.program_id, batch.held, batch.fence)
            _settle(tx, desk, batch, ours, {batch.objects[0]: ("poison", detail)})


def _keep(tx: Transaction, desk: Desk, batch: Batch, told: Known[Mapping[str, Any]]) -> None:
    at = (batch.program_id, batch.program, batch.declared)
    asked = {each: answer for each, answer in told.answer.items() if each in {*batch.objects}}
    if batch.kind == "contact":
        # Members before errands: whoever decides locks them in that order.
        lock_contacts(tx, ContactsRead(*at, asked, batch.asked_at))
    ours, now = hold_errands(tx, batch.program_id, batch.held, batch.fence), desk.clock()
    apart: dict[str, Why] = {
        each: ("crm_refused", f"The CRM does not tell of it: {no.category} {no.message}"[:500])
        for each, no in told.wrong.items()
    }
    spoken = [held for held in ours if held.object in asked and held.object not in apart]
    # Of what it does not speak at all, it may speak another time.
    silent = [held for held in ours if held.object not in asked and held.object not in apart]
    put_off(tx, batch.program_id, silent, "trouble", now + timedelta(minutes=1))
    answers = {held.object: asked[held.object] for held in spoken}
    done = [held for held in ours if held.object in apart]
    if batch.kind == "contact":
        enrolled = keep_contacts(tx, desk.library.vault, ContactsRead(*at, answers, batch.asked_at), now)
        apart |= unfit_events([*answers], enrolled)
        done += spoken
    else:
        mapper = desk.library.mapper(batch.program, batch.declared.key)
        assert mapper is not None, "the connection is declared"
        read = keep_deals(tx, desk.library.vault, DealsRead(*at, mapper, answers), spoken, now)
        put_off(tx, batch.program_id, read.later, "no_contact", now + LOOK_AGAIN)
        finish_errands(tx, batch.program_id, read.done)
        apart |= {held.object: why for held, why in read.apart}
        done += [held for held, _ in read.apart]
    _settle(tx, desk, batch, done, apart)


def _settle(
    tx: Transaction, desk: Desk, batch: Batch, done: Sequence[Held], apart: Mapping[str, Why]
) -> None:
    """These are done with: set apart, or counted as followed."""
    now = desk.clock()
    finish_errands(tx, batch.program_id, done)
    events = [held for held in done if held.event_id]
    record_quarantine(
        tx,
        batch.program_id,
        [
            QuarantineRow(
                held.connection,
                *apart[held.object],
                None,
                held.event_id,
                held.delivery_id,
                held.position,
                held.lane,
            )
            for held in events
            if held.object in apart
        ],
        now,
    )
    followed = sum(held.object not in apart for held in events)
    record_counts(tx, batch.program_id, {(batch.declared.key, FOLLOWED): followed}, now)
