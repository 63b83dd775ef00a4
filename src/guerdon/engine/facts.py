"""The facts of a batch: what its events' rules ask for, a question for each kind and none that nobody asks.

The order of the questions is the order of locks: members' own rows, what they share of limits, pools.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from guerdon.engine.memory import load_memory
from guerdon.program.load import read_program
from guerdon.program.model import Limit, Program
from guerdon.rules.budgets import current_periods
from guerdon.rules.facts import AllowanceKey, Event, Facts, Holding, Occasion, Own, PurseKey, Standing
from guerdon.rules.limits import periods_of, quarter_of, shared_keys
from guerdon.rules.playbook import Needs, Playbook
from guerdon.store import pools
from guerdon.store.batch import allowances, holdings
from guerdon.store.budgets import load_topped_up
from guerdon.store.database import Transaction
from guerdon.store.programs import load_versions

Ready = Sequence[tuple[Event, Standing]]
Needed = Sequence[tuple[Needs, Event, Standing]]
Lots = Mapping[int, Sequence[Holding]]


def load_facts(
    tx: Transaction, playbook: Playbook, ready: Ready, now: datetime, *, lock_pools: bool, lock: bool = True
) -> Facts:
    """Load what a batch is decided on; with its pools locked, and what its members share.

    `lock` False: nothing at all is locked, for whoever only looks.
    """
    program_id = playbook.program_id
    needs = [(playbook.needs[event.type], event, member) for event, member in ready]
    everybody = sorted({member.member_id for _, member in ready})
    taking = sorted({member.member_id for need, _, member in needs if need.takes_back})
    awaiting = sorted({member.member_id for need, _, member in needs if need.awaited or need.takes_back})
    rules = sorted(playbook.awaited_rules)
    lots: dict[int, list[Holding]] = {}
    if taking:
        zone = playbook.program.time_zone
        lots = holdings.lock_holdings(tx, program_id, taking, rules, zone, lock=lock)
        _add_earlier(tx, playbook, lots)
    own = _own_allowances(tx, playbook, needs, lots)
    shared = _shared_allowances(tx, playbook, needs, lots, lock=lock_pools)
    memory = load_memory(tx, playbook, needs, lock=lock)
    left = (pools.lock_pools if lock_pools else pools.load_pools)(tx, program_id, playbook.pools.items())
    return Facts(
        now,
        pools={name: left.get((name, unit), 0) for name, unit in playbook.pools.items()},
        allowances={**own.used, **shared},
        pool_units=playbook.pools,
        topped_up=_topped_up(tx, playbook, now),
        own=own,
        shared=shared,
        debts=holdings.load_debts_of(tx, program_id, everybody),
        balances=_balances(tx, playbook, needs),
        lots=lots,
        waiting=holdings.load_waiting(tx, program_id, awaiting) if awaiting else {},
        kept=memory.kept,
        then=memory.then,
        watched=memory.watched,
    )


def _own_allowances(tx: Transaction, playbook: Playbook, needs: Needed, lots: Lots) -> Own:
    """What members used of their own limits, around each event and each reward that may be taken back."""
    limits = {
        limit.key: limit for need in {id(n): n for n, _, _ in needs}.values() for limit in need.own_limits
    }
    # A reward that may be taken back was counted by the limits of its own version.
    counted = [
        (member, lot, own)
        for member, lot in _named(lots, playbook)
        if (own := [bound.limit for bound in playbook.counted_by(lot) if bound.own])
    ]
    if not limits and not counted:
        return Own()
    daily = [limit for limit in limits.values() if limit.period != "hours"]
    hourly = [limit for limit in limits.values() if limit.period == "hours"]
    # What happened on one day, or in one quarter of an hour, is counted in the same periods.
    days = {event.day: event.happened_at for need, event, _ in needs if need.own_limits}
    quarters: dict[int, tuple[datetime, date]] = {}
    if hourly:
        for need, event, _ in needs:
            if need.own_limits:
                quarters[quarter_of(event.happened_at)] = (event.happened_at, event.day)
    periods: set[datetime] = set()
    for day, at in days.items():
        periods.update(*_periods(daily, at, day, playbook))
    for at, day in quarters.values():
        periods.update(*_periods(hourly, at, day, playbook))
    for _, lot, own in counted:
        periods.update(*_periods(own, lot.origin.happened_at, lot.origin.day, playbook))
    members = {member.member_id for need, _, member in needs if need.own_limits}
    members.update(member for member, _, _ in counted)
    used = allowances.load_own(tx, playbook.program_id, sorted(members), sorted(periods))
    return Own(frozenset(members), frozenset(periods), used)


def _periods(
    limits: Sequence[Limit], at: datetime, day: date, playbook: Playbook
) -> list[Sequence[datetime]]:
    occasion = Occasion(at, day, "", None, {})
    return [periods_of(limit, occasion, playbook.zone) for limit in limits]


def _shared_allowances(
    tx: Transaction, playbook: Playbook, needs: Needed, lots: Lots, *, lock: bool
) -> dict[AllowanceKey, int]:
    """What was used of limits that members share; all that was asked for, also what nobody used yet."""
    keys: set[AllowanceKey] = set()
    for need, event, member in needs:
        if need.shared_bounds:
            occasion = _occasion(event, member)
            for play in playbook.plays[event.type]:
                keys.update(shared_keys(play.bounds.get(member.market, ()), occasion, playbook.zone))
    for _, lot in _named(lots, playbook):
        keys.update(shared_keys(playbook.counted_by(lot), lot.origin, playbook.zone))
    if not keys:
        return {}
    if lock:
        allowances.lock_shared(tx, playbook.program_id, {name for _, name, _ in keys})
    return {**dict.fromkeys(keys, 0), **allowances.load_shared(tx, playbook.program_id, keys)}


def _named(lots: Lots, playbook: Playbook) -> Iterator[tuple[int, Holding]]:
    """Those that some rule of the program may take back, with whose they are."""
    for member, each in lots.items():
        for lot in each:
            if lot.rule in playbook.awaited_rules and lot.reversed < lot.value:
                yield member, lot


def _add_earlier(tx: Transaction, playbook: Playbook, lots: Lots) -> None:
    """Let the playbook know the versions that gave these rewards."""
    given = {lot.version for _, lot in _named(lots, playbook)} - {0, playbook.version, *playbook.earlier}
    for stored in load_versions(tx, playbook.program_id, sorted(given)):
        program = read_program(stored.bundle, None, stored.key)
        # One that this release cannot read any more counts as the present one does.
        book = (
            Playbook(program, stored.program_id, stored.version) if isinstance(program, Program) else playbook
        )
        playbook.earlier[stored.version] = book


def _occasion(event: Event, member: Standing) -> Occasion:
    return Occasion(event.happened_at, event.day, member.market, member.location, event.fields)


def _topped_up(tx: Transaction, playbook: Playbook, now: datetime) -> set[tuple[str, date]]:
    if not playbook.tree.branches:
        return set()
    return load_topped_up(tx, playbook.program_id, current_periods(playbook.day_of(now)))


def _balances(tx: Transaction, playbook: Playbook, needs: Needed) -> dict[PurseKey, int]:
    members = sorted({member.member_id for need, _, member in needs if need.capped})
    if not members:
        return {}
    units = [unit for unit, life in playbook.program.lives.items() if life.cap_minor is not None]
    return holdings.load_balances(tx, playbook.program_id, members, units)
