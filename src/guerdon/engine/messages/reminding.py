"""Reminders: of rewards that wait to be used, and of those that end soon, on the days that the program names.

A reminder goes at ten in the morning where its member lives, once for ever. The time since the last look is
gone through in pages of members, a commit each, with one event of ours for each member. Whoever was away for
some days tells the newest step that is due by then and leaves out older ones; what was due a week ago is not
told any more. Whether it disturbs just then is the conscience's to say.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby

from msgspec import json

from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.turns import Turns
from guerdon.ledger.effects import Send
from guerdon.program.messages.nouns import Message
from guerdon.program.model import Program
from guerdon.rules.conscience.zones import member_zone, zone_named
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.messages.reminders import (
    Asking,
    DueReward,
    Progress,
    Span,
    list_due,
    list_known,
    list_zones,
    lock_progress,
    lock_reminded,
    settle_progress,
)
from guerdon.store.messages.sends import record_sends
from guerdon.store.orders.choices import next_event_ids
from guerdon.store.programs import list_programs
from guerdon.store.wallet.deeds import Deed, Doing, record_deeds
from guerdon.store.wallet.purses import MemberHere
from guerdon.values.ids import derived_id, show

TURN_S = 5.0
# At which hour of the member's clock a reminder goes, and how much too late it may be.
HOUR = time(10)
LATE_MAX = timedelta(days=7)
# All clocks are whole quarters of an hour from each other, so ten o'clock is never between two turns.
STEP = timedelta(minutes=15)
PAGE_MAX = 500
SENT = "reminder.sent"

_DAY = timedelta(days=1)
# From ten o'clock back to the day's beginning and on to its end, with a clock that is changed on that day.
_BEFORE, _AFTER = timedelta(hours=13), timedelta(hours=17)


@dataclass(frozen=True, slots=True)
class Step:
    """A reminder's step: so many days after a reward was ready, or (`ending`) before it ends."""

    message: Message
    ending: bool
    days: int

    @property
    def name(self) -> str:
        """What sets its id apart from that of the message's other steps."""
        return f"{'before' if self.ending else 'after'} {self.days}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A step on one day of some clocks: at which moment it is due, and which rewards are meant."""

    step: Step
    due_at: datetime
    span: Span


def keep_reminding(db: Connection, library: Library, turns: Turns) -> None:
    """Remind the members of all programs until told to stop."""
    done: dict[int, datetime] = {}
    for now in turns.every(db, TURN_S):
        for program_id, _ in list_programs(db):
            if done.get(program_id) != last_turn(now):
                remind(db, library, program_id, now)
                done[program_id] = last_turn(now)


def remind(db: Connection, library: Library, program_id: int, now: datetime, at_most: int = PAGE_MAX) -> int:
    """Remind whoever is due in a program, so many members to a commit; how many messages that were."""
    total = 0
    while True:
        with transaction(db, program_id) as tx:
            try:
                playbook = library.playbook(tx, program_id, now)
            except NoLiveVersion:
                # Whoever processes its events says so.
                return total
            progress = lock_progress(tx, program_id, last_turn(now))
            if progress is None:
                return total
            if progress.doing_to is None:
                if progress.done_to >= last_turn(now):
                    return total
                progress = Progress(progress.done_to, last_turn(now), 0)
            told, progress = _remind_page(tx, playbook, progress, (now, at_most))
            settle_progress(tx, program_id, progress)
        total += told


def last_turn(now: datetime) -> datetime:
    """The last moment at which it was ten o'clock anywhere, or may have been."""
    return now - (now - datetime(2000, 1, 1, tzinfo=UTC)) % STEP


def steps_of(program: Program) -> list[Step]:
    """The reminders that a program declares, step by step."""
    return [
        Step(message, ending, days)
        for message in program.messages.values()
        if message.remind is not None
        for ending, several in ((False, message.remind.after_days), (True, message.remind.before_days))
        for days in several
    ]


def stretches_of(
    steps: Sequence[Step], clocks: Mapping[str, str], since: datetime, until: datetime
) -> list[Stretch]:
    """What is due after a moment and until another: by steps, and by clocks (`market DE`) with their zones.

    Clocks that show the same belong to one stretch.
    """
    found: dict[tuple[int, datetime, datetime, datetime], list[str]] = defaultdict(list)
    for clock, zone_name in clocks.items():
        zone = zone_named(zone_name)
        day = since.astimezone(zone).date()
        while day <= until.astimezone(zone).date():
            due_at = datetime.combine(day, HOUR, zone).astimezone(UTC)
            if since < due_at <= until:
                for n, step in enumerate(steps):
                    meant = day + timedelta(days=step.days if step.ending else -step.days)
                    begins, ends = (
                        datetime.combine(each, time(), zone).astimezone(UTC) for each in (meant, meant + _DAY)
                    )
                    found[n, due_at, begins, ends].append(clock)
            day += _DAY
    return [
        Stretch(steps[n], due_at, Span(steps[n].ending, begins, ends, tuple(named)))
        for (n, due_at, begins, ends), named in found.items()
    ]


def newest(
    due: Iterable[DueReward], stretches: Sequence[Stretch], balances: Iterable[str]
) -> dict[int, list[tuple[DueReward, Step]]]:
    """What is told, by member: of each reward and message the newest step, of a balance the largest part."""
    together = frozenset(balances)
    chosen: dict[tuple[int, str, int | str], DueReward] = {}
    for each in due:
        stretch = stretches[each.span]
        about = each.unit if each.unit in together else each.reward_id
        key = (each.member_id, stretch.step.message.key, about)
        known = chosen.get(key)
        if known is None or _rank(each, stretches) > _rank(known, stretches):
            chosen[key] = each
    told: dict[int, list[tuple[DueReward, Step]]] = defaultdict(list)
    for each in chosen.values():
        told[each.member_id].append((each, stretches[each.span].step))
    return told


def _rank(due: DueReward, stretches: Sequence[Stretch]) -> tuple[datetime, int, int]:
    return stretches[due.span].due_at, due.free, due.reward_id


def _remind_page(
    tx: Transaction, playbook: Playbook, progress: Progress, turn: tuple[datetime, int]
) -> tuple[int, Progress]:
    """Tell the next page of members; how many messages, and how far it is now. `turn`: now, and how many."""
    (now, at_most), until = turn, progress.doing_to
    assert until is not None, "a stretch was begun"
    program, steps = playbook.program, steps_of(playbook.program)
    finished = Progress(until, None, 0)
    if not steps:
        return 0, finished
    since = max(progress.done_to, until - LATE_MAX)
    asking = Asking(playbook.program_id, now, _spendable(program), program.contact.zone_attribute)
    clocks, zones = _clocks(tx, program, asking, steps, (since, until))
    asking = Asking(asking.program_id, now, asking.units, asking.zone_attribute, zones)
    stretches = stretches_of(steps, clocks, since, until)
    if not stretches:
        return 0, finished
    due = list_due(tx, asking, [each.span for each in stretches], progress.after_member, at_most)
    if not due:
        return 0, finished
    told = newest(due, stretches, [unit for unit in program.units if playbook.is_balance(unit)])
    sent = _tell(tx, playbook, told, now)
    return sent, Progress(progress.done_to, until, max(told))


def _spendable(program: Program) -> list[str]:
    """Units of which something can wait to be used; status is only had."""
    return [unit.key for unit in program.units.values() if unit.kind != "status"]


def _clocks(
    tx: Transaction,
    program: Program,
    asking: Asking,
    steps: Sequence[Step],
    time_gone: tuple[datetime, datetime],
) -> tuple[dict[str, str], list[str]]:
    """Clocks by which members live, with their zones; and the words of an attribute that name one."""
    clocks = {f"market {key}": market.time_zone for key, market in program.markets.items()}
    if asking.zone_attribute is None:
        return clocks, []
    since, until = time_gone
    wide = []
    for step in steps:
        moved = timedelta(days=step.days if step.ending else -step.days)
        wide.append(Span(step.ending, since + moved - _BEFORE, until + moved + _AFTER, ()))
    named = {
        word: zone
        for word in list_zones(tx, asking, wide)
        if (zone := member_zone(program.contact, {asking.zone_attribute: word}, ""))
    }
    return {**clocks, **{f"zone {word}": zone for word, zone in named.items()}}, sorted(named)


def _tell(
    tx: Transaction, playbook: Playbook, told: Mapping[int, Sequence[tuple[DueReward, Step]]], now: datetime
) -> int:
    """Write what members are told, each in one event, but nothing that was told before."""
    program_id = playbook.program_id
    here = lock_reminded(tx, program_id, list(told))
    sends = [(member_id, _send(*each)) for member_id in sorted(here) for each in told[member_id]]
    known = list_known(tx, program_id, [(member_id, send.id) for member_id, send in sends])
    fresh = [(member_id, send) for member_id, send in sends if send.id not in known]
    by_member = {
        member_id: [send for _, send in each] for member_id, each in groupby(fresh, lambda sent: sent[0])
    }
    event_ids = next_event_ids(tx, len(by_member))
    deeds = [
        _deed(here[member_id], event_id, by_member[member_id])
        for member_id, event_id in zip(by_member, event_ids, strict=True)
    ]
    if deeds:
        record_deeds(tx, program_id, deeds, Doing(playbook.version, now, "worker", SENT))
    return record_sends(tx, program_id, deeds, now)


def _send(due: DueReward, step: Step) -> Send:
    return Send(reminder_id(due.reward_id, step), step.message.key, step.message.channel, due.reward_id)


def _deed(member: MemberHere, event_id: int, sends: Sequence[Send]) -> Deed:
    rewards = [show("rwd", send.reward) for send in sends if send.reward is not None]
    return Deed(
        member_id=member.member_id,
        event_id=event_id,
        type=SENT,
        outcome="sent",
        external_id=str(event_id),
        market=member.market,
        location=member.location,
        data=json.encode({"rewards": rewards}).decode(),
        effects=sends,
    )


def reminder_id(reward_id: int, step: Step) -> int:
    """The id of a step's message about a reward: the same whenever it is told, so it is told once."""
    return derived_id(reward_id, "reminder", step.message.key, step.name)
