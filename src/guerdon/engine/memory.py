"""What the house remembers of a batch's members: what was counted of them by day, and what they have.

Loaded for events whose rules ask for it or that add to it, and for no others. An event is folded in before
it is decided: it counts itself, and what it opens is there already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec

from guerdon.program.fields import Read, read_field
from guerdon.program.model import Program
from guerdon.rules.belongings import handle, with_holdings
from guerdon.rules.facts import Belonging, DayKey, Event, Facts, Standing
from guerdon.rules.playbook import NOTHING_NEEDED, Needs, Playbook
from guerdon.rules.windows import bucket_of, count, countings, first_day, with_windows
from guerdon.store.audit import record_audit
from guerdon.store.batch.belongings import BelongingRow, load_belongings, record_belongings
from guerdon.store.batch.days import (
    begin_counting,
    count_of_members,
    find_counted,
    load_days,
    lock_counted,
    record_days,
)
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.segments.passes import record_touches

_decode = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode


class Uncounted(Exception):  # noqa: N818  says what is missing
    """A version counts what nobody counted so far: that has to be added up before it decides."""

    def __init__(self, playbook: Playbook) -> None:
        super().__init__(f"version {playbook.version} counts something new")
        self.playbook = playbook


@dataclass(frozen=True, slots=True)
class Memory:
    """What was loaded, as `Facts` takes it: the buckets that events add to, and what segments watch."""

    counted: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()
    days: dict[DayKey, dict[date, int]] = field(default_factory=dict)
    belongings: dict[tuple[int, str], dict[str, Belonging]] = field(default_factory=dict)


def load_memory(
    tx: Transaction,
    playbook: Playbook,
    needed: Sequence[tuple[Needs, Event, Standing]],
    *,
    lock: bool = True,
) -> Memory:
    """Load what these events ask for; raises `Uncounted` when their version counts something new.

    `lock` False, for whoever only looks: nothing is locked, and what nobody counts is added up for these.
    """
    if not lock:
        return _look(tx, playbook, needed)
    counted, watched = lock_counted(tx, playbook.program_id)
    if not playbook.counted <= counted:
        raise Uncounted(playbook)
    return Memory(counted, watched, _days(tx, playbook, needed), _belongings(tx, playbook, needed))


def _look(tx: Transaction, playbook: Playbook, needed: Sequence[tuple[Needs, Event, Standing]]) -> Memory:
    days = _days(tx, playbook, needed)
    members = sorted({member.member_id for need, _, member in needed if need.windows})
    new = playbook.counted - find_counted(tx, playbook.program_id) if members else frozenset()
    if new:
        days.update(count_of_members(tx, playbook.program_id, members, new, playbook.program.time_zone))
    return Memory(playbook.counted, frozenset(), days, _belongings(tx, playbook, needed))


def count_anew(db: Connection, playbook: Playbook, now: datetime) -> None:
    """Add up what a version counts and nobody counted so far, from all events there are; one commit."""
    program_id, program = playbook.program_id, playbook.program
    with transaction(db, program_id) as tx:
        new = begin_counting(tx, program_id, playbook.counted, program.time_zone)
        if new:
            record_audit(
                tx, program_id, "worker", "days.counted", program.key, now, version=playbook.version, new=new
            )


def remember(facts: Facts, playbook: Playbook, event: Event, member: Standing) -> Standing:
    """Fold an event into the memory, and give its member as its rules see them."""
    counting = countings(facts.counted).get(event.type)
    if counting:
        count(facts, counting, event, member)
    todo = playbook.handlings.get(event.type)
    if todo:
        handle(facts, todo, event, member)
    # What a version does not know has no rules by it.
    needs = playbook.needs.get(event.type, NOTHING_NEEDED)
    if needs.windows:
        member = with_windows(facts, needs.windows, event, member)
    if needs.holdings:
        member = with_holdings(facts, needs.holdings, event, member)
    return member


def record_memory(tx: Transaction, program_id: int, facts: Facts) -> None:
    """Write what the batch added."""
    record_days(tx, program_id, facts.days_added)
    record_belongings(
        tx,
        program_id,
        [_row(key, facts.belongings[key[0], key[1]][key[2]]) for key in facts.belongings_changed],
    )
    if facts.watched:
        record_touches(tx, program_id, _touched(facts))


def _touched(facts: Facts) -> set[tuple[int, str]]:
    """Members of whom something changed that a segment reads."""
    changed = {(member, what) for member, what, _ in facts.days_added}
    changed |= {(member, f"holds({kind})") for member, kind, _ in facts.belongings_changed}
    return {(member, what) for member, what in changed if what in facts.watched}


def _days(
    tx: Transaction, playbook: Playbook, needed: Sequence[tuple[Needs, Event, Standing]]
) -> dict[DayKey, dict[date, int]]:
    asking = [(need.windows, event.day, member.member_id) for need, event, member in needed if need.windows]
    if not asking:
        return {}
    firsts = [first_day(windows, day) for windows, day, _ in asking]
    since = None if None in firsts else min(day for day in firsts if day is not None)
    buckets = {bucket_of(window) for windows, _, _ in asking for window in windows}
    return load_days(tx, playbook.program_id, sorted({member for *_, member in asking}), buckets, since)


def _belongings(
    tx: Transaction, playbook: Playbook, needed: Sequence[tuple[Needs, Event, Standing]]
) -> dict[tuple[int, str], dict[str, Belonging]]:
    members: set[int] = set()
    kinds: set[str] = set()
    for need, event, member in needed:
        asked = {*need.holdings, *(kind for kind, _, _ in playbook.handlings.get(event.type, ()))}
        if asked:
            members.add(member.member_id)
            kinds |= asked
    found: dict[tuple[int, str], dict[str, Belonging]] = {}
    if kinds:
        for row in load_belongings(tx, playbook.program_id, sorted(members), kinds):
            found.setdefault((row.member_id, row.kind), {})[row.key] = belonging_of(playbook.program, row)
    return found


def belonging_of(program: Program, row: BelongingRow) -> Belonging:
    """A stored holding as rules see it; a field that no longer fits its declaration is missing."""
    declared, stored = program.holdings.get(row.kind), _decode(row.fields)
    fields: dict[str, object] = {}
    for key, field_ in declared.fields.items() if declared else ():
        read: Any = read_field(field_, stored[key]) if stored.get(key) is not None else None
        if isinstance(read, Read):
            fields[key] = read.value
    # What another version keeps of it, and this one cannot read, stays as it is.
    rest = {key: value for key, value in stored.items() if key not in fields}
    return Belonging(fields, row.changed_at, row.opened_at, row.closed_at, rest)


def _row(key: tuple[int, str, str], belonging: Belonging) -> BelongingRow:
    fields = _encode({**belonging.rest, **belonging.fields}).decode()
    return BelongingRow(*key, fields, belonging.changed_at, belonging.opened_at, belonging.closed_at)
