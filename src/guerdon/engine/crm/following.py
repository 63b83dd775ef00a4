"""What a CRM tells of its contacts beside events: they became one, were deleted, or are to be forgotten.

Nobody has to be asked for it, so it is done at once, all of a program's in one commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.errands import FOLLOWED
from guerdon.engine.messages.consents.consenting import join_consents
from guerdon.engine.privacy.forgetting import forget, with_joined
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.program.model import Program
from guerdon.store import inbox
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.audit import record_audit
from guerdon.store.catalog.favorites import move_favorites
from guerdon.store.crm.contacts import (
    JOINED,
    Departure,
    record_departures,
    record_ids,
    set_waiting_apart,
)
from guerdon.store.crm.errands import Held, take_told
from guerdon.store.crm.twins import drop_nobodys, find_led
from guerdon.store.database import Transaction
from guerdon.store.inbox import Placed, release_waiting
from guerdon.store.intake import record_counts
from guerdon.store.members import find_member_ids
from guerdon.values.ids import show

# Whoever writes who is known by which id does so alone in a program, and whoever enrols.
MEMBERS_LOCK = 1735289448
AT_MOST = 500
GONE = ("contact_gone", "The contact is not in the CRM any more")


@dataclass(frozen=True, slots=True)
class Group:
    """Ids of one contact; those in front are asked first whose member it is."""

    ids: tuple[str, ...]


def follow_told(
    tx: Transaction, graveyard: Graveyard, program_id: int, program: Program, now: datetime
) -> int:
    """Do what was told; how much it was."""
    told = take_told(tx, program_id, now, AT_MOST)
    if not told:
        return 0
    lock_members_of(tx, program_id)
    by_source: dict[str, list[Held]] = {}
    nobodys: list[Held] = []
    for held in told:
        connection = program.connections.get(held.connection)
        (nobodys if connection is None else by_source.setdefault(connection.subject, [])).append(held)
    for source, ours in sorted(by_source.items()):
        join_ids(tx, program_id, source, [_group(held) for held in ours if held.step == "join"], now)
        _depart(
            *(tx, graveyard, program_id, source),
            [held for held in ours if held.step in ("gone", "forget")],
            now,
        )
    release_waiting(tx, program_id)
    # Read again as they came, they are set apart, for the connection is gone from the program.
    inbox.return_to_inbox(tx, program_id, [as_it_came(held) for held in nobodys if held.event_id])
    counts: dict[tuple[str, str], int] = {}
    for held in (each for ours in by_source.values() for each in ours if each.event_id):
        counts[held.connection, FOLLOWED] = counts.get((held.connection, FOLLOWED), 0) + 1
    record_counts(tx, program_id, counts, now)
    return len(told)


def as_it_came(held: Held) -> Placed:
    """An event as it stood in the inbox before."""
    assert held.lane is not None
    assert held.delivery_id is not None
    assert held.position is not None
    assert held.recorded_at is not None
    return Placed(
        held.event_id, held.lane, held.connection, held.delivery_id, held.position, held.recorded_at
    )


def lock_members_of(tx: Transaction, program_id: int) -> None:
    """Be the only one who enrols or joins in a program, until this transaction ends."""
    tx.execute("select pg_advisory_xact_lock(%s, %s)", (MEMBERS_LOCK, program_id))


def _group(held: Held) -> Group:
    return Group(tuple(dict.fromkeys((*held.others, held.object))))


def join_ids(tx: Transaction, program_id: int, source: str, groups: Sequence[Group], now: datetime) -> None:
    """Let all ids of a contact lead to one member, where one of them leads to any.

    Where they led to several, the first one's gets what comes; what the others have stays theirs, and people
    are told.
    """
    asked = sorted({(source, each) for group in groups for each in group.ids})
    known = {each: member_id for (_, each), member_id in find_member_ids(tx, program_id, asked).items()}
    led: dict[str, int] = {}
    joined: dict[str, list[str]] = {}
    left: dict[int, int] = {}
    for group in groups:
        members = list(dict.fromkeys(known[each] for each in group.ids if each in known))
        if not members:
            continue
        # A contact may be joined with one that was joined just now.
        new = {each: members[0] for each in group.ids if known.get(each) != members[0]}
        led |= new
        known |= new
        if new:
            left |= dict.fromkeys(members[1:], members[0])
            joined.setdefault(show("mem", members[0]), []).extend(show("mem", each) for each in members[1:])
    record_ids(tx, program_id, source, led)
    drop_nobodys(tx, program_id, [*left])
    move_favorites(tx, program_id, left)
    still = find_led(tx, program_id, [*left])
    join_consents(tx, program_id, {was: goes_on for was, goes_on in left.items() if was not in still}, now)
    tell_joined(tx, program_id, joined, now)


def tell_joined(tx: Transaction, program_id: int, joined: Mapping[str, Sequence[str]], now: datetime) -> None:
    """Tell the audit, and people, who goes on for whom; values stay where they are."""
    for survivor, others in joined.items():
        record_audit(tx, program_id, "worker", "member.joined", survivor, now, others=[*others])
    alarms = [
        AlarmRow(JOINED, survivor, other, {"other": other})
        for survivor, others in joined.items()
        for other in others
    ]
    record_alarms(tx, program_id, alarms, now)


def _depart(
    tx: Transaction,
    graveyard: Graveyard,
    program_id: int,
    source: str,
    told: Sequence[Held],
    now: datetime,
) -> None:
    """Note that contacts are gone, and forget who asked for that."""
    kinds: dict[str, Departure] = {held.object: "deleted" for held in told}
    kinds |= {held.object: "forgotten" for held in told if held.step == "forget"}
    depart(tx, program_id, source, kinds, now)
    asked = [(source, each) for each, kind in kinds.items() if kind == "forgotten"]
    members = {*find_member_ids(tx, program_id, asked).values()} if asked else set()
    forget(tx, graveyard, program_id, with_joined(tx, program_id, members), now)


def depart(
    tx: Transaction, program_id: int, source: str, kinds: Mapping[str, Departure], now: datetime
) -> None:
    """Note that contacts are gone, and set apart what waits for them."""
    record_departures(tx, program_id, source, kinds, now)
    set_waiting_apart(tx, program_id, source, dict.fromkeys(kinds, GONE), now)
