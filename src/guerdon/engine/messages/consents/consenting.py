"""Consenting: what members say of topics and channels, each with its proof, under the lock of their reach.

Whoever hands a message over has the same lock, so nothing begins after a withdrawal was committed; what had
begun before is waited for afterwards, in `await_begun`, by whoever answers the member.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from msgspec import json

from guerdon.ledger.effects import Send
from guerdon.program.messages.nouns import BUILT_IN_TOPICS, ChannelKind, Topic
from guerdon.program.model import Program
from guerdon.rules.conscience.deciding import NAMED_CHANNELS
from guerdon.rules.conscience.nouns import Held, Standing
from guerdon.rules.conscience.standing import Saying, stands_after, stricter
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.messages.consents import (
    Method,
    Proof,
    Whose,
    count_asked,
    insert_asking,
    is_reachable,
    is_under_way,
    list_having,
    load_proofs,
    load_standing,
    put_standing,
    record_proofs,
)
from guerdon.store.messages.reach import lock_reach
from guerdon.store.messages.suppressions import suppress
from guerdon.store.orders.choices import load_live_version, next_event_ids
from guerdon.store.wallet.deeds import Deed, Doing, record_deeds
from guerdon.store.wallet.purses import MemberHere, lock_member
from guerdon.values.ids import derived_id, show

# The message that asks an address to confirm; its event's number is that of the consent that waits.
MESSAGE = "confirm_consent"
ASKED = "consent.asked"
DEEDS: Mapping[Standing, str] = {
    "asked": ASKED,
    "given": "consent.given",
    "confirmed": "consent.confirmed",
    "withdrawn": "consent.withdrawn",
}
JOINED = "consent.joined"
HOUR = timedelta(hours=1)
ASKED_MAX = 3
AWAIT_S, LOOK_S = 5.0, 0.05
# given, asked: what holds now. often: so many askings went out in the last hour that no other does.
Given = Literal["given", "asked", "often", "no_address", "unknown"]
Why = Literal["stop", "complaint"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A member agrees to a topic over a channel, said by `actor` in the way of `method`.

    The words that were agreed to stand in this version of the program, in this language; `text_sha` is their
    SHA-256. `happened_at`: when, where it was before `at`.
    """

    program_id: int
    member_id: int
    topic: str
    channel: ChannelKind
    method: Method
    actor: str
    version: int
    language: str
    text_sha: bytes | None
    source: str
    network_mark: bytes | None = field(repr=False)
    at: datetime
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A member wants no more of these topics over these channels. `language`: in which they said it."""

    program_id: int
    member_id: int
    topics: Sequence[str]
    channels: Sequence[ChannelKind]
    method: Method
    actor: str
    source: str
    network_mark: bytes | None = field(repr=False)
    at: datetime
    language: str = ""


def topic_named(program: Program, key: str) -> Topic | None:
    """A topic of a program by its key, or one that needs no declaration."""
    return program.topics.get(key) or BUILT_IN_TOPICS.get(key)


def marketing_topics(program: Program) -> list[str]:
    """The keys of all topics that need a consent."""
    topics = {**BUILT_IN_TOPICS, **program.topics}
    return [key for key, topic in topics.items() if topic.kind == "marketing"]


def words_sha(words: str) -> bytes:
    """The hash that is kept of the words that somebody agreed to."""
    return sha256(words.encode()).digest()


def give(tx: Transaction, program: Program, grant: Grant) -> Given:
    """Keep that a member agrees; in a transaction of no member.

    Where the market wants a consent confirmed the address is asked first, at most three times an hour.
    "unknown": there is no such member or topic.
    """
    topic = topic_named(program, grant.topic)
    member = lock_member(tx, grant.program_id, grant.member_id) if topic is not None else None
    if topic is None or member is None:
        return "unknown"
    lock_reach(tx, grant.program_id, [grant.member_id])
    held = load_standing(tx, grant.program_id, [grant.member_id]).get(_whose(grant))
    if _confirms_first(program, topic, grant.channel, member.market) and not _is_confirmed(held):
        return _ask(tx, grant, member, held)
    (number,) = next_event_ids(tx, 1)
    proof = _proof(grant, number, "given", held)
    _write(tx, grant.program_id, [proof])
    _tell(tx, grant.program_id, proof)
    return "given"


def withdraw(tx: Transaction, said: Withdrawal) -> dict[Whose, Held]:
    """Keep that a member wants no more; gives what holds then, by member, topic and channel.

    In a transaction of no member or of this one. Said again it is kept again: each is a proof.
    """
    lock_reach(tx, said.program_id, [said.member_id])
    return _withdraw(tx, said, [said.member_id])


def stop_all(
    tx: Transaction,
    of: tuple[int, Program],
    channel: ChannelKind,
    mark: bytes,
    why: Why,
    now: datetime,
) -> list[int]:
    """Write no more to an address, and withdraw all marketing over its channel; whose address it is.

    `mark`: of `store.messages.suppressions.address_mark`. In a transaction of the worker. Told again it
    changes nothing more for whoever has withdrawn it all.
    """
    program_id, program = of
    suppress(tx, program_id, channel, {mark: why}, now)
    members = list_having(tx, program_id, channel, mark)
    if not members:
        return []
    lock_reach(tx, program_id, members)
    topics = marketing_topics(program)
    stands = load_standing(tx, program_id, members)
    left = [
        member_id
        for member_id in members
        if any(_is_open(stands.get((member_id, topic, channel))) for topic in topics)
    ]
    if left:
        said = Withdrawal(program_id, 0, topics, [channel], why, "worker", "", None, now)
        _withdraw(tx, said, left)
    return members


def join_consents(tx: Transaction, program_id: int, led: Mapping[int, int], now: datetime) -> int:
    """Let members go on with what holds for whoever was joined into them; how many sayings it was.

    `led`: who goes on, by who was joined. Where both said something the stricter holds.
    """
    if not led:
        return 0
    members = sorted({*led, *led.values()})
    stands = load_standing(tx, program_id, members)
    if not any(member_id in led for member_id, _, _ in stands):
        return 0
    lock_reach(tx, program_id, members)
    stands = load_standing(tx, program_id, members)
    taken: dict[Whose, tuple[int, Held]] = {}
    for (was, topic, channel), held in stands.items():
        if was not in led:
            continue
        whose = (led[was], topic, channel)
        mine = taken[whose][1] if whose in taken else stands.get(whose)
        if mine is None or stricter(mine, held) is not mine:
            taken[whose] = (was, held)
    if not taken:
        return 0
    origins = load_proofs(tx, program_id, [(was, held.consent_id) for was, held in taken.values()])
    numbers = next_event_ids(tx, len(taken))
    proofs = []
    for number, (whose, (was, held)) in zip(numbers, taken.items(), strict=True):
        origin = origins[was, held.consent_id]
        proofs.append(
            Proof(
                *(whose[0], number, whose[1], whose[2], held.state, "joined", "worker"),
                *(origin.version, origin.language, origin.text_sha, show("mem", was), None, held.since, now),
            )
        )
    _write(tx, program_id, proofs)
    for proof in proofs:
        _tell(tx, program_id, proof, JOINED)
    return len(proofs)


def await_begun(
    connection: Connection,
    whose: tuple[int, int],
    channels: Sequence[ChannelKind],
    at_most_s: float = AWAIT_S,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait, with no transaction open, until nothing is handed over to a member (program, member) any more.

    For whoever answers a withdrawal, after its commit. False: it took longer than that; the provider had
    begun before, and nothing begins since.
    """
    program_id, member_id = whose
    until = time.monotonic() + at_most_s
    while True:
        with transaction(connection, program_id, member_id) as tx:
            if not is_under_way(tx, program_id, member_id, channels):
                return True
        if time.monotonic() >= until:
            return False
        sleep(LOOK_S)


def _ask(tx: Transaction, grant: Grant, member: MemberHere, held: Held | None) -> Given:
    """Write down that an address has to confirm it, and ask there; under the locks of member and reach."""
    program_id, member_id = grant.program_id, grant.member_id
    if not is_reachable(tx, program_id, member_id, grant.channel):
        return "no_address"
    if count_asked(tx, program_id, member_id, grant.at - HOUR) >= ASKED_MAX:
        return "often"
    (event_id,) = next_event_ids(tx, 1)
    number = derived_id(event_id, "confirm")
    deed = Deed(
        *(member_id, event_id, ASKED, "sent", f"asked:{event_id}", member.market, member.location),
        json.encode({"topic": grant.topic, "channel": grant.channel}).decode(),
        [Send(number, MESSAGE, grant.channel)],
    )
    version = load_live_version(tx, program_id, grant.at)
    record_deeds(tx, program_id, [deed], Doing(version, grant.at, grant.actor, ASKED, show("evt", event_id)))
    _write(tx, program_id, [_proof(grant, event_id, "asked", held)])
    insert_asking(tx, (program_id, member_id), (number, event_id, MESSAGE, grant.channel), grant.at)
    return "asked"


def _withdraw(tx: Transaction, said: Withdrawal, members: Sequence[int]) -> dict[Whose, Held]:
    wanted = [
        (member, topic, channel) for member in members for topic in said.topics for channel in said.channels
    ]
    numbers = next_event_ids(tx, len(wanted))
    version = load_live_version(tx, said.program_id, said.at)
    proofs = [
        Proof(
            *(
                member_id,
                number,
                topic,
                channel,
                "withdrawn",
                said.method,
                said.actor,
                version,
                said.language,
            ),
            *(None, said.source, said.network_mark, said.at, said.at),
        )
        for number, (member_id, topic, channel) in zip(numbers, wanted, strict=True)
    ]
    stands = _write(tx, said.program_id, proofs)
    for member_id in members:
        record_audit(
            *(tx, said.program_id, said.actor, DEEDS["withdrawn"], show("mem", member_id), said.at),
            topics=list(said.topics),
            channels=list(said.channels),
            method=said.method,
        )
    return stands


def _write(tx: Transaction, program_id: int, proofs: Sequence[Proof]) -> dict[Whose, Held]:
    """Write proofs and what holds by them, under the lock of reach; gives that."""
    before = load_standing(tx, program_id, sorted({each.member_id for each in proofs}))
    stands: dict[Whose, Held] = {}
    for each in proofs:
        said = Saying(each.id, each.what, each.happened_at, each.method == "joined")
        stands[each.whose] = stands_after(stands.get(each.whose) or before.get(each.whose), said)
    record_proofs(tx, program_id, proofs)
    put_standing(tx, program_id, stands)
    return stands


def confirm_held(tx: Transaction, program_id: int, proof: Proof) -> Held:
    """Write that an address confirmed what it was asked, under the lock of reach; gives what holds then."""
    stands = _write(tx, program_id, [proof])
    _tell(tx, program_id, proof)
    return stands[proof.whose]


def _tell(tx: Transaction, program_id: int, proof: Proof, deed: str = "") -> None:
    record_audit(
        *(tx, program_id, proof.actor, deed or DEEDS[proof.what], show("mem", proof.member_id)),
        proof.recorded_at,
        topic=proof.topic,
        channel=proof.channel,
        method=proof.method,
    )


def _proof(grant: Grant, number: int, what: Standing, held: Held | None) -> Proof:
    happened_at = grant.happened_at
    if happened_at is None:
        # Of two processes one may have the later clock: what is said now is said after what was said before.
        happened_at = max(grant.at, held.since) if held is not None else grant.at
    return Proof(
        *(
            grant.member_id,
            number,
            grant.topic,
            grant.channel,
            what,
            grant.method,
            grant.actor,
            grant.version,
        ),
        *(grant.language, grant.text_sha, grant.source, grant.network_mark, happened_at, grant.at),
    )


def _confirms_first(program: Program, topic: Topic, channel: ChannelKind, market: str) -> bool:
    """Whether a consent holds only once its address confirmed it; for service none is needed."""
    needed = topic.kind == "marketing" or channel in NAMED_CHANNELS
    return needed and channel in program.contact.in_market(market).double_opt_in


def _is_confirmed(held: Held | None) -> bool:
    return held is not None and held.state == "confirmed"


def _is_open(held: Held | None) -> bool:
    return held is None or held.state != "withdrawn"


def _whose(grant: Grant) -> Whose:
    return grant.member_id, grant.topic, grant.channel
