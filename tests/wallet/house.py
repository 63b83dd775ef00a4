"""A house with points, credits and status: what happens comes in by its door and is decided by the worker."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

from tests.furnishing import Furnishing, published, read_once
from tests.lending import lent, looking

from guerdon.connectors.cloudevents.payload import CONNECTION, check_events, read_arrivals, read_events
from guerdon.engine.enroll import enroll_members
from guerdon.engine.intake import Delivery, Kept, keep_deliveries
from guerdon.engine.library import Library
from guerdon.engine.process import process
from guerdon.engine.timers import Clockwork, Ran, run_timers
from guerdon.program.model import Program
from guerdon.queries.invariants import check_invariants
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.lanes import lease_lanes, let_go_lanes
from guerdon.store.sealing import Vault
from guerdon.worker import MAPPERS

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
PROGRAM = Path(__file__).with_name("program.yaml")
FURNISHING = Furnishing(PROGRAM, NOW)


def wallet_program() -> Program:
    return read_once(PROGRAM)


@dataclass
class House:
    """An installation with one program, a clock of our own, and a worker at hand."""

    url: str
    secret: str
    program: Program
    program_id: int
    now: datetime = NOW
    told: int = 0
    source: str = "crm"
    vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self.vault = Vault(self.secret)

    @contextmanager
    def web(self) -> Iterator[Transaction]:
        """A transaction of the whole program, as the API has it."""
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            yield tx

    @contextmanager
    def worker(self) -> Iterator[Connection]:
        with lent(self.url, self.secret, "worker") as db:
            yield db

    def enroll(self, *contacts: str, market: str = "DE") -> list[int]:
        lines = ["external_source,external_id,market\n", *(f"{self.source},{c},{market}\n" for c in contacts)]
        with self.worker() as db:
            enroll_members(db, self.vault, (self.program_id, self.program), lines, self.now)
        found = self.rows(
            "select member_id from member_ids where external_id = any(%(c)s) order by external_id",
            c=list(contacts),
        )
        return [int(row[0]) for row in found]

    def tell(self, contact: str, kind: str, *, number: str | None = None, **data: object) -> Kept:
        """One event of a member comes in and is decided; under a number it may come in again."""
        kept = self.keep(contact, kind, number=number, **data)
        self.work()
        return kept

    def keep(self, contact: str, kind: str, *, number: str | None = None, **data: object) -> Kept:
        """One event of a member comes in, and waits for a worker."""
        self.told += 1
        event = {
            "specversion": "1.0",
            "id": number or f"{kind}-{self.told}",
            "source": "/tests",
            "type": kind,
            "subject": f"{self.source}:{contact}",
            "time": self.now.isoformat(),
            "data": data,
        }
        body = json.dumps(event).encode()
        events = read_events(body)
        assert isinstance(events, list)
        assert check_events(self.program, "/", events) == []
        delivery = Delivery(CONNECTION, body, read_arrivals(events))
        with lent(self.url, self.secret, "web") as db:
            (kept,) = keep_deliveries(db, self.vault, self.program_id, [delivery], self.now)
        return kept

    def work(self) -> None:
        """Decide whatever came in."""
        name = uuid4()
        with self.worker() as db:
            with db.transaction():
                lease = lease_lanes(db, name)
            while process(db, Library(self.vault, MAPPERS), lease, lambda: self.now):
                pass
            with db.transaction():
                let_go_lanes(db, name)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def run_timers(self, at_most: int = 1000) -> Ran:
        with self.worker() as db:
            return run_timers(db, Clockwork(self.program_id, self.program, self.now, at_most))

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Look with an eye that row security does not cover."""
        with looking(self.url) as db:
            return db.execute(statement.encode(), values).fetchall()

    def purse(self, member_id: int, unit: str = "PTS") -> tuple[int, int, int, int]:
        """What a member has: posted, held, pending, debt."""
        found = self.rows(
            "select posted, held, pending, debt from accounts"
            " where member_id = %(m)s and name = 'purse' and unit = %(u)s",
            m=member_id,
            u=unit,
        )
        return found[0] if found else (0, 0, 0, 0)

    def pool(self, name: str, unit: str = "PTS") -> int:
        found = self.rows("select posted from accounts where name = %(n)s and unit = %(u)s", n=name, u=unit)
        return int(found[0][0]) if found else 0

    def lots(self, member_id: int, unit: str = "PTS") -> list[tuple[int, int, int, str]]:
        """A member's lots, the first that came first: value, remaining, held, state."""
        return self.rows(
            "select value, remaining, held, state from rewards where member_id = %(m)s and unit = %(u)s"
            " order by issued_at, event_id",
            m=member_id,
            u=unit,
        )

    def check(self) -> None:
        """Assert that the books are in order."""
        with self.web() as tx:
            assert check_invariants(tx) == []


@contextmanager
def opened_house(url: str, secret: str) -> Iterator[House]:
    """A house whose books are checked when the test is done."""
    program = wallet_program()
    made = House(url, secret, program, published(url, secret, program, NOW))
    yield made
    made.check()


def at_once(tasks: Sequence[Callable[[], object]]) -> list[object]:
    """Start all tasks at the same moment, each in a thread of its own."""
    gate = Barrier(len(tasks))

    def started(task: Callable[[], object]) -> object:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(started, tasks))
