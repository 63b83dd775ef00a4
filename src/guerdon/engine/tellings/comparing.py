"""One change, told by webhooks, a journal or the past that was read over: one event, in whichever order.

Where all tell it to the millisecond they have one key, or one claim (`engine.errands`). But claims are
forgotten, connections without a journal make none, the records may be one by now, and nobody has promised
that a history has the very times that webhooks have. So after past events were brought, what came before and
what comes soon after is compared with what was decided of the same member within a few seconds.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from guerdon.engine.arrivals import Meaning
from guerdon.engine.errands import TOLD_TWICE
from guerdon.program.model import Program
from guerdon.store.crm.tellings import Told, find_compared, find_told
from guerdon.store.database import Transaction
from guerdon.store.inbox import InboxRow
from guerdon.store.intake import record_counts
from guerdon.store.members import MemberRow

# Two clocks of one CRM may stand so far apart.
SAME_WITHIN = timedelta(seconds=5)
Events = list[tuple[InboxRow, Meaning]]
# account-subscription-number of what happened-object-time; subscription 0 is a journal or the past.
_TELLING = re.compile(r"[0-9]+-([0-9]+)-([0-9]+)-([0-9]+)-[0-9]+")
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Telling:
    """An event with what its id says: of which object it tells, and by a webhook or otherwise.

    `happening` is the number of what happened, where it is known: webhooks without a journal do not say it.
    """

    told: Told
    object: str
    by_webhook: bool
    happening: str


def telling_of(told: Told, happening: str = "") -> Telling | None:
    """What is known of how an event was told; None where its id is of another kind."""
    found = _TELLING.fullmatch(told.external_id)
    if found is None:
        return None
    subscription, number, object_id = found.groups()
    by_webhook = int(subscription) != 0
    if by_webhook:
        other = _TELLING.fullmatch(happening)
        number = other[2] if other is not None else ""
    return Telling(told, object_id, by_webhook, number)


def told_once(
    tx: Transaction,
    program_id: int,
    program: Program,
    events: Events,
    known: Mapping[tuple[str, str], MemberRow],
    now: datetime,
) -> Events:
    """Events without those of which another one told; they are counted."""
    if not events or not any(each.contacts is not None for each in program.connections.values()):
        return events
    compared = find_compared(tx, program_id, min(row.id for row, _ in events))
    asked = {
        row.id: telling
        for row, meaning in events
        if (found := compared.get(row.connection)) is not None
        and found.holds(row.id)
        and (whose := known.get((meaning.subject_source, meaning.subject))) is not None
        and (telling := telling_of(_told(row, meaning, whose.member_id), meaning.happening)) is not None
    }
    if not asked:
        return events
    late = late_ones(
        program, asked, find_told(tx, program_id, [each.told for each in asked.values()], SAME_WITHIN)
    )
    counts: dict[tuple[str, str], int] = {}
    for each in late:
        what = (asked[each].told.connection, TOLD_TWICE)
        counts[what] = counts.get(what, 0) + 1
    record_counts(tx, program_id, counts, now)
    return [(row, meaning) for row, meaning in events if row.id not in late]


def _told(row: InboxRow, meaning: Meaning, member_id: int) -> Told:
    fields = msgspec.json.decode(_encode(meaning.fields))
    return Told(member_id, row.connection, meaning.type, meaning.external_id, meaning.happened_at, fields)


def late_ones(program: Program, asked: Mapping[int, Telling], before: Sequence[Told]) -> set[int]:
    """The numbers of those of which one before told, or one of the same batch."""
    groups: dict[tuple[int, str, str], list[Telling]] = {}
    for each in before:
        if (telling := telling_of(each)) is not None:
            groups.setdefault((each.member_id, each.connection, each.type), []).append(telling)
    late: set[int] = set()
    for number, one in asked.items():
        told = one.told
        group = groups.setdefault((told.member_id, told.connection, told.type), [])
        other = next((each for each in group if same(program, one, each)), None)
        if other is None:
            group.append(one)
        else:
            # From now on it is known what it told, so that it is not taken for something else as well.
            other.happening = other.happening or one.happening
            late.add(number)
    return late


def same(program: Program, one: Telling, other: Telling) -> bool:
    """Whether two events of a member, a connection and a type tell of one change.

    Webhooks are never the same as each other: each has an id of its own, and that is the CRM's word for it.
    """
    if one.by_webhook and other.by_webhook:
        return False
    if abs(one.told.happened_at - other.told.happened_at) > SAME_WITHIN:
        return False
    of_deals = one.told.type in {each.event for each in program.connections[one.told.connection].deals}
    if one.object != other.object and of_deals:
        return False
    if one.happening and other.happening:
        return one.happening == other.happening
    # What a deal says beside its change may have been another when it was read.
    return of_deals or one.told.fields == other.told.fields
