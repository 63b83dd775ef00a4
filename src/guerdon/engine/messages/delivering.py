"""Delivering: what the outbox holds leaves the house, with no transaction open, once for each intent.

A round claims what is due for a channel and asks the conscience in the same transaction, commits, sends over
a few connections at once, and settles all outcomes in one commit. A deliverer that is killed in between loses
its lease, and the next one knows from the claim what it may repeat.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from guerdon.engine.deliveries.news import NEWS
from guerdon.engine.library import Library
from guerdon.engine.messages.beginning import Begun, Channelled, Going, begin, place_finder
from guerdon.engine.messages.consents.addressing import retire
from guerdon.engine.messages.consents.consenting import MESSAGE as CONFIRM
from guerdon.engine.messages.desk import ClaimUrl, Desk, MemberUrl, nowhere
from guerdon.engine.messages.diverting import find_diverted
from guerdon.engine.messages.falling import Ending, decide_attempt, decide_ending
from guerdon.engine.messages.letters import Letter, write_letter, write_parcel
from guerdon.engine.messages.noticing import MAIL, TELLING, take_notices
from guerdon.engine.messages.pacing import Turn, end_turn, spend_turn, take_turn
from guerdon.engine.messages.port import (
    Abilities,
    Accepted,
    Channel,
    Later,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    Unsure,
    Untried,
)
from guerdon.engine.messages.posting import post_beside
from guerdon.engine.messages.telling import Unwritable
from guerdon.engine.orders.waiting import MESSAGE as PLACE
from guerdon.program.messages.nouns import ChannelKind
from guerdon.program.model import Program
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify, record_delays
from guerdon.store.messages.attempts import AttemptEnd, end_attempts
from guerdon.store.messages.balances import load_balances
from guerdon.store.messages.broadcasts.rows import list_called_off
from guerdon.store.messages.confirming import load_waiting
from guerdon.store.messages.outbox import (
    Claim,
    Due,
    Postponement,
    Settlement,
    claim_due,
    settle_messages,
    settle_postponed,
)
from guerdon.store.messages.suppressions import suppress
from guerdon.store.orders.news import load_told
from guerdon.store.orders.waits import load_kept
from guerdon.store.persons import Person, load_persons
from guerdon.values.delays import delay_class
from guerdon.values.proofs import KEY_PURPOSE

# Larger rounds are no faster, and after a crash each letter of a round may be sent a second time.
ROWS_MAX = 50
LEASE = timedelta(seconds=120)
# What has not begun by then is given back and asks the conscience anew: so much later than it said yes
# nothing leaves the house.
SENDING_MAX = timedelta(seconds=2)
LIVE = "guerdon_live"
# What ended so has nothing to tell any more.
OVER = frozenset({"recalled", "failed", "unknown"})
BY_MAIL = Abilities(keyed=False)

log = logging.getLogger(__name__)


class Sends(Protocol):
    """One connection to a provider, used by one thread at a time; what goes wrong outside is an outcome."""

    def send(self, written: Any, /) -> Outcome:
        """Hand over what was written for its channel."""
        ...

    def close(self) -> None:
        """End the connection in good order."""
        ...


@dataclass(frozen=True, slots=True)
class Postroom:
    """What delivering needs: as many connections of one channel as letters may be under way at once.

    `opens`: where each program has an account of its own, its connections; none where it has no account.
    """

    channel: ChannelKind
    connections: Sequence[Sends]
    library: Library
    claim_url: ClaimUrl
    clock: Callable[[], datetime]
    abilities: Abilities = BY_MAIL
    opens: Callable[[Program], Sequence[Channel]] | None = None
    member_url: MemberUrl = nowhere
    public_url: str = ""
    # Where a program's provider tells how it went.
    callback_of: Callable[[Program], str] = lambda _: ""

    def of(self, program: Program) -> "Postroom":
        """The one of a program."""
        if self.opens is None:
            return self
        connections = self.opens(program)
        abilities = connections[0].abilities if connections else self.abilities
        return replace(self, connections=connections, abilities=abilities)


def deliver(connection: Connection, program_id: int, postroom: Postroom) -> int:
    """Deliver one round of what is due; returns how many rows it took."""
    library, now = postroom.library, postroom.clock()
    with transaction(connection, program_id) as tx:
        playbook = library.playbook(tx, program_id, now)
        program = playbook.program
        postroom = postroom.of(program)
        if postroom.channel in (TELLING, MAIL):
            take_notices(tx, program_id, program, now, channel=postroom.channel)
        turn = take_turn(tx, (program_id, postroom.channel), postroom.abilities, ROWS_MAX, now)
        claim = Claim(program_id, postroom.channel, uuid4(), now, now + LEASE, turn.rows_max)
        due = claim_due(tx, claim) if turn.rows_max else []
        if not due:
            return 0
        desk = _desk(tx, program, claim, postroom, due)
        persons = load_persons(tx, library.vault, program_id, {row.member_id for row in due})
        round_ = _round(tx, claim, postroom, persons)
        begun = begin(tx, desk, due, round_, now)
        post_beside(tx, desk, playbook.version, _told_of(due, begun, persons), now)
        spend_turn(tx, program_id, turn, len(begun.going), now)
    outcomes = _send_all(begun.going, desk, postroom)
    _settle(connection, claim, desk, Round(due, begun, outcomes, turn), postroom)
    return len(due)


@dataclass(frozen=True, slots=True)
class Round:
    """A round that was sent: what was due, what of it began, what came of that, and whose turn it was."""

    due: Sequence[Due]
    begun: Begun
    outcomes: Mapping[tuple[int, int], Outcome]
    turn: Turn


def _desk(tx: Transaction, program: Program, claim: Claim, postroom: Postroom, due: Sequence[Due]) -> Desk:
    of_places = [row.whose for row in due if row.message == PLACE]
    places = load_kept(tx, claim.program_id, of_places) if of_places else {}
    of_orders = [row.whose for row in due if row.message in NEWS]
    orders = load_told(tx, claim.program_id, of_orders, claim.now) if of_orders else {}
    asked = [(*row.whose, row.event_id) for row in due if row.message == CONFIRM]
    confirming = load_waiting(tx, claim.program_id, asked) if asked else {}
    told = {row.member_id for row in due if _tells_balance(program, row)}
    balances = load_balances(tx, claim.program_id, sorted(told), claim.now) if told else {}
    return Desk(
        *(claim.program_id, program, postroom.claim_url, postroom.library.vault.key(KEY_PURPOSE)),
        places=places,
        orders=orders,
        member_url=postroom.member_url,
        confirming=confirming,
        balances=balances,
        public_url=postroom.public_url,
        callback_url=postroom.callback_of(program),
        called_off=list_called_off(tx, claim.program_id, due),
        diverted=find_diverted(tx, postroom.library.vault, claim.program_id, due),
    )


def _tells_balance(program: Program, row: Due) -> bool:
    declared = program.messages.get(row.message)
    return declared is not None and any(each.startswith("balance.") for each in declared.facts)


def _round(tx: Transaction, claim: Claim, postroom: Postroom, persons: Mapping[int, Person]) -> Channelled:
    """Where the members of a round are reached over its channel."""
    vault, kind = postroom.library.vault, postroom.channel
    place_of = place_finder(tx, vault, claim.program_id, kind, list(persons))
    return Channelled(kind, bool(postroom.connections), persons, place_of)


def _told_of(due: Sequence[Due], begun: Begun, persons: Mapping[int, Person]) -> list[tuple[Due, Person]]:
    """Rows of which there is something to tell, whether or not this channel takes it."""
    over = {
        whose
        for whose, ending in begun.ended.items()
        if isinstance(ending, Settlement) and ending.state in OVER
    }
    return [
        (row, persons[row.member_id]) for row in due if row.whose not in over and row.member_id in persons
    ]


def _send_all(going: Sequence[Going], desk: Desk, postroom: Postroom) -> dict[tuple[int, int], Outcome]:
    ahead = deque(going)
    until = postroom.clock() + SENDING_MAX
    outcomes: dict[tuple[int, int], Outcome] = {}
    kind = postroom.channel

    def send_in_turn(channel: Sends) -> None:
        while True:
            try:
                each = ahead.popleft()
            except IndexError:
                return
            now = postroom.clock()
            outcomes[each.row.whose] = Untried() if now > until else _send(each, desk, channel, kind, now)

    connections = postroom.connections[: len(going)]
    if connections:
        with ThreadPoolExecutor(len(connections), thread_name_prefix="outbox") as threads:
            for done in [threads.submit(send_in_turn, channel) for channel in connections]:
                done.result()
    return outcomes


def _send(going: Going, desk: Desk, channel: Sends, kind: ChannelKind, now: datetime) -> Outcome:
    try:
        written = _written(desk, going, kind, now)
    except Unwritable as fault:
        # Its values are missing now and will be so later.
        log.warning("message %s cannot be written: %s", going.row.id, fault)
        return Rejected("text:values")
    except Exception as fault:  # a letter that cannot be written must not hold up the others
        log.exception("message %s cannot be written", going.row.id)
        return Retry(f"writing:{type(fault).__name__}")
    try:
        if going.row.hand_overs and isinstance(written, Parcel):
            found = _found(channel, written, going.row, now)
            if found is not None:
                return found
        return channel.send(written)
    except Exception as fault:  # nor may a mistake of ours in the channel
        log.exception("message %s: the channel failed", going.row.id)
        return Unsure(f"sending:{type(fault).__name__}")


def _found(channel: Sends, parcel: Parcel, row: Due, now: datetime) -> Outcome | None:
    """What became of a hand-over of which nobody knows how it ended; None: it may be made."""
    asked: Channel | None = channel if getattr(channel, "abilities", BY_MAIL).finds else None  # type: ignore[assignment]
    if asked is None:
        return None
    found = asked.find(replace(parcel, written_at=row.via_since or row.created_at), now)
    if isinstance(found, Later):
        return Retry(found.reason, found.after)
    return found if isinstance(found, Accepted) else None


def _written(desk: Desk, going: Going, kind: ChannelKind, now: datetime) -> Letter | Parcel:
    if kind == "email":
        return write_letter(desk, going.addressed, now)
    assert going.place.address is not None, "what goes has an address"
    return write_parcel(desk, going.addressed, (kind, going.place.address, going.ref), now)


def _settle(connection: Connection, claim: Claim, desk: Desk, sent: Round, postroom: Postroom) -> None:
    now, program_id = postroom.clock(), claim.program_id
    endings: dict[tuple[int, int], Ending] = dict(sent.begun.ended)
    attempts = []
    for each in sent.begun.going:
        outcome = sent.outcomes[each.row.whose]
        receipts = postroom.abilities.receipts
        endings[each.row.whose] = decide_ending(each.row, outcome, desk.program, now, receipts=receipts)
        attempts.append(decide_attempt(each.row, outcome, now))
    attempts.extend(_left_begun(sent, now))
    settled = [ending for ending in endings.values() if isinstance(ending, Settlement)]
    postponed = [ending for ending in endings.values() if isinstance(ending, Postponement)]
    with transaction(connection, program_id) as tx:
        if attempts:
            end_attempts(tx, program_id, claim.channel, attempts)
        _retire(tx, claim, sent, now)
        if postponed:
            settle_postponed(tx, program_id, claim.fence, postponed)
        if settled:
            ours = settle_messages(tx, program_id, claim.fence, settled)
            counts = _delays(desk.program, sent.due, endings, ours)
            record_delays(tx, program_id, "message", counts)
            notify(tx, LIVE, program_id)
        end_turn(tx, (program_id, postroom.channel), sent.turn, list(sent.outcomes.values()), now)
        if any(ending.via is not None for ending in postponed):
            # Another channel's turn: its loop is woken.
            notify(tx, "guerdon_outbox", program_id)


def _left_begun(sent: Round, now: datetime) -> list[AttemptEnd]:
    """Attempts of hand-overs that whoever began them never settled, and that are not made again."""
    rows = {row.whose: row for row in sent.due if row.hand_overs}
    return [
        AttemptEnd(*whose, "unknown", None, ending.reason, now, handed=True)
        for whose, ending in sent.begun.ended.items()
        if whose in rows and isinstance(ending, Settlement)
    ]


def _retire(tx: Transaction, claim: Claim, sent: Round, now: datetime) -> None:
    """Nothing is sent any more to where nothing arrives, or whose owner told the provider to stop."""
    dead: dict[bytes, str] = {}
    devices: list[tuple[int, int]] = []
    for each in sent.begun.going:
        outcome = sent.outcomes[each.row.whose]
        if not isinstance(outcome, Rejected) or not (outcome.retires or outcome.stopped):
            continue
        if each.place.id is not None:
            devices.append((each.row.member_id, each.place.id))
        elif each.place.mark is not None:
            dead[each.place.mark] = "stop" if outcome.stopped else "bounce"
    if dead:
        suppress(tx, claim.program_id, claim.channel, dead, now)
    if devices:
        retire(tx, claim.program_id, devices, "gone", now)


def _delays(
    program: Program, due: Sequence[Due], endings: Mapping[tuple[int, int], Ending], ours: set[int]
) -> Counter[tuple[date, str, int]]:
    zone = ZoneInfo(program.time_zone)
    counts: Counter[tuple[date, str, int]] = Counter()
    for row in due:
        ending = endings[row.whose]
        if not (isinstance(ending, Settlement) and ending.state == "sent" and ending.id in ours):
            continue
        # How long a broadcast took is no promise to anybody, and has no reward.
        if row.reward is not None and row.market is not None:
            waited_ms = (ending.settled_at - row.created_at) // timedelta(milliseconds=1)
            day = row.reward.happened_at.astimezone(zone).date()
            counts[day, row.market, delay_class(waited_ms)] += 1
    return counts
