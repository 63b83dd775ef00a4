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
from threading import Event
from time import monotonic
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from guerdon.engine.letters import (
    ClaimUrl,
    Desk,
    Ending,
    Letter,
    Outcome,
    Retry,
    Untried,
    decide_ending,
    decide_hindrance,
    write_letter,
)
from guerdon.program.model import Program
from guerdon.store.database import Connection, transaction
from guerdon.store.outbox import (
    Claim,
    Due,
    Postponement,
    Settlement,
    claim_due,
    listen_for_outbox,
    record_message_delays,
    record_news,
    settle_messages,
    settle_postponed,
    wait_for_outbox,
)
from guerdon.store.persons import Person, load_persons
from guerdon.store.sealing import Vault

ROWS_MAX = 100
LEASE = timedelta(seconds=120)
# What has not begun by then is given back, so that the slowest hand-over still ends within the lease.
SENDING_MAX = timedelta(seconds=45)
POLL_S = 1.0
# Small rounds cost two commits each; waiting this long gathers a few letters and nobody notices.
ROUND_S_MIN = 0.05
PAUSE_AFTER_FAULT_S = 1.0
DELAY_MS_MAX = 1_000_000_000

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
    vault: Vault
    claim_url: ClaimUrl
    clock: Callable[[], datetime]


def deliver(connection: Connection, program_id: int, program: Program, postroom: Postroom) -> int:
    """Deliver one round of what is due; returns how many rows it took."""
    now = postroom.clock()
    claim = Claim(program_id, postroom.channel, uuid4(), now, now + LEASE, ROWS_MAX)
    with transaction(connection, program_id) as tx:
        due = claim_due(tx, claim)
        persons = load_persons(tx, postroom.vault, program_id, {row.member_id for row in due}) if due else {}
    if due:
        endings = _send_all(due, persons, Desk(program_id, program, postroom.claim_url), postroom)
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
                place, row = ahead.popleft()
            except IndexError:
                return
            now = postroom.clock()
            ending: Ending | None = decide_hindrance(row, persons.get(row.member_id), desk.program, now)
            if ending is None:
                outcome = Untried() if now > until else _send(row, persons[row.member_id], desk, channel, now)
                ending = decide_ending(row, outcome, desk.program, postroom.clock())
            endings[place] = ending

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
    return channel.send(letter)


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
            delays = _delays(program, ended, ours)
            if delays:
                record_message_delays(tx, claim.program_id, delays)
            record_news(tx, claim.program_id)


def _delays(
    program: Program, ended: Sequence[tuple[Due, Ending]], ours: set[int]
) -> Counter[tuple[date, str, int]]:
    zone = ZoneInfo(program.time_zone)
    counts: Counter[tuple[date, str, int]] = Counter()
    for row, ending in ended:
        if isinstance(ending, Settlement) and ending.state == "delivered" and ending.id in ours:
            waited = ending.settled_at - row.created_at
            day = row.created_at.astimezone(zone).date()
            counts[day, row.market or "", delay_class(waited // timedelta(milliseconds=1))] += 1
    return counts


def delay_class(delay_ms: int) -> int:
    """Give the class of a delay on the decade scale: the first of 1, 2, 5, 10 ... not below it."""
    upto_ms = 1
    while upto_ms < min(delay_ms, DELAY_MS_MAX):
        # 1 and 5 are doubled, 2 becomes 5.
        upto_ms = upto_ms * 5 // 2 if str(upto_ms)[0] == "2" else upto_ms * 2
    return upto_ms


class OutboxLoop:
    """Delivers for as long as the worker runs: woken by new rows, and by the clock for retries."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        programs: Callable[[], Mapping[int, Program]],
        postroom: Postroom,
    ) -> None:
        self._connect = connect
        self._programs = programs
        self._postroom = postroom

    def run(self, stop: Event) -> None:
        """Deliver until told to stop; a database that goes away is waited for."""
        while not stop.is_set():
            try:
                with closing(self._connect()) as connection:
                    listen_for_outbox(connection)
                    self._deliver_until(stop, connection)
            except Exception:  # the worker's loop: whatever happened, the outbox is still there
                log.exception("delivering stopped, and starts again")
                stop.wait(PAUSE_AFTER_FAULT_S)
        for channel in self._postroom.connections:
            channel.close()

    def _deliver_until(self, stop: Event, connection: Connection) -> None:
        while not stop.is_set():
            began_s = monotonic()
            taken = [
                deliver(connection, program_id, program, self._postroom)
                for program_id, program in self._programs().items()
            ]
            if not any(taken):
                wait_for_outbox(connection, POLL_S)
            elif max(taken) < ROWS_MAX:
                stop.wait(max(0.0, ROUND_S_MIN - (monotonic() - began_s)))
