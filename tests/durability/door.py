"""The door without its HTTP: events kept by the engine itself, each told by a number, and tried again."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.proof.paper import NOW

from guerdon.engine.arrivals import Arrival, arrival
from guerdon.engine.intake import Delivery, Kept, keep_deliveries
from guerdon.store.database import UNAVAILABLE, Connection, connect
from guerdon.store.sealing import Vault

AWAY_S = 0.02


def delivery(number: int) -> Delivery:
    """A request with one event."""
    body = b'{"number": %d}' % number
    return Delivery("crm", body, [arrival(0, "/crm", str(number), str(number % 97), body.decode())])


def keep(db: Connection, vault: Vault, numbers: Sequence[int]) -> list[Kept]:
    """Keep a request for each number, all in one commit."""
    return keep_deliveries(db, vault, 1, [delivery(number) for number in numbers], NOW)


@dataclass
class Sender:
    """Keeps one set of requests after the other on its own connection, each until it is answered."""

    url: str
    secret: str
    first: int
    at_once: int
    stop: threading.Event
    answered: list[int] = field(default_factory=list)
    faults: int = 0
    refused: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Send until told to stop."""
        db: Connection | None = None
        vault, number = Vault(self.secret), self.first
        while not self.stop.is_set():
            numbers = range(number, number + self.at_once)
            try:
                if db is None or db.closed:
                    db = connect(self.url, self.secret, "web")
                keep(db, vault, numbers)
            except UNAVAILABLE as fault:
                self.faults += 1
                self.refused.add(getattr(fault, "sqlstate", None) or type(fault).__name__)
                if db is not None and (db.broken or db.closed):
                    db.close()
                    db = None
                time.sleep(AWAY_S)
                continue
            # Only what was answered counts, and only now.
            self.answered += numbers
            number += self.at_once
        if db is not None:
            db.close()


@contextmanager
def sending(url: str, secret: str, senders: int, at_once: int) -> Iterator[list[Sender]]:
    """Let so many senders send for the length of a block, each with numbers of its own."""
    stop = threading.Event()
    made = [Sender(url, secret, n * 100_000_000 + 1, at_once, stop) for n in range(senders)]
    threads = [threading.Thread(target=sender.run) for sender in made]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def answered(senders: Sequence[Sender]) -> int:
    """How many requests were answered."""
    return sum(len(sender.answered) for sender in senders)


def missing(db: Connection, senders: Sequence[Sender]) -> int:
    """How many requests were answered and are not there."""
    rows = db.execute("select key::text from event_keys where program_id = 1").fetchall()
    there = {row[0].replace("-", "") for row in rows}
    told = {key_of(number) for sender in senders for number in sender.answered}
    return len(told - there)


def key_of(number: int) -> str:
    """The key of a request's one event."""
    (element,) = delivery(number).elements
    assert isinstance(element, Arrival)
    return element.key
