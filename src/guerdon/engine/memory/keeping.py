"""What the house remembers of a batch's members: what was counted of them by day, and what they have.

Loaded for events whose rules ask for it or that add to it, and for no others. An event is folded in before
it is decided: it counts itself, and what it opens is there already.

What is kept is what the live version declares, in its zone's days, made of all events there are, whichever
version decided them: the first batch that finds it otherwise has it made anew. What an earlier version sees
of it, deciding what is told late, is what it declares itself, in its own zone's days, over the same events:
where that is something else than what is kept, it is made of its members' events when it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from guerdon.engine.memory.belongings import changed_rows, having_by_events, load_having
from guerdon.rules.belongings import handle, with_holdings
from guerdon.rules.facts import Belonging, DayKey, Event, Facts, Remembered, Standing
from guerdon.rules.playbook import NOTHING_NEEDED, Needs, Playbook
from guerdon.rules.windows import bucket_of, count, countings, first_day, with_windows
from guerdon.store.batch.belongings import record_belongings
from guerdon.store.batch.days import count_of_members, load_days, record_days
from guerdon.store.batch.memory import Kept, find_kept, lock_kept
from guerdon.store.database import Transaction
from guerdon.store.segments.passes import record_touches

Needed = Sequence[tuple[Needs, Event, Standing]]
# The connection of what we tell ourselves; no program may declare it.
OWN = "guerdon"


class Uncounted(Exception):  # noqa: N818  says what is missing
    """What is kept is not what a version needs: that has to be made of the events before it decides."""

    def __init__(self, playbook: Playbook) -> None:
        super().__init__(f"version {playbook.version} counts or holds something new")
        self.playbook = playbook


@dataclass(frozen=True, slots=True)
class Memory:
    """What was loaded, as `Facts` takes it, and what segments watch."""

    kept: Remembered = field(default_factory=Remembered)
    then: Remembered | None = None
    watched: frozenset[str] = frozenset()


def load_memory(tx: Transaction, playbook: Playbook, needed: Needed, *, lock: bool = True) -> Memory:
    """Load what these events ask for; raises `Uncounted` when what is kept is not what their version needs.

    `lock` False, for whoever only looks: nothing is locked, and what nobody keeps is made for these.
    """
    if not needed or needed[0][1].connection == OWN:
        # What people decided adds nothing, and its facts are in the request.
        return Memory()
    if not lock:
        return _look(tx, playbook, needed)
    kept = lock_kept(tx, playbook.program_id)
    present = playbook.present or playbook
    if not is_kept(kept, playbook.counted, present):
        raise Uncounted(playbook)
    asking = needed if playbook.present is None or _sees_the_same(kept, playbook, needed) else ()
    ours = Remembered(
        kept.counted,
        _days(tx, playbook, asking),
        belongings=_having(tx, present, needed, asking),
    )
    return Memory(ours, None if asking else _as_declared(tx, playbook, needed, kept), kept.watched)


def _look(tx: Transaction, playbook: Playbook, needed: Needed) -> Memory:
    if not any(need.windows or need.holdings for need, _, _ in needed):
        return Memory()
    own = _as_declared(tx, playbook, needed, find_kept(tx, playbook.program_id))
    return Memory(own) if playbook.present is None else Memory(then=own)


def is_kept(kept: Kept, counted: frozenset[str], present: Playbook) -> bool:
    """Whether what is kept is what a version counts, and what the present one declares."""
    if not counted <= kept.counted or kept.held != present.held:
        return False
    return not kept.counted or kept.zone == present.program.time_zone


def _sees_the_same(kept: Kept, playbook: Playbook, needed: Needed) -> bool:
    """Whether what is kept is what an earlier version would keep, as far as these events ask for it."""
    kinds = {playbook.marks[kind] for need, _, _ in needed for kind in need.holdings}
    if not kinds <= kept.held:
        return False
    return kept.zone == playbook.program.time_zone or not any(need.windows for need, _, _ in needed)


def remember(facts: Facts, playbook: Playbook, event: Event, member: Standing) -> Standing:
    """Fold an event into the memory, and give its member as its rules see them."""
    if playbook.present is None:
        _fold(facts.kept, playbook, event, member)
    else:
        _fold(facts.kept, playbook.present, _at_present(playbook.present, event), member)
    seen = facts.kept
    if facts.then is not None:
        seen = facts.then
        _fold(seen, playbook, event, member)
    # What a version does not know has no rules by it.
    needs = playbook.needs.get(event.type, NOTHING_NEEDED)
    if needs.windows:
        member = with_windows(seen, needs.windows, event, member)
    if needs.holdings:
        member = with_holdings(seen, needs.holdings, event, member)
    return member


def record_memory(tx: Transaction, program_id: int, facts: Facts) -> None:
    """Write what the batch added."""
    record_days(tx, program_id, facts.kept.days_added)
    record_belongings(tx, program_id, changed_rows(facts.kept))
    if facts.watched:
        record_touches(tx, program_id, _touched(facts))


def _fold(kept: Remembered, playbook: Playbook, event: Event, member: Standing) -> None:
    counting = countings(kept.counted).get(event.type)
    if counting:
        count(kept, counting, event, member)
    todo = playbook.handlings.get(event.type)
    if todo:
        handle(kept, todo, event, member.member_id)


def _at_present(present: Playbook, event: Event) -> Event:
    """An event of an earlier version's time, as the present one reads it: that is how what it brought was."""
    fields = {**event.data, "happened_at": event.happened_at}
    return msgspec.structs.replace(event, day=present.day_of(event.happened_at), fields=fields)


def _touched(facts: Facts) -> set[tuple[int, str]]:
    """Members of whom something changed that a segment reads."""
    changed = {(member, what) for member, what, _ in facts.kept.days_added}
    changed |= {(member, f"holds({kind})") for member, kind, _ in facts.kept.belongings_changed}
    return {(member, what) for member, what in changed if what in facts.watched}


def _days(tx: Transaction, playbook: Playbook, asking: Needed) -> dict[DayKey, dict[date, int]]:
    """What is kept of the buckets that these events ask for."""
    asked = [(need.windows, event.day, member.member_id) for need, event, member in asking if need.windows]
    if not asked:
        return {}
    firsts = [first_day(windows, day) for windows, day, _ in asked]
    since = None if None in firsts else min(day for day in firsts if day is not None)
    buckets = {bucket_of(window) for windows, _, _ in asked for window in windows}
    return load_days(tx, playbook.program_id, sorted({member for *_, member in asked}), buckets, since)


def _having(
    tx: Transaction, present: Playbook, needed: Needed, asking: Needed
) -> dict[tuple[int, str], dict[str, Belonging]]:
    """What is kept of the kinds that these events change, or ask for."""
    changed = [
        (member.member_id, {kind for kind, _, _ in present.handlings[event.type]})
        for _, event, member in needed
        if event.type in present.handlings
    ]
    asked = [(member.member_id, need.holdings) for need, _, member in asking if need.holdings]
    members = {member for member, _ in (*changed, *asked)}
    return load_having(tx, present, members, {kind for _, kinds in (*changed, *asked) for kind in kinds})


def _as_declared(tx: Transaction, playbook: Playbook, needed: Needed, kept: Kept) -> Remembered:
    """What a version would keep, as far as these events ask: as it is kept, or made of members' events."""
    members = sorted({member.member_id for need, _, member in needed if need.windows})
    buckets = {bucket_of(window) for need, _, _ in needed for window in need.windows}
    is_of_zone = kept.zone == playbook.program.time_zone
    others = buckets - kept.counted if is_of_zone else buckets
    days = _days(tx, playbook, needed) if buckets - others else {}
    if others:
        days |= count_of_members(tx, playbook.program_id, members, others, playbook.program.time_zone)
    owners = {member.member_id for need, _, member in needed if need.holdings}
    kinds = {kind for need, _, _ in needed for kind in need.holdings}
    so = {kind for kind in kinds if playbook.marks[kind] in kept.held}
    having = load_having(tx, playbook, owners, so)
    having |= having_by_events(tx, playbook, owners, kinds - so)
    return Remembered(playbook.counted, days, belongings=having)
