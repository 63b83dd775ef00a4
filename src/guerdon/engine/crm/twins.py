"""Twins: one person in two accounts of a CRM is two members here. It is found out, told, and left to people.

Two members share an e-mail or a phone and came by two accounts: that pair is kept until somebody says that
they are one person, or two. Said to be one, they are joined as the CRM's own merges join. Nothing decides it
by itself.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.engine.crm.following import lock_members_of, tell_joined
from guerdon.engine.messages.consents.consenting import join_consents
from guerdon.program.model import Program
from guerdon.store.alarms import list_subjects
from guerdon.store.audit import record_audit
from guerdon.store.catalog.favorites import move_favorites
from guerdon.store.crm.contacts import JOINED
from guerdon.store.crm.errands import CHANNEL
from guerdon.store.crm.twins import (
    Said,
    Settled,
    Shared,
    Verdict,
    awaits_joining,
    find_led,
    lead_ids,
    list_said,
    list_shared,
    record_said,
    record_twins,
    settle_said,
    settle_twins,
    take_joining,
)
from guerdon.store.crm.writeback_joins import record_joined
from guerdon.store.crm.writeback_lanes import CHANNEL as WRITEBACKS
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.store.persons import index_phones
from guerdon.store.sealing import Vault
from guerdon.values.ids import read, show

# More share the address of a dealer than that of a household: who of them may be one person is not asked.
SHARED_BY_MAX = 10
# Of those who share an address an alarm names so many: one may go on to have another.
NAMED = 3
AT_MOST = 500
REASON_MAX = 500
# Why nothing was done.
Refused = Literal["state", "reason", "own"]
DEEDS: dict[Verdict, str] = {"joining": "twins.one_person", "apart": "twins.two_people"}


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of a pair; `own` are the members that they are themselves."""

    pair: tuple[int, int]
    verdict: Verdict
    survivor: int | None
    reason: str
    by: str
    own: Collection[int]
    at: datetime


def sources_of(program: Program) -> list[str]:
    """By what names accounts whose contacts become members tell of people."""
    return sorted({each.subject for each in program.connections.values() if each.contacts is not None})


def find_twins(
    tx: Transaction, vault: Vault, of: tuple[int, Program], members: Sequence[int], now: datetime
) -> None:
    """Find out who may be one person with members that were taken in, under the lock of whoever enrols."""
    program_id, program = of
    sources = sources_of(program)
    if not members or len(sources) < 2:
        return
    touched = sorted({*members, *index_phones(tx, vault, program_id, AT_MOST)})
    said = list_said(tx, program_id)
    named = {member for each in said for member in each.members}
    shared = list_shared(tx, program_id, sorted({*touched, *named}), sources, SHARED_BY_MAX)
    new = _tell_shared(tx, program_id, said, shared, now)
    # Pairs of an address that only now is one of many go, too.
    touched = sorted({*touched, *(member for each in new for member in each.members)})
    record_twins(tx, program_id, touched, (sources, SHARED_BY_MAX), now)


def _tell_shared(
    tx: Transaction, program_id: int, said: Sequence[Said], shared: Sequence[Shared], now: datetime
) -> list[Shared]:
    """Tell people of addresses that many share, and no more of others; of which they were not told before."""
    by_member = {(one.kind, member): at for at, one in enumerate(shared) for member in one.members}
    known: set[int] = set()
    over: list[Said] = []
    for each in said:
        # Of those who were named some may have another address by now, which many share as well.
        places = Counter(
            by_member[each.kind, member] for member in each.members if (each.kind, member) in by_member
        )
        if places:
            known.add(places.most_common(1)[0][0])
        else:
            over.append(each)
    settle_said(tx, program_id, over, now)
    new = [one for at, one in enumerate(shared) if at not in known]
    marks = {(each.kind, each.mark) for each in said if each not in over}
    rows: list[Said] = []
    for one in new:
        free = [each for each in one.members if (one.kind, show("mem", each)) not in marks]
        first = (free or one.members)[0]
        named = [first, *(each for each in one.members if each != first)][:NAMED]
        rows.append(Said(one.kind, named, show("mem", first)))
    record_said(tx, program_id, rows, now)
    return new


def join_twins(tx: Transaction, vault: Vault, of: tuple[int, Program], now: datetime) -> int:
    """Join the members that people said are one person; how many pairs it were."""
    program_id, program = of
    if not awaits_joining(tx, program_id):
        return 0
    lock_members_of(tx, program_id)
    pairs = take_joining(tx, program_id, AT_MOST)
    ends = _ends(tx, program_id, sorted({each for pair in pairs for each in pair}))
    led: dict[int, int] = {}
    joined: dict[str, list[str]] = {}
    for survivor, other in pairs:
        if not {survivor, other} <= set(ends):
            # Nobody goes on for one of them.
            continue
        # Either may have been joined with a third one just now.
        now_is, was = _end(led, ends[survivor]), _end(led, ends[other])
        if now_is != was:
            led[was] = now_is
            joined.setdefault(show("mem", now_is), []).append(show("mem", was))
    led = {each: _end(led, each) for each in led}
    lead_ids(tx, program_id, led)
    move_favorites(tx, program_id, led)
    join_consents(tx, program_id, led, now)
    tell_joined(tx, program_id, joined, now)
    writing = {
        key: each.subject for key, each in program.connections.items() if each.writes and each.writes.names
    }
    record_joined(tx, program_id, writing, led, now)
    notify(tx, WRITEBACKS, program_id)
    touched = {*ends.values(), *(each for pair in pairs for each in pair)}
    find_twins(tx, vault, of, sorted(touched), now)
    return len(pairs)


def settle(tx: Transaction, program_id: int, word: Word) -> Refused | None:
    """Keep what a person says of a pair; None: it was done. The worker joins them, within a second or so."""
    reason = word.reason.strip()
    if len(reason) > REASON_MAX or (reason and not reason.isprintable()):
        return "reason"
    if word.verdict == "apart" and not reason:
        return "reason"
    if {*word.pair} & {*word.own}:
        return "own"
    settled = Settled(word.pair, word.verdict, word.survivor, word.by, word.at, reason)
    if not settle_twins(tx, program_id, settled):
        return "state"
    one, other = (show("mem", each) for each in word.pair)
    record_audit(
        *(tx, program_id, word.by, DEEDS[word.verdict], one, word.at),
        reason=reason,
        other=other,
        survivor=show("mem", word.survivor) if word.survivor is not None else None,
    )
    if word.verdict == "joining":
        tx.execute("select pg_notify(%s, '')", (CHANNEL,))
    return None


def _ends(tx: Transaction, program_id: int, members: Sequence[int]) -> dict[int, int]:
    """Who goes on for these members by now: another one, where the CRM itself joined them since."""
    led = find_led(tx, program_id, members)
    nobodys = [show("mem", each) for each in members if each not in led]
    said = list_subjects(tx, program_id, JOINED, nobodys) if nobodys else []
    steps = [(read("mem", was), read("mem", now_is)) for was, now_is in said]
    passed = [(was, now_is) for was, now_is in steps if was is not None and now_is is not None]
    living = find_led(tx, program_id, [now_is for _, now_is in passed])
    return {each: each for each in led} | {was: now_is for was, now_is in passed if now_is in living}


def _end(led: dict[int, int], member: int) -> int:
    while member in led:
        member = led[member]
    return member
