"""Sending: what waits for contacts leaves the house in batches, with no transaction open.

A connection has a lane, and whoever sends holds it: so of one connection one batch is under way at a time,
and nothing overtakes what was to come before it. It is settled in one commit. Whoever is killed loses the
lane (`holding`), and the next one sends the same again, which changes nothing: values are written twice,
events are known by their ids. Contacts of which a write was lost are read back (`checking`).
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from uuid import uuid4

from guerdon.engine.crm.out.checking import Read, judge_checks, properties_of
from guerdon.engine.crm.out.holding import LEASE, Holding, beating
from guerdon.engine.crm.out.judging import (
    MERGED,
    Rest,
    Went,
    events_of,
    judge_contacts,
    judge_events,
    next_at_once,
    rest_of,
    sorted_events,
    sorted_out,
    writes_of,
)
from guerdon.engine.crm.out.telling import keep_lanes
from guerdon.engine.crm.port import Closed, Crm, NotNow, Opened
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.turns import Turns
from guerdon.store.crm.writeback_checks import list_due_checks, put_off_checks, record_doubt, settle_checks
from guerdon.store.crm.writeback_events import DueEvent, list_due_events, settle_events
from guerdon.store.crm.writeback_lanes import (
    CONTACTS_MAX,
    EVENTS_MAX,
    Batch,
    Lease,
    forget_old,
    hold_lane,
    lease_lane,
    let_go_lane,
    list_due_lanes,
    record_batch,
    record_resting,
    record_worked,
)
from guerdon.store.crm.writebacks import Due, Tried, record_anew, settle_contacts, take_due_contacts
from guerdon.store.database import Connection, Transaction, transaction, wait_for_news
from guerdon.store.programs import list_programs

TURN_S = 1.0
LANES_AT_ONCE = 4
# After so many batches a lane makes room for another one.
BATCHES_IN_TURN = 100
# A rest so short is waited out.
SHORT = timedelta(seconds=2)
FORGET_S = 60.0
BATCHES_KEPT_FOR = timedelta(days=2)
EVENTS_KEPT_FOR = timedelta(days=30)
Lane = tuple[int, str]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scribes:
    """What sending needs; each lane is worked on by a connection to the database of its own."""

    open: Opened
    connect: Callable[[], Connection]
    clock: Callable[[], datetime]
    holding: Holding = field(default_factory=Holding)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A lane that is ours, and what waits in it; `settled` needs not be sent, `checks` are read back."""

    lease: Lease
    contacts: Sequence[Due]
    events: Sequence[DueEvent]
    checks: Sequence[Due]
    settled: Went


@dataclass
class Answered:
    """What came of all batches, and when and for how long those that were sent were asked."""

    contacts: Went = field(default_factory=Went)
    events: Went = field(default_factory=Went)
    checks: Read = field(default_factory=Read)
    contacts_took: tuple[datetime, int] | None = None
    events_took: tuple[datetime, int] | None = None

    @property
    def rest(self) -> Rest | None:
        """What is to be waited for."""
        return self.contacts.rest or self.events.rest or self.checks.rest


@dataclass
class Sender:
    """The lanes that are worked on just now."""

    scribes: Scribes
    threads: ThreadPoolExecutor
    stop: Event
    at_work: dict[Lane, Future[int]] = field(default_factory=dict)
    # Each program is the first to choose in its turn.
    turns_taken: int = 0

    def turn(self, db: Connection) -> int:
        """Begin to work on every lane that has something to send; how many these are."""
        for lane in [lane for lane, done in self.at_work.items() if done.done()]:
            fault = self.at_work.pop(lane).exception()
            if fault is not None:
                log.error("connection %s of program %d: %s", lane[1], lane[0], fault, exc_info=fault)
        begun, now = 0, self.scribes.clock()
        programs = [program_id for program_id, _ in list_programs(db)]
        first = self.turns_taken % max(len(programs), 1)
        self.turns_taken += 1
        for program_id in programs[first:] + programs[:first]:
            with transaction(db, program_id) as tx:
                due = list_due_lanes(tx, program_id, now)
            for lane in [(program_id, key) for key in due]:
                if lane not in self.at_work and len(self.at_work) < LANES_AT_ONCE:
                    self.at_work[lane] = self.threads.submit(self._work, lane)
                    begun += 1
        return begun

    def _work(self, lane: Lane) -> int:
        with closing(self.scribes.connect()) as db:
            return work(db, self.scribes, lane, self.stop)


def keep_writing(db: Connection, scribes: Scribes, library: Library, turns: Turns) -> None:
    """Write back until told to stop; what is under way then is waited for."""
    db.execute("listen guerdon_writebacks")
    forgot_at = 0.0
    with (
        beating(scribes.holding, scribes.connect, turns),
        ThreadPoolExecutor(LANES_AT_ONCE, thread_name_prefix="writeback") as threads,
    ):
        sender = Sender(scribes, threads, turns.stop)
        try:
            while not turns.stop.is_set():
                if turns.agree(db):
                    now = turns.clock()
                    keep_all_lanes(db, library, now)
                    sender.turn(db)
                    if not 0 <= now.timestamp() - forgot_at < FORGET_S:
                        forget(db, now)
                        forgot_at = now.timestamp()
                wait_for_news(db, TURN_S)
        finally:
            wait(sender.at_work.values())


def keep_all_lanes(db: Connection, library: Library, now: datetime) -> bool:
    """Keep the lanes of every program as they are declared; whether there is more to do."""
    more = False
    for program_id, _ in list_programs(db):
        try:
            with transaction(db, program_id) as tx:
                program = library.playbook(tx, program_id, now).program
        except NoLiveVersion:
            continue
        more |= keep_lanes(db, program_id, program, now)
    return more


def forget(db: Connection, now: datetime) -> None:
    """Forget how batches went, and events that were settled long ago."""
    for program_id, _ in list_programs(db):
        with transaction(db, program_id) as tx:
            forget_old(tx, program_id, now - BATCHES_KEPT_FOR, now - EVENTS_KEPT_FOR)


def work(db: Connection, scribes: Scribes, lane: Lane, stop: Event) -> int:
    """Send what a lane has until nothing is due, it rests, or others had long to wait; how often it asked."""
    done = 0
    while not stop.is_set() and done < BATCHES_IN_TURN:
        claimed = claim(db, scribes, lane)
        if claimed is None:
            break
        rest = send(db, scribes, claimed)
        done += 1
        if rest is not None:
            wait_s = rest.until - scribes.clock()
            if wait_s > SHORT:
                break
            stop.wait(max(wait_s.total_seconds(), 0.0))
    return done


def claim(db: Connection, scribes: Scribes, lane: Lane) -> Claimed | None:
    """Take a lane with what is due in it; None where nothing is, or it is not free."""
    began, now = scribes.holding.tick(), scribes.clock()
    with transaction(db, lane[0]) as tx:
        lease = lease_lane(tx, lane, uuid4(), now, now + LEASE)
        if lease is None:
            return None
        contacts, done = sorted_out(take_due_contacts(tx, lease, now))
        events, gone = sorted_events(list_due_events(tx, lease, now))
        checks = list_due_checks(tx, lease, now)
        if not (contacts or done or events or gone or checks):
            let_go_lane(tx, lease)
            return None
    scribes.holding.take(lease, began)
    return Claimed(lease, contacts, events, checks, Went(contacts=done, events=gone))


def send(db: Connection, scribes: Scribes, claimed: Claimed) -> Rest | None:
    """Send what was claimed and write down how it went; what it rests for, if it does."""
    try:
        return _send(db, scribes, claimed)
    finally:
        scribes.holding.let_go(claimed.lease)


def _send(db: Connection, scribes: Scribes, claimed: Claimed) -> Rest | None:
    lease, answered = claimed.lease, Answered()
    if claimed.contacts or claimed.events or claimed.checks:
        crm = scribes.open(db, lease.program_id, lease.connection)
        if isinstance(crm, Closed | NotNow):
            answered.contacts = Went(rest=rest_of(crm, lease.failures, scribes.clock()))
        else:
            _ask(db, crm, scribes, claimed, answered)
    # In commits of their own: each statement holds contacts by rising member, as everybody else does.
    if answered.checks.checked:
        with transaction(db, lease.program_id) as tx:
            if hold_lane(tx, lease):
                settle_checks(tx, lease, answered.checks.checked, scribes.clock())
    if answered.checks.put_off:
        with transaction(db, lease.program_id) as tx:
            if hold_lane(tx, lease):
                put_off_checks(tx, lease, claimed.checks, scribes.clock())
    with transaction(db, lease.program_id) as tx:
        if hold_lane(tx, lease):
            _settle(tx, scribes, claimed, answered)
            return answered.rest
        if answered.contacts_took is not None:
            # It may have been carried out after what somebody else sent since.
            record_doubt(tx, lease, claimed.contacts, scribes.clock())
    log.warning("connection %s of program %d is somebody else's by now", lease.connection, lease.program_id)
    return None


def _ask(db: Connection, crm: Crm, scribes: Scribes, claimed: Claimed, answered: Answered) -> None:
    """Ask as long as the lane is ours, and nobody asks for a rest."""
    failures = claimed.lease.failures

    def goes_on() -> bool:
        return answered.rest is None and scribes.holding.is_ours(db, claimed.lease)

    if claimed.contacts and goes_on():
        at, began = scribes.clock(), monotonic()
        told = crm.write_contacts(None, writes_of(claimed.contacts))
        answered.contacts = judge_contacts(told, claimed.contacts, failures, scribes.clock())
        answered.contacts_took = (at, int((monotonic() - began) * 1000))
    if claimed.events and goes_on():
        at, began = scribes.clock(), monotonic()
        said = crm.send_events(events_of(claimed.events))
        answered.events = judge_events(said, claimed.events, failures, scribes.clock())
        answered.events_took = (at, int((monotonic() - began) * 1000))
    if claimed.checks and goes_on():
        read = crm.read_contacts([each.contact for each in claimed.checks], properties_of(claimed.checks))
        answered.checks = judge_checks(read, claimed.checks, failures, scribes.clock())


def _settle(tx: Transaction, scribes: Scribes, claimed: Claimed, answered: Answered) -> None:
    lease, now = claimed.lease, scribes.clock()
    tried = [*claimed.settled.contacts, *answered.contacts.contacts]
    judged = {each.due.member_id for each in tried}
    # What was not answered waits as it did.
    tried += [Tried(each, {}, each.contact) for each in claimed.contacts if each.member_id not in judged]
    tried.sort(key=lambda each: each.due.member_id)
    lags = settle_contacts(tx, lease, tried, now)
    merged = {each.due.owner for each in tried if each.gone == MERGED and each.due.owner is not None}
    # Another member's values were written there for a while.
    record_anew(tx, lease.program_id, lease.connection, sorted(merged), now)
    later = settle_events(tx, lease, [*claimed.settled.events, *answered.events.events], now)
    rest = answered.rest
    for took, sent, of, went in (
        (answered.contacts_took, len(claimed.contacts), lags, answered.contacts),
        (answered.events_took, len(claimed.events), later, answered.events),
    ):
        if took is not None:
            reason = went.rest.reason if went.rest is not None else went.reason
            record_batch(tx, lease, Batch(took[0], took[1], sent, of, reason))
    if rest is not None:
        record_resting(tx, lease, now, rest.until, rest.reason)
    else:
        contacts = (answered.contacts.at_once, len(claimed.contacts), lease.contacts_max, CONTACTS_MAX)
        events = (answered.events.at_once, len(claimed.events), lease.events_max, EVENTS_MAX)
        checks = (answered.checks.at_once, len(claimed.checks), lease.checks_max, CONTACTS_MAX)
        at_once = (next_at_once(*contacts), next_at_once(*events), next_at_once(*checks))
        record_worked(tx, lease, now, at_once)
