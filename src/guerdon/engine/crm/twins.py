"""Twins: one person in two accounts of a CRM is two members here. It is found out, told, and left to people.

Two members share an e-mail or a phone and came by two accounts: that pair is kept until somebody says that
they are one person, or two. Said to be one, they are joined as the CRM's own merges join. Nothing decides it
by itself.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.engine.crm.following import lock_members_of, tell_joined
from guerdon.program.model import Program
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.audit import record_audit
from guerdon.store.crm.errands import CHANNEL
from guerdon.store.crm.twins import (
    SHARED,
    Settled,
    Verdict,
    awaits_joining,
    lead_ids,
    list_shared,
    mark_shared,
    record_twins,
    settle_twins,
    take_joining,
)
from guerdon.store.database import Transaction
from guerdon.store.persons import index_phones
from guerdon.store.sealing import Vault
from guerdon.values.ids import show

# More share the address of a dealer than that of a household: who of them may be one person is not asked.
SHARED_BY_MAX = 10
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
    shared = list_shared(tx, program_id, touched, sources, SHARED_BY_MAX)
    alarms = [
        AlarmRow(SHARED, each.kind, each.mark.hex(), {"member": show("mem", min(each.members))})
        for each in shared
    ]
    record_alarms(tx, program_id, alarms, now)
    mark_shared(tx, program_id, touched, [each.mark for each in shared], now)
    # Pairs of an address that only now is one of many go, too.
    touched = sorted({*touched, *(member for each in shared for member in each.members)})
    record_twins(tx, program_id, touched, (sources, SHARED_BY_MAX), now)


def join_twins(tx: Transaction, vault: Vault, of: tuple[int, Program], now: datetime) -> int:
    """Join the members that people said are one person; how many pairs it were."""
    program_id, _ = of
    if not awaits_joining(tx, program_id):
        return 0
    lock_members_of(tx, program_id)
    pairs = take_joining(tx, program_id, AT_MOST)
    led: dict[int, int] = {}
    joined: dict[str, list[str]] = {}
    for survivor, other in pairs:
        # Either may have been joined with a third one just now.
        now_is, was = _end(led, survivor), _end(led, other)
        if now_is != was:
            led[was] = now_is
            joined.setdefault(show("mem", now_is), []).append(show("mem", was))
    lead_ids(tx, program_id, {each: _end(led, each) for each in led})
    tell_joined(tx, program_id, joined, now)
    find_twins(tx, vault, of, sorted({each for pair in pairs for each in pair}), now)
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


def _end(led: dict[int, int], member: int) -> int:
    while member in led:
        member = led[member]
    return member
