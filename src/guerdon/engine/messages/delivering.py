"""Delivering: what the outbox holds leaves the house, with no transaction open, once for each intent.

A round claims what is due, commits, sends over a few connections at once, and settles all outcomes in one
commit. A deliverer that is killed in between loses its lease, and the next one knows from the claim what it
may repeat.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from guerdon.engine.deliveries.news import NEWS
from guerdon.engine.library import Library
from guerdon.engine.messages.letters import (
    ClaimUrl,
    Desk,
    Ending,
    Letter,
    Outcome,
    Retry,
    Unsure,
    Untried,
    decide_ending,
    decide_hindrance,
    write_letter,
)
from guerdon.engine.orders.waiting import MESSAGE as PLACE
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.store.database import UNAVAILABLE, Connection, transaction, wait_for_news
from guerdon.store.decided import notify, record_delays
from guerdon.store.messages.outbox import (
    Claim,
    Due,
    Postponement,
    Settlement,
    claim_due,
    listen_for_outbox,
    settle_messages,
    settle_postponed,
)
from guerdon.store.orders.news import load_told
from guerdon.store.orders.waits import load_kept
from guerdon.store.persons import Person, load_persons
from guerdon.store.programs import list_programs
from guerdon.values.delays import delay_class
from guerdon.values.proofs import KEY_PURPOSE

# Larger rounds are no faster, and after a crash each letter of a round may be sent a second time.
ROWS_MAX = 50
LEASE = timedelta(seconds=120)
# What has not begun by then is given back, so that the slowest hand-over still ends within the lease.
SENDING_MAX = timedelta(seconds=30)
POLL_S = 1.0
# Small rounds cost two commits each; waiting this long gathers a few letters and nobody notices.
ROUND_S_MIN = 0.05
PAUSE_FIRST_S, PAUSE_LONGEST_S = 0.1, 10.0
LIVE = "guerdon_live"

log = logging.getLogger(__name__)


class Channel(Protocol):
    """One connection to a provider, used by one thread at a time; what goes wrong outside is an outcome."""

    def send(self, letter: Letter) -> Outcome:
        """Hand a letter over."""
        ...

    def close(self) -> None:
        """End the connection in good order."""
        ...


@dataclass(frozen=True, slots=True)
class Postroom:
    """What delivering needs: as many connections of one channel as letters may be under way at once."""

    channel: str
    connections: Sequence[Channel]
    library: Library
    claim_url: ClaimUrl
    clock: Callable[[], datetime]


def deliver(connection: Connection, program_id: int, postroom: Postroom) -> int:
    """Deliver one round of what is due; returns how many rows it took."""
    library = postroom.library
    now = postroom.clock()
    claim = Claim(program_id, postroom.channel, uuid4(), now, now + LEASE, ROWS_MAX)
    with transaction(connection, program_id) as tx:
        due = claim_due(tx, claim)
        if not due:
            return 0
        program = library.playbook(tx, program_id, now).program
        persons = load_persons(tx, library.vault, program_id, {row.member_id for row in due})
        of_places = [(row.member_id, row.id) for row in due if row.message == PLACE]
        places = load_kept(tx, program_id, of_places) if of_places else {}
        of_orders = [(row.member_id, row.id) for row in due if row.message in NEWS]
        orders = load_told(tx, program_id, of_orders, now) if of_orders else {}
    code_key = library.vault.key(KEY_PURPOSE)
    desk = Desk(program_id, program, postroom.claim_url, code_key, places, orders)
    endings = _send_all(due, persons, desk, postroom)
    _settle(connection, claim, program, list(zip(due, endings, strict=True)))
    return len(due)


def _send_all(
    due: Sequence[Due], persons: Mapping[int, Person], desk: Desk, postroom: Postroom
) -> list[Ending]:
    ahead = deque(enumerate(due))
    until = postroom.clock() + SENDING_MAX
    endings: dict[int, Ending] = {}

    def send_in_turn(channel: Channel) -> None:
        while True:
            try:
                turn, row = ahead.popleft()
            except IndexError:
                return
            now = postroom.clock()
            person, about = persons.get(row.member_id), desk.places.get(row.id) or desk.orders.get(row.id)
            ending: Ending | None = decide_hindrance(row, person, desk.program, now, about)
            if ending is None:
                outcome = Untried() if now > until else _send(row, persons[row.member_id], desk, channel, now)
                ending = decide_ending(row, outcome, desk.program, postroom.clock())
            endings[turn] = ending

    connections = postroom.connections[: len(due)]
    with ThreadPoolExecutor(len(connections), thread_name_prefix="outbox") as threads:
        for done in [threads.submit(send_in_turn, channel) for channel in connections]:
            done.result()
    return [endings[place] for place in range(len(due))]


def _send(row: Due, person: Person, desk: Desk, channel: Channel, now: datetime) -> Outcome:
    try:
        letter = write_letter(desk, row, person, now)
    except Exception as fault:  # a letter that cannot be written must not hold up the others
        log.exception("message %s cannot be written", row.id)
        return Retry(f"writing:{type(fault).__name__}")
    try:
        return channel.send(letter)
    except Exception as fault:  # nor may a mistake of ours in the channel
        log.exception("message %s: the channel failed", row.id)
        return Unsure(f"sending:{type(fault).__name__}")


def _settle(
    connection: Connection, claim: Claim, program: Program, ended: Sequence[tuple[Due, Ending]]
) -> None:
    settled = [ending for _, ending in ended if isinstance(ending, Settlement)]
    postponed = [ending for _, ending in ended if isinstance(ending, Postponement)]
    with transaction(connection, claim.program_id) as tx:
        if postponed:
            settle_postponed(tx, claim.program_id, claim.fence, postponed)
        if settled:
            ours = settle_messages(tx, claim.program_id, claim.fence, settled)
            record_delays(tx, claim.program_id, "message", _delays(program, ended, ours))
            notify(tx, LIVE, claim.program_id)


def _delays(
    program: Program, ended: Sequence[tuple[Due, Ending]], ours: set[int]
) -> Counter[tuple[date, str, int]]:
    zone = ZoneInfo(program.time_zone)
    counts: Counter[tuple[date, str, int]] = Counter()
    for row, ending in ended:
        if isinstance(ending, Settlement) and ending.state == "delivered" and ending.id in ours:
            assert row.reward is not None
            assert row.market is not None
            waited_ms = (ending.settled_at - row.created_at) // timedelta(milliseconds=1)
            day = row.reward.happened_at.astimezone(zone).date()
            counts[day, row.market, delay_class(waited_ms)] += 1
    return counts


class OutboxLoop:
    """Delivers for as long as the worker runs: woken by new rows, and by the clock for retries."""

    def __init__(self, connect: Callable[[], Connection], postroom: Postroom) -> None:
        self._connect = connect
        self._postroom = postroom

    def run(self, turns: Turns) -> None:
        """Deliver until told to stop; a database that goes away is waited for."""
        pause_s, stop = PAUSE_FIRST_S, turns.stop
        while not stop.is_set():
            try:
                with closing(self._connect()) as connection:
                    pause_s = PAUSE_FIRST_S
                    listen_for_outbox(connection)
                    self._deliver_until(turns, connection)
            except UNAVAILABLE as fault:
                log.warning("the outbox waits %.1f s for the database: %s", pause_s, str(fault).strip())
            except Exception:
                # One of the worker's loops: whatever happened, the outbox is still there.
                log.exception("delivering failed; it goes on in %.1f s", pause_s)
            stop.wait(pause_s)
            pause_s = min(pause_s * 2, PAUSE_LONGEST_S)
        for channel in self._postroom.connections:
            channel.close()

    def _deliver_until(self, turns: Turns, connection: Connection) -> None:
        while not turns.stop.is_set():
            if not turns.agree(connection):
                turns.stop.wait(POLL_S)
                continue
            began_s = monotonic()
            taken = [
                deliver(connection, program_id, self._postroom) for program_id, _ in list_programs(connection)
            ]
            if not any(taken):
                wait_for_news(connection, POLL_S)
            elif max(taken) < ROWS_MAX:
                turns.stop.wait(max(0.0, ROUND_S_MIN - (monotonic() - began_s)))
