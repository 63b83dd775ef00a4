"""What comes of a batch: what arrived, what never will, how much goes at once next time. Pure.

Where a part is refused, the rest arrived. Where the whole is, half as much goes next time, until what is to
blame stands alone. Of a contact that is refused without saying for which property, they go one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.engine.crm.port import GONE, Closed, ContactWrite, CustomEvent, Known, No, NotNow, Told
from guerdon.store.crm.writeback_events import DueEvent, TriedEvent
from guerdon.store.crm.writebacks import Due, Tried

REASON_LETTERS_MAX = 300
# How long a connection is left alone that is not open, or that keeps failing.
CLOSED = timedelta(seconds=15)
RESTS_MAX = timedelta(seconds=60)
# What of a contact the answer did not speak of is asked again after so long, the longer the more often.
AGAIN, AGAIN_MAX = timedelta(seconds=2), timedelta(minutes=10)
# Our own count of their limit is no failure.
PACE = "pace"
# Why there is no such contact: nobody has it, or it is another member's.
NOBODY, MERGED = "gone", "merged"
# As HubSpot calls it where a token may not do what it was asked.
NOT_ALLOWED = "MISSING_SCOPES"


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is sent for a while; a reason: because it failed."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Went:
    """What came of a batch of contacts or of events; `at_once`: fewer have to go from now on."""

    contacts: Sequence[Tried] = ()
    events: Sequence[TriedEvent] = ()
    at_once: int = 0
    rest: Rest | None = None
    reason: str = ""


def sorted_out(due: Sequence[Due]) -> tuple[list[Due], list[Tried]]:
    """Contacts that can be written in one batch, and those that need not be."""
    asked: dict[str, Due] = {}
    settled: list[Tried] = []
    for each in due:
        if each.owner not in {None, each.member_id}:
            # Two contacts became one, and it is the other member's.
            settled.append(Tried(each, {}, each.contact, gone=MERGED))
        elif not each.pending or each.contact in asked:
            # Of two that answer with one id the second waits for the next batch.
            settled.append(Tried(each, {}, each.contact))
        else:
            asked[each.contact] = each
    return [*asked.values()], settled


def writes_of(asked: Sequence[Due]) -> list[ContactWrite]:
    """What is asked of the CRM."""
    return [ContactWrite(str(each.member_id), each.contact, each.pending) for each in asked]


def judge_contacts(told: Told[Mapping[str, str]], asked: Sequence[Due], failures: int, now: datetime) -> Went:
    """Judge an answer to `writes_of`."""
    match told:
        case Known(answer, wrong):
            tried = [_judge(each, answer, wrong, now) for each in asked]
            return Went(contacts=tried)
        case No() if len(asked) > 1:
            return Went(at_once=max(len(asked) // 2, 1), reason=said(told))
        case No():
            (alone,) = asked
            return Went(contacts=[_refused(alone, told)])
        case NotNow(perhaps=True):
            lost = [Tried(each, {}, each.contact, singly=each.singly, unsure=True) for each in asked]
            return Went(contacts=lost, rest=rest_of(told, failures, now))
        case _:
            return Went(rest=rest_of(told, failures, now))


def _judge(due: Due, answer: Mapping[str, str], wrong: Mapping[str, No], now: datetime) -> Tried:
    trace = str(due.member_id)
    if trace in answer:
        return Tried(due, due.pending, answer[trace], arrived=True, singly=due.singly)
    if trace in wrong:
        return _refused(due, wrong[trace])
    # It may have been written, and may be written again.
    pause = min(AGAIN * 2 ** min(due.attempts, 20), AGAIN_MAX)
    return Tried(due, due.pending, due.contact, singly=due.singly, next_at=now + pause, unsure=True)


def _refused(due: Due, no: No) -> Tried:
    if no.category == GONE:
        return Tried(due, due.pending, due.contact, gone=NOBODY)
    tried = due.pending
    blamed = {name for name in no.properties if name in tried} or (set(tried) if len(tried) == 1 else set())
    # Without the one that is to blame the rest is taken, at once.
    return Tried(
        due,
        tried,
        due.contact,
        refused=dict.fromkeys(sorted(blamed), said(no)),
        singly=due.singly or not blamed,
    )


def sorted_events(due: Sequence[DueEvent]) -> tuple[list[DueEvent], list[TriedEvent]]:
    """Events that have a contact, and those that have none any more."""
    asked = [each for each in due if each.contact is not None and each.owner in {None, each.member_id}]
    ours = {each.id for each in asked}
    return asked, [
        TriedEvent(each.id, "gone", NOBODY if each.contact is None else MERGED)
        for each in due
        if each.id not in ours
    ]


def events_of(asked: Sequence[DueEvent]) -> list[CustomEvent]:
    """What the CRM is told."""
    return [
        CustomEvent(str(each.uuid), each.event, each.contact or "", each.happened_at, each.properties)
        for each in asked
    ]


def judge_events(told: Told[None], asked: Sequence[DueEvent], failures: int, now: datetime) -> Went:
    """Judge an answer to `events_of`: all arrived, or none did."""
    match told:
        case Known():
            return Went(events=[TriedEvent(each.id, "written") for each in asked])
        case No() if len(asked) > 1:
            return Went(at_once=max(len(asked) // 2, 1), reason=said(told))
        case No():
            state = TriedEvent(asked[0].id, "gone" if told.category == GONE else "failed", said(told))
            return Went(events=[state])
        case Closed("scopes"):
            # People said no to events, and contacts are told nevertheless.
            return Went(events=[TriedEvent(each.id, "failed", NOT_ALLOWED) for each in asked])
        case _:
            return Went(rest=rest_of(told, failures, now))


def next_at_once(fewer: int, asked: int, was: int, most: int) -> int:
    """How many go at once next time: half of what was refused, and twice as many again as were taken."""
    return fewer or min(max(was, asked * 2), most)


def rest_of(told: NotNow | Closed, failures: int, now: datetime) -> Rest:
    """For how long a connection is left alone, and why."""
    match told:
        case Closed(reason):
            return Rest(now + CLOSED, reason)
        case NotNow(after_s, why):
            asked = timedelta(seconds=after_s)
            if why == PACE:
                return Rest(now + asked, "")
            # What it asks for, and longer where it goes on failing.
            return Rest(now + max(asked, min(asked * 2 ** min(failures, 10), RESTS_MAX)), why)


def said(no: No) -> str:
    """A refusal as it is kept."""
    return f"{no.category}: {no.message}"[:REASON_LETTERS_MAX].rstrip(": ")
