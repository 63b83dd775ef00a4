"""Timers: what time alone does to value. It matures, it ends with its last day, and holds run out.

Each kind is done in batches of members, one commit each, with one event of ours per member and batch; the
clock is handed in. What is done twice is done once: a batch asks under the members' lock what is still due.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from msgspec import json

from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.wallet.holding import freed
from guerdon.ledger.effects import Effect, Send
from guerdon.ledger.lots import Lot, set_aside
from guerdon.program.model import Program
from guerdon.rules.moments import matured_sends, program_tellings
from guerdon.rules.wallet import decide_expiry, decide_freeing, decide_maturing
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.messages.sends import record_sends
from guerdon.store.orders.choices import load_live_version, next_event_ids
from guerdon.store.programs import list_programs
from guerdon.store.referrals.codes import forget_visits
from guerdon.store.wallet import due
from guerdon.store.wallet.deeds import (
    Changes,
    Deed,
    Doing,
    Held,
    post_to_pools,
    record_deeds,
    settle_lots,
    settle_purses,
)
from guerdon.store.wallet.due import Absence, DueLot
from guerdon.store.wallet.holds import load_holds, settle_holds
from guerdon.store.wallet.purses import MemberHere, load_purses

BATCH_MAX = 1000
# Far more batches than are ever due at once: a mistake of ours must not keep a worker for ever.
BATCHES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Ran:
    """How many lots matured, lots ended and holds ran out."""

    matured: int
    expired: int
    run_out: int


@dataclass(frozen=True, slots=True)
class Clockwork:
    """For which program, at which moment, and how many at a time."""

    program_id: int
    program: Program
    now: datetime
    at_most: int = BATCH_MAX


@dataclass(slots=True)
class _Batch:
    """What one commit of a kind writes."""

    clock: Clockwork
    tx: Transaction
    type: str
    outcome: str
    deeds: list[Deed]
    changes: Changes

    def add(
        self, member: MemberHere, effects: Sequence[Effect], event_id: int, held: Sequence[Held] = ()
    ) -> None:
        """One member's event."""
        self.changes.fold(member.member_id, effects)
        for each in held:
            self.changes.fold(member.member_id, (), each)
        told = {} if not held else {"freed": sum(-each.amount for each in held)}
        self.deeds.append(
            Deed(
                member_id=member.member_id,
                event_id=event_id,
                type=self.type,
                outcome=self.outcome,
                external_id=str(event_id),
                market=member.market,
                location=member.location,
                data=json.encode(told).decode(),
                effects=effects,
            )
        )

    def write(self, ends: str) -> None:
        """Write all of it, in the order of the locks."""
        tx, program_id, now = self.tx, self.clock.program_id, self.clock.now
        settle_purses(tx, program_id, self.changes.purses)
        settle_lots(tx, program_id, self.changes.lots, ends, now)
        version = load_live_version(tx, program_id, now)
        record_deeds(tx, program_id, self.deeds, Doing(version, now, "worker", self.type))
        record_sends(tx, program_id, self.deeds, now)
        post_to_pools(tx, program_id, self.changes.pools)


def keep_time(db: Connection, library: Library, days: dict[int, date], now: datetime) -> None:
    """Do what is due in all programs; `days` remembers on which day of each program it was asked last."""
    for program_id, _ in list_programs(db):
        try:
            with transaction(db, program_id) as tx:
                playbook = library.playbook(tx, program_id, now)
        except NoLiveVersion:
            # Whoever processes its events says so.
            continue
        day = playbook.day_of(now)
        clock = Clockwork(program_id, playbook.program, now)
        run_timers(db, clock, absences=days.get(program_id) != day)
        if days.get(program_id) != day:
            with transaction(db, program_id) as tx:
                forget_visits(tx, program_id, now.date())
        days[program_id] = day


def run_timers(db: Connection, clock: Clockwork, *, absences: bool = True) -> Ran:
    """Do what is due in a program; `absences` is for whoever was away, which only a new day can change."""
    matured = _all_of(db, clock, _mature)
    run_out = _all_of(db, clock, _run_out)
    expired = _all_of(db, clock, _expire)
    if absences:
        for absence in absences_of(clock.program):
            expired += _all_of(db, clock, partial(_end_absence, absence))
    return Ran(matured, expired, run_out)


def absences_of(program: Program) -> list[Absence]:
    """The units that end by inactivity."""
    return [
        Absence(life.unit, life.expiry.months, life.expiry.days, program.time_zone)
        for life in program.lives.values()
        if life.expiry.kind == "inactivity"
    ]


def _all_of(db: Connection, clock: Clockwork, do: Callable[[Transaction, Clockwork], int]) -> int:
    total = 0
    for _ in range(BATCHES_MAX):
        with transaction(db, clock.program_id) as tx:
            done = do(tx, clock)
        total += done
        if not done:
            break
    return total


def _mature(tx: Transaction, clock: Clockwork) -> int:
    members = due.lock_due_members(tx, clock.program_id, "mature", clock.now, clock.at_most)
    ids = [member.member_id for member in members]
    lots = due.load_maturing(tx, clock.program_id, ids, clock.now, clock.at_most)
    if not lots:
        return 0
    batch = _Batch(clock, tx, "value.matured", "matured", [], Changes())
    by_member = _by_member(lots)
    purses = load_purses(tx, clock.program_id, _purses_of(by_member))
    told = _told_ready(clock.program, lots)
    for member, event_id in _with_events(tx, members, by_member):
        effects: list[Effect] = []
        for unit, of_it in by_member[member.member_id].items():
            debts = purses[member.member_id, unit].debts
            effects += decide_maturing(event_id, unit, of_it, debts)
        effects += told.get(member.member_id, ())
        batch.add(member, effects, event_id)
    settled = due.settle_matured(tx, clock.program_id, [(d.member_id, d.lot.reward_id) for d in lots])
    assert settled == len(lots), "a lot matured that was locked as pending"
    batch.write("redeemed")
    return len(lots)


def _told_ready(program: Program, lots: Sequence[DueLot]) -> Mapping[int, list[Send]]:
    """What members are told of what matured, by the rules that gave it as they are now."""
    tellings = program_tellings(program)
    found: dict[int, list[Send]] = defaultdict(list)
    for each in lots:
        found[each.member_id] += matured_sends(tellings.get(each.rule, ()), each.lot.reward_id)
    return found


def _expire(tx: Transaction, clock: Clockwork) -> int:
    members = due.lock_due_members(tx, clock.program_id, "expire", clock.now, clock.at_most)
    ids = [member.member_id for member in members]
    return _end(tx, clock, members, due.load_ending(tx, clock.program_id, ids, clock.now, clock.at_most))


def _end_absence(absence: Absence, tx: Transaction, clock: Clockwork) -> int:
    members = due.lock_absent_members(tx, clock.program_id, absence, clock.now, clock.at_most)
    ids = [member.member_id for member in members]
    return _end(
        tx, clock, members, due.load_untouched(tx, clock.program_id, ids, absence.unit, clock.at_most)
    )


def _end(tx: Transaction, clock: Clockwork, members: Sequence[MemberHere], lots: Sequence[DueLot]) -> int:
    if not lots:
        return 0
    batch = _Batch(clock, tx, "value.expired", "expired", [], Changes())
    by_member = _by_member(lots)
    for member, event_id in _with_events(tx, members, by_member):
        effects: list[Effect] = []
        for unit, of_it in by_member[member.member_id].items():
            effects += decide_expiry(event_id, unit, of_it)
        batch.add(member, effects, event_id)
    batch.write("expired")
    return len(lots)


def _run_out(tx: Transaction, clock: Clockwork) -> int:
    members = due.lock_due_members(tx, clock.program_id, "run_out", clock.now, clock.at_most)
    ids = [member.member_id for member in members]
    keys = due.load_run_out(tx, clock.program_id, ids, clock.now, clock.at_most)
    if not keys:
        return 0
    holds = load_holds(tx, clock.program_id, keys)
    batch = _Batch(clock, tx, "value.lapsed", "lapsed", [], Changes())
    by_member: dict[int, list[int]] = defaultdict(list)
    for member_id, hold_id in keys:
        by_member[member_id].append(hold_id)
    purses = load_purses(
        tx, clock.program_id, sorted({(member_id, holds[hold_id].unit) for member_id, hold_id in keys})
    )
    for member, event_id in _with_events(tx, members, by_member):
        held = [freed(holds[hold_id]) for hold_id in by_member[member.member_id]]
        effects: list[Effect] = []
        for unit in sorted({each.unit for each in held}):
            purse = purses[member.member_id, unit]
            parts: Counter[int] = Counter()
            for each in held:
                if each.unit == unit:
                    parts.subtract(each.lots)
            effects += decide_freeing(event_id, unit, set_aside(purse.lots, parts), purse.debts)
        batch.add(member, effects, event_id, held)
    closed = settle_holds(tx, clock.program_id, [(m, h, 0) for m, h in keys], "expired", clock.now)
    assert closed == len(keys), "a hold was closed that was locked as open"
    batch.write("redeemed")
    return len(keys)


def _by_member(lots: Sequence[DueLot]) -> Mapping[int, Mapping[str, list[Lot]]]:
    found: dict[int, dict[str, list[Lot]]] = {}
    for each in lots:
        found.setdefault(each.member_id, {}).setdefault(each.unit, []).append(each.lot)
    return found


def _purses_of(by_member: Mapping[int, Mapping[str, list[Lot]]]) -> list[tuple[int, str]]:
    return [(member_id, unit) for member_id, units in by_member.items() for unit in units]


def _with_events(
    tx: Transaction, members: Sequence[MemberHere], concerned: Collection[int]
) -> Iterator[tuple[MemberHere, int]]:
    """Those members whom a batch is about, each with the id of its event."""
    about = [member for member in members if member.member_id in concerned]
    return zip(about, next_event_ids(tx, len(about)), strict=True)
