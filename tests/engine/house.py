"""A house that works: a program published, members enrolled, requests kept and workers at hand, all real."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import LiteralString
from uuid import UUID, uuid4
from weakref import finalize

import psycopg
from psycopg.rows import tuple_row
from tests.furnishing import read_once
from tests.lending import lent, looking

from guerdon.connectors.hubspot.sample import sample_delivery
from guerdon.engine.arrivals import Mapper
from guerdon.engine.enroll import Enrolled, enroll_members
from guerdon.engine.intake import Kept, keep_deliveries
from guerdon.engine.library import Library
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.process import LeaseLost, process
from guerdon.engine.publish import publish
from guerdon.engine.scenarios.scenario import PropertyChange
from guerdon.program.model import Program
from guerdon.queries.invariants import check_invariants
from guerdon.store.database import Connection, transaction
from guerdon.store.lanes import Lease, lease_lanes, let_go_lanes
from guerdon.store.sealing import Vault
from guerdon.worker import MAPPERS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EV_MAKER = Path(__file__).resolve().parents[2] / "examples" / "ev_maker" / "program.yaml"
# What a contact did, as (contact, property, value).
Deed = tuple[int, str, str]

STATE: dict[str, LiteralString] = {
    "events": """
        select external_id, outcome, jsonb_path_query_array(decision::jsonb, '$.effects[*].reason')
        from events where program_id = this_program() order by external_id
    """,
    "rewards": """
        select e.external_id, r.rule, r.unit, r.value, r.expires_at from rewards r
        join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
        where r.program_id = this_program() order by 1, 2
    """,
    "purses": """
        select i.external_id, a.name, a.posted
        from accounts a join member_ids i using (program_id, member_id)
        where program_id = this_program() order by 1, 2
    """,
    "pools": """
        select name, posted from accounts where program_id = this_program() and member_id = 0 order by 1
    """,
    "waiting": """
        select external_id, type, count(*) from waiting
        where program_id = this_program() group by 1, 2 order by 1, 2
    """,
    "allowances": """
        select i.external_id, a.name, a.period, a.used
        from allowances a join member_ids i using (program_id, member_id)
        where program_id = this_program() order by 1, 2, 3
    """,
    "figures": """
        select day, market, location, rule, unit, issued, issued_value, refused from rollups
        where program_id = this_program() order by 1, 2, 3, 4, 5
    """,
    "messages": "select message, count(*) from outbox where program_id = this_program() group by 1",
}


def booked(contact: int) -> Deed:
    return (contact, "booking_status", "confirmed")


def drove(contact: int) -> Deed:
    return (contact, "test_drive_status", "completed")


@dataclass
class Worker:
    """A worker of our own making: a connection, a library and some lanes."""

    db: Connection
    library: Library
    name: UUID = field(default_factory=uuid4)

    def lease(self) -> Lease:
        with self.db.transaction():
            return lease_lanes(self.db, self.name)

    def work(self, at_most: int = 1000) -> int:
        """Process until nothing is left in its lanes; how many left the inbox."""
        lease, total = self.lease(), 0
        while True:
            try:
                done = process(self.db, self.library, lease, lambda: NOW, at_most)
            except LeaseLost:
                lease = self.lease()
                continue
            total += done
            if not done:
                return total


@dataclass
class House:
    """A migrated database with one program in it."""

    url: str
    secret: str
    program: Program = field(init=False)
    program_id: int = field(init=False, default=0)
    vault: Vault = field(init=False)
    graveyard: Graveyard = field(init=False)
    told: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.vault = Vault(self.secret)
        home = Path(mkdtemp(prefix="gd-"))
        finalize(self, rmtree, home, ignore_errors=True)
        self.graveyard = Graveyard(home, self.vault)
        program = read_once(EV_MAKER)
        self.program = program

    def publish(self, key: str = "nordlys_circle", **amounts_minor: int) -> None:
        """Publish the EV maker's program under a key, some markets with other amounts."""
        budgets = self.program.budgets
        center, markets = budgets["central"], budgets["by_market"]
        nodes = {
            place: replace(node, amount_minor=amounts_minor.get(place, node.amount_minor))
            for place, node in markets.nodes.items()
        }
        # The center has what it gives, and as much to spare as the program says.
        more = sum(nodes[place].amount_minor - markets.nodes[place].amount_minor for place in nodes)
        top = replace(center.nodes[""], amount_minor=center.nodes[""].amount_minor + max(more, 0))
        budgets = {
            **budgets,
            "central": replace(center, nodes={"": top}),
            "by_market": replace(markets, nodes=nodes),
        }
        self.told = 0
        self.program = replace(self.program, key=key, budgets=budgets)
        with lent(self.url, self.secret, "owner") as db:
            self.program_id = publish(db, self.program, "test", NOW).program_id

    def enroll(self, contacts: Iterable[int], market: str = "DE") -> Enrolled:
        lines = ["external_source,external_id,market,employee\n"]
        lines += [f"hubspot,{contact},{market},false\n" for contact in contacts]
        with lent(self.url, self.secret, "worker") as db:
            return enroll_members(db, self.vault, (self.program_id, self.program), lines, NOW)

    def tell(self, deeds: Sequence[Deed], per_request: int = 1) -> list[Kept]:
        """HubSpot tells what contacts did, so many to a request."""
        connection = self.program.connections["hubspot_eu"]
        changes = [
            PropertyChange(str(contact), name, value, NOW, self.told + n)
            for n, (contact, name, value) in enumerate(deeds, 1)
        ]
        self.told += len(deeds)
        requests = [changes[at : at + per_request] for at in range(0, len(changes), per_request)]
        deliveries = [sample_delivery(connection, request) for request in requests]
        with lent(self.url, self.secret, "web") as db:
            return keep_deliveries(db, self.vault, self.program_id, deliveries, NOW)

    @contextmanager
    def worker(self, hubspot: Mapper | None = None) -> Iterator[Worker]:
        """A worker; with another reader of HubSpot's bodies, if one is given."""
        mappers = {**MAPPERS, "hubspot": hubspot} if hubspot else MAPPERS
        with lent(self.url, self.secret, "worker") as db:
            worker = Worker(db, Library(self.vault, mappers))
            yield worker
            with db.transaction():
                let_go_lanes(db, worker.name)

    def rows(self, statement: LiteralString) -> list[tuple[object, ...]]:
        """Look with an eye that row security does not cover."""
        with looking(self.url) as db:
            return db.execute(statement).fetchall()

    def count(self, statement: LiteralString) -> int:
        number = self.rows(statement)[0][0]
        assert isinstance(number, int)
        return number

    def state(self) -> dict[str, list[tuple[object, ...]]]:
        """All that was decided in the program, but for ids of our own making."""
        with psycopg.connect(self.url, options="-c search_path=guerdon", row_factory=tuple_row) as db:
            db.execute("select set_config('guerdon.program_id', %s, false)", (str(self.program_id),))
            return {name: db.execute(question).fetchall() for name, question in STATE.items()}

    def await_true(self, question: LiteralString, *terms: str) -> None:
        """Ask until the answer is yes; the test's own timeout ends it otherwise."""
        with psycopg.connect(self.url, options="-c search_path=guerdon", autocommit=True) as db:
            # Without terms a percent sign is just that.
            while db.execute(question, terms or None).fetchone() != (True,):
                time.sleep(0.0005)

    def check(self) -> None:
        """Assert that the books are in order."""
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            assert check_invariants(tx) == []
