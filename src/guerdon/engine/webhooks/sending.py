"""Sending: what waits for endpoints leaves the house, with no transaction open, several at once.

One thread speaks with the database: it claims what is due, a few for each endpoint, hands these to threads
that send, and settles whatever came back since in one commit. Endpoints that answer well have half of the
threads for themselves: those that are slow, failing or new share the rest, one at a time each, so nobody
waits for somebody else's machine. Where several programs send, none has all of either part, and each is the
first to choose in its turn.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import random
from time import monotonic
from typing import Protocol
from uuid import UUID, uuid4

from guerdon.engine.turns import Turns
from guerdon.engine.webhooks.judging import Replied, Verdict, judge
from guerdon.engine.webhooks.signing import signed_headers
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction, wait_for_news
from guerdon.store.programs import list_programs
from guerdon.store.sealing import Unreadable, Vault
from guerdon.store.webhooks.deliveries import (
    Claim,
    Due,
    Tried,
    claim_deliveries,
    record_health,
    settle_deliveries,
)
from guerdon.store.webhooks.endpoints import open_secret, record_state
from guerdon.values.ids import show

TIMEOUT_S = 15.0
# Longer than any attempt takes: what is under way is nobody else's.
LEASE = timedelta(seconds=60)
THREADS = 32
UNPROVEN_MAX = THREADS // 2
# What one program leaves to the others, of either part.
LEFT_TO_OTHERS = 4
EACH_MAX = 4
POLL_S = 1.0
GLANCE_S = 0.1
ANSWER_BYTES_MAX = 512

log = logging.getLogger(__name__)


class Post(Protocol):
    """Post a body to an address and wait so long; what goes wrong outside is a reply, too."""

    def __call__(self, url: str, headers: dict[str, str], body: bytes, within_s: float) -> Replied:
        """Post it."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """What sending needs."""

    vault: Vault
    post: Post
    clock: Callable[[], datetime]
    chance: Callable[[], float] = random


@dataclass(frozen=True, slots=True)
class Flight:
    """A delivery under way."""

    program_id: int
    fence: UUID
    due: Due
    proven: bool


@dataclass(frozen=True, slots=True)
class Landed:
    """How it went."""

    flight: Flight
    replied: Replied
    began_at: datetime
    ended_at: datetime
    took_ms: int


@dataclass
class Sender:
    """The deliveries under way, and what is done with them."""

    office: Office
    threads: ThreadPoolExecutor
    under_way: dict[Future[Landed], Flight] = field(default_factory=dict)
    # What came back and is not written down yet: it outlives the connection that failed meanwhile.
    landed: list[Landed] = field(default_factory=list)
    turns_taken: int = 0

    def turn(self, db: Connection) -> int:
        """Settle what came back and send what is due; how many deliveries that were."""
        return self.settle(db) + self.claim(db)

    def claim(self, db: Connection) -> int:
        """Send what is due, as far as there is room."""
        taken = 0
        programs = [program_id for program_id, _ in list_programs(db)]
        first = self.turns_taken % max(len(programs), 1)
        self.turns_taken += 1
        for program_id in programs[first:] + programs[:first]:
            for proven in (True, False):
                room = self.room(program_id, proven=proven, alone=len(programs) == 1)
                if room > 0:
                    taken += self._claim(db, program_id, room, proven=proven)
        return taken

    def room(self, program_id: int, *, proven: bool, alone: bool) -> int:
        """How many more of a program's deliveries may leave now."""
        most = THREADS if proven else UNPROVEN_MAX
        alike = [each for each in self.under_way.values() if proven or not each.proven]
        room = min(THREADS - len(self.under_way), most - len(alike))
        if alone:
            return room
        ours = sum(each.program_id == program_id for each in alike)
        return min(room, most - LEFT_TO_OTHERS - ours)

    def _claim(self, db: Connection, program_id: int, room: int, *, proven: bool) -> int:
        now, fence = self.office.clock(), uuid4()
        busy = Counter(
            flight.due.endpoint_id for flight in self.under_way.values() if flight.program_id == program_id
        )
        claim = Claim(program_id, fence, now, now + LEASE, proven, EACH_MAX, room, dict(busy))
        with transaction(db, program_id) as tx:
            found = claim_deliveries(tx, claim)
        for due in found:
            flight = Flight(program_id, fence, due, proven)
            self.under_way[self.threads.submit(send, self.office, flight)] = flight
        return len(found)

    def settle(self, db: Connection) -> int:
        """Write down what came back since; one that failed in our own hands is left to its lease."""
        for done in [each for each in self.under_way if each.done()]:
            flight = self.under_way.pop(done)
            fault = done.exception()
            if fault is None:
                self.landed.append(done.result())
            else:
                log.error("delivery %s could not be sent", flight.due.id, exc_info=fault)
        settled = len(self.landed)
        for program_id in sorted({each.flight.program_id for each in self.landed}):
            ours = [each for each in self.landed if each.flight.program_id == program_id]
            with transaction(db, program_id) as tx:
                _settle(tx, self.office, ours)
            self.landed = [each for each in self.landed if each.flight.program_id != program_id]
        return settled

    def rest(self, db: Connection, idle: bool) -> None:  # noqa: FBT001  says what was
        """Wait until something comes back, or for news."""
        if self.under_way:
            wait(self.under_way, GLANCE_S, return_when=FIRST_COMPLETED)
        elif idle:
            wait_for_news(db, POLL_S)


@contextmanager
def sending(office: Office) -> Iterator[Sender]:
    """A sender with threads of its own; what is under way at the end is waited for."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks") as threads:
        yield Sender(office, threads)


def keep_sending(db: Connection, sender: Sender, turns: Turns) -> None:
    """Send until told to stop; what is under way then is waited for and settled."""
    db.execute("listen guerdon_webhooks")
    while not turns.stop.is_set():
        if turns.agree(db):
            sender.rest(db, idle=not sender.turn(db))
        else:
            turns.stop.wait(POLL_S)
    wait(sender.under_way, TIMEOUT_S)
    sender.settle(db)


def send(office: Office, flight: Flight) -> Landed:
    """Send one delivery, in a thread of its own."""
    due, began_at, began_s = flight.due, office.clock(), monotonic()
    try:
        headers = headers_of(office.vault, flight.program_id, due, began_at)
    except Unreadable:
        replied = Replied(None, "secret")
    else:
        replied = office.post(due.url, headers, due.payload.encode(), TIMEOUT_S)
    return Landed(flight, replied, began_at, office.clock(), int((monotonic() - began_s) * 1000))


def headers_of(vault: Vault, program_id: int, due: Due, at: datetime) -> dict[str, str]:
    """The headers of a delivery; while a secret is changed, signed by the one before it as well."""
    secrets = [open_secret(vault, program_id, due.endpoint_id, due.secret)]
    if due.previous_secret is not None and due.previous_until is not None and at < due.previous_until:
        secrets.append(open_secret(vault, program_id, due.endpoint_id, due.previous_secret))
    return signed_headers(secrets, show("msg", due.id), at, due.payload.encode())


def _settle(tx: Transaction, office: Office, landed: Sequence[Landed]) -> None:
    program_id = landed[0].flight.program_id
    judged = [
        (each, judge(each.replied, each.flight.due.attempts, each.ended_at, office.chance()))
        for each in sorted(landed, key=lambda each: each.ended_at)
    ]
    tried = [(each.flight.fence, _tried(each, verdict)) for each, verdict in judged]
    gone = {
        (each.flight.due.endpoint_id, each.flight.due.address): each.ended_at
        for each, verdict in judged
        if verdict.gone
    }
    # Endpoints in one order, whoever settles: nobody waits for somebody who waits for them. What a former
    # address answered says nothing of the present one.
    for place in sorted({(row.endpoint_id, row.address) for _, row in tried}):
        endpoint_id, address = place
        at = gone.get(place)
        if at is not None and record_state(tx, program_id, endpoint_id, "disabled", "gone", address):
            record_audit(
                tx, program_id, "worker", "webhook.disabled", show("whk", endpoint_id), at, reason="gone"
            )
        of_it = [row for _, row in tried if (row.endpoint_id, row.address) == place]
        record_health(tx, program_id, place, of_it)
    for fence in {fence for fence, _ in tried}:
        settle_deliveries(tx, program_id, fence, [row for of, row in tried if of == fence])


def _tried(landed: Landed, verdict: Verdict) -> Tried:
    due = landed.flight.due
    return Tried(
        due.id,
        due.endpoint_id,
        due.address,
        due.attempts,
        landed.began_at,
        landed.took_ms,
        landed.replied.status,
        verdict.reason,
        landed.replied.answer[:ANSWER_BYTES_MAX],
        verdict.state,
        verdict.next_at,
        verdict.hold_until,
        landed.ended_at,
    )
