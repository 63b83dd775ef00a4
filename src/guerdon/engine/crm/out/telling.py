"""Telling connections: what was announced becomes what contacts are to have, and what they are told of.

Values are read as they are now, for all members of a batch at once, while nobody else hands announcements on:
so a later reading is never older, and of many changes one write is left. When a connection begins to be
told, or is told otherwise, all of its members are gone through.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import msgspec

from guerdon.engine.announcements.shapes import Announcement
from guerdon.engine.crm.out.saying import Facts, happening_of, values_of
from guerdon.program.model import Connection as Declared
from guerdon.program.model import Program, Writes
from guerdon.store.announcements.queue import alone_with_announcements, record_subscriber
from guerdon.store.announcements.told import load_purses
from guerdon.store.audit import record_audit
from guerdon.store.crm.said import load_codes, load_last_rewards
from guerdon.store.crm.writeback_events import NewEvent, record_events
from guerdon.store.crm.writeback_lanes import (
    CHANNEL,
    SUBSCRIBER,
    list_lanes,
    record_declared,
    record_gone_through,
)
from guerdon.store.crm.writebacks import Wanted, list_members_after, record_wanted, take_stale
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.values.ids import read

# What changes within so long is written once.
GATHERED = timedelta(seconds=3)
GONE_THROUGH_AT_ONCE = 1_000
_OF_REWARDS = frozenset({"last_reward", "last_reward_value", "last_reward_at", "reward_waiting"})


def writing(program: Program) -> dict[str, tuple[Declared, Writes]]:
    """The connections of a program that are told something."""
    return {key: (each, each.writes) for key, each in program.connections.items() if each.writes is not None}


def tell_connections(
    tx: Transaction, program_id: int, program: Program, told: Sequence[Announcement], now: datetime
) -> None:
    """Have contacts get what their members have by now, and what happened to them."""
    connections = writing(program)
    news: dict[int, tuple[int, datetime]] = {}
    for each in told:
        member_id = _member_of(each)
        first = news.get(member_id, (0, each.recorded_at))[1]
        news[member_id] = (each.sequence, min(first, each.recorded_at))
    if not connections or not news:
        return
    facts = _load(tx, program_id, program, [writes for _, writes in connections.values()], news)
    for key, (declared, writes) in connections.items():
        place = (key, declared.subject)
        if writes.names:
            record_wanted(tx, program_id, place, _wanted(program, writes, facts, news), now + GATHERED)
        events = [event for each in told if (event := _event(writes, each)) is not None]
        record_events(tx, program_id, place, events, now + GATHERED)
    notify(tx, CHANNEL, program_id)


def keep_lanes(db: Connection, program_id: int, program: Program, now: datetime) -> bool:
    """Keep lanes as they are declared, and go on going through everybody; whether there is more to do."""
    connections = writing(program)
    wanted = {key: _declaration(*each) for key, each in connections.items()}
    with transaction(db, program_id) as tx:
        lanes = {each.connection: each for each in list_lanes(tx, program_id)}
    changed = {key: text for key, text in wanted.items() if key not in lanes or lanes[key].declared != text}
    changed |= {key: "" for key, lane in lanes.items() if key not in wanted and lane.declared}
    if changed:
        with transaction(db, program_id) as tx:
            # It waits for what is under way: whatever commits later is announced, and before is gone through.
            record_subscriber(tx, program_id, SUBSCRIBER, wants=bool(wanted))
            for key, text in changed.items():
                source = connections[key][0].subject if key in connections else ""
                record_declared(tx, program_id, (key, source), text)
                record_audit(
                    tx, program_id, "worker", "writeback.declared", key, now, after={"told": bool(text)}
                )
        return True
    for key in wanted:
        with transaction(db, program_id) as tx:
            if alone_with_announcements(tx, program_id):
                _go_on(tx, program_id, program, key, now)
    return any(lanes[key].gone_through is not None for key in wanted)


def _go_on(tx: Transaction, program_id: int, program: Program, key: str, now: datetime) -> None:
    declared, writes = writing(program)[key]
    (lane,) = [each for each in list_lanes(tx, program_id) if each.connection == key]
    stale = take_stale(tx, program_id, key, GONE_THROUGH_AT_ONCE)
    members: list[int] = []
    if lane.gone_through is not None:
        after, most = lane.gone_through, GONE_THROUGH_AT_ONCE
        members = list_members_after(tx, program_id, declared.subject, after, most)
        record_gone_through(tx, program_id, key, members[-1] if len(members) == most else None)
    news = dict.fromkeys([*stale, *members], (0, now))
    if news and writes.names:
        facts = _load(tx, program_id, program, [writes], news)
        wanted = _wanted(program, writes, facts, news)
        record_wanted(tx, program_id, (key, declared.subject), wanted, now)
        notify(tx, CHANNEL, program_id)


def _load(
    tx: Transaction,
    program_id: int,
    program: Program,
    told: Sequence[Writes],
    members: Collection[int],
) -> Facts:
    """What is told of members, and no more than that."""
    nouns = {noun for writes in told for noun in writes.properties}
    balances = any(writes.balances for writes in told)
    return Facts(
        load_purses(tx, program_id, members) if balances else {},
        load_last_rewards(tx, program_id, members) if nouns & _OF_REWARDS else {},
        load_codes(tx, program_id, members, [*program.referrals]) if "referral_code" in nouns else {},
    )


def _wanted(
    program: Program, writes: Writes, facts: Facts, news: Mapping[int, tuple[int, datetime]]
) -> list[Wanted]:
    # By rising member, so that nobody waits for somebody who waits for them.
    return [
        Wanted(member, values_of(program, writes, facts, member), version, since)
        for member, (version, since) in sorted(news.items())
    ]


def _event(writes: Writes, announcement: Announcement) -> NewEvent | None:
    found = happening_of(writes, announcement)
    if found is None:
        return None
    return NewEvent(
        _member_of(announcement),
        found.event,
        found.properties,
        found.happened_at,
        announcement.recorded_at,
    )


def _member_of(announcement: Announcement) -> int:
    member_id = read("mem", announcement.member.id) if announcement.member is not None else None
    assert member_id is not None, "what is announced is of a member"
    return member_id


def _declaration(declared: Declared, writes: Writes) -> str:
    """What makes it necessary to go through everybody, where it changes."""
    return msgspec.json.encode([declared.portal, declared.subject, asdict(writes)], order="sorted").decode()
