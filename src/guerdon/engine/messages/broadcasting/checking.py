"""Checking: whom a broadcast would tell over which channel, and whom not and why, before anybody is told.

It asks the very conscience that the hand-over asks, channel by channel in the message's order, for the moment
at which each one's turn would be; it locks nobody and writes down no attempt. So what it counts is what then
happens, unless members, their consents or the program change in between.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from msgspec import json

from guerdon.engine.messages.beginning import CLOSED, ask_of, place_finder, wanted_of
from guerdon.engine.messages.broadcasting.meant import message_id, turn_of
from guerdon.engine.messages.desk import Desk
from guerdon.engine.messages.hindrance import decide_hindrance
from guerdon.program.messages.nouns import ChannelKind
from guerdon.program.model import Program
from guerdon.queries.messages.left_out import Meant, is_counted, list_meant
from guerdon.rules.conscience.deciding import decide_reach
from guerdon.rules.conscience.nouns import Go, No, NotNow
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.messages.broadcasts.counts import Counted, add_counts, forget_counts
from guerdon.store.messages.broadcasts.standing import Broadcast, settle_checked, settle_examples, settle_walk
from guerdon.store.messages.known import load_known
from guerdon.store.messages.outbox import Due
from guerdon.store.persons import Person, load_persons
from guerdon.store.sealing import Vault
from guerdon.text.hindrances import counted_reason
from guerdon.values.ids import show

# Some of those left out are shown, so many at most, and not all for one reason.
EXAMPLES_MAX = 20
EXAMPLES_OF_A_REASON_MAX = 5
CHECKED = "broadcast.checked"

# told: in their turn. later: over this channel, when its hours are over. left_out: over no channel at all.
Outcome = Literal["told", "later", "left_out"]
IsOpen = Callable[[Program, ChannelKind], bool]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of a member's message: over which channel, and why not at once or not at all."""

    member_id: int
    market: str
    outcome: Outcome
    channel: ChannelKind
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """By what it is looked: the program as it is live, whose secrets, which channels are open, and when."""

    program: Program
    vault: Vault
    is_open: IsOpen
    now: datetime


def check_stretch(tx: Transaction, broadcast: Broadcast, look: Look, at_most: int) -> bool:
    """Look at the next members of a locked broadcast, so many; whether that was something to do."""
    if not is_counted(tx, broadcast):
        return False
    begins = broadcast.walked_to == 0
    if begins:
        forget_counts(tx, broadcast, "check")
    meant, last = list_meant(tx, broadcast, at_most)
    found = foresee(tx, broadcast, look, meant)
    add_counts(tx, broadcast, "check", _counted(found))
    settle_examples(
        tx, broadcast, json.encode(_examples(() if begins else broadcast.examples, found)).decode()
    )
    if last is not None:
        settle_walk(tx, broadcast, last, None)
        return True
    settle_checked(tx, broadcast, look.now)
    record_audit(tx, broadcast.program_id, "worker", CHECKED, show("brc", broadcast.id), look.now)
    return True


def foresee(tx: Transaction, broadcast: Broadcast, look: Look, meant: Sequence[Meant]) -> list[Foreseen]:
    """What would become of each, a few statements for all of them over each channel."""
    message = look.program.messages[broadcast.message]
    desk = Desk(broadcast.program_id, look.program, _nowhere)
    persons = load_persons(tx, look.vault, broadcast.program_id, [each.member_id for each in meant])
    asking = {each.member_id: _row(broadcast, each, message.channel, look.now) for each in meant}
    found: dict[int, Foreseen] = {}
    for row in list(asking.values()):
        hindered = decide_hindrance(row, persons.get(row.member_id), desk, look.now)
        if hindered is not None:
            found[row.member_id] = _foreseen(row, "left_out", message.channel, hindered.reason or "")
            del asking[row.member_id]
    for step, kind in enumerate(message.channels):
        if not asking:
            break
        is_last = step + 1 == len(message.channels)
        answers = _over(tx, desk, look, (broadcast, kind), list(asking.values()), persons)
        for member_id, (foreseen, everywhere) in answers.items():
            if foreseen.outcome == "left_out" and not (everywhere or is_last):
                continue
            found[member_id] = foreseen
            del asking[member_id]
    return [found[each.member_id] for each in meant]


def _over(
    tx: Transaction,
    desk: Desk,
    look: Look,
    of: tuple[Broadcast, ChannelKind],
    rows: Sequence[Due],
    persons: Mapping[int, Person],
) -> dict[int, tuple[Foreseen, bool]]:
    """What the conscience would say of each over a channel; and whether that holds for all channels."""
    broadcast, kind = of
    if kind != "inapp" and not look.is_open(look.program, kind):
        return {row.member_id: (_foreseen(row, "left_out", kind, CLOSED), False) for row in rows}
    place_of = place_finder(tx, look.vault, desk.program_id, kind, [row.member_id for row in rows])
    wanted = [wanted_of(desk, kind, row, place_of(row, persons[row.member_id])) for row in rows]
    known = load_known(tx, desk.program_id, desk.program.contact, wanted, look.now)
    # Its start may be over by now; then all turns are so much later.
    late = max(look.now - broadcast.starts_at, timedelta())
    found: dict[int, tuple[Foreseen, bool]] = {}
    for row in rows:
        at = turn_of(broadcast, row.member_id) + late
        match decide_reach(desk.program.contact, ask_of(desk, kind, row, at), known[row.whose]):
            case Go():
                found[row.member_id] = (_foreseen(row, "told", kind), True)
            case NotNow(_, reason):
                found[row.member_id] = (_foreseen(row, "later", kind, reason), True)
            case No(reason, everywhere):
                found[row.member_id] = (_foreseen(row, "left_out", kind, reason), everywhere)
    return found


def _row(broadcast: Broadcast, meant: Meant, channel: ChannelKind, now: datetime) -> Due:
    """The row of the outbox that there would be."""
    return Due(
        *(meant.member_id, message_id(broadcast, meant.member_id), broadcast.message, 0, 0, now),
        *(meant.market, meant.language, None),
        via=channel,
        attributes=meant.attributes,
        joined_at=meant.joined_at,
        broadcast_id=broadcast.id,
    )


def _foreseen(row: Due, outcome: Outcome, channel: ChannelKind, reason: str = "") -> Foreseen:
    return Foreseen(row.member_id, row.market or "", outcome, channel, reason)


def _counted(found: Sequence[Foreseen]) -> list[Counted]:
    """So many of each kind. Whoever is left out is so over all channels; the last one gave the reason."""
    counts = Counter(
        (each.market, each.outcome, each.channel, counted_reason(each.reason) if each.reason else "")
        for each in found
    )
    return [Counted(*kind, members) for kind, members in sorted(counts.items())]


def _examples(kept: Sequence[Sequence[str | int]], found: Sequence[Foreseen]) -> list[Sequence[str | int]]:
    """Some of those left out: member, channel and reason."""
    examples = list(kept)
    of_reason = Counter(counted_reason(str(reason)) for _, _, reason in examples)
    for each in found:
        if len(examples) >= EXAMPLES_MAX:
            break
        counted = counted_reason(each.reason)
        if each.outcome == "left_out" and of_reason[counted] < EXAMPLES_OF_A_REASON_MAX:
            of_reason[counted] += 1
            examples.append((show("mem", each.member_id), each.channel, each.reason))
    return examples


def _nowhere(program_id: int, member_id: int, reward_id: int, issued_on: object = None, /) -> str:
    """Nothing is written here, so no link is made."""
    del program_id, member_id, reward_id, issued_on
    return ""
