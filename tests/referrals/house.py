"""The slipway at work: members who bring friends, told by its own API and by claims, decided by workers."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.rows import tuple_row
from tests.engine.house import Worker
from tests.lending import lent

from guerdon.connectors.cloudevents.sample import sample_delivery
from guerdon.engine.enroll import enroll_members
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.library import Library
from guerdon.engine.process import LeaseLost, process
from guerdon.engine.proof.controls import read_controls
from guerdon.engine.publish import publish
from guerdon.engine.referrals.claiming import Claim, Claimed, Origin, claim
from guerdon.engine.referrals.codes import code_of
from guerdon.engine.referrals.settling import Refused, Verdict, Word, settle
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.store.database import transaction
from guerdon.store.lanes import let_go_lanes
from guerdon.store.sealing import Vault
from guerdon.worker import MAPPERS

PROGRAM = Path(__file__).with_name("program.yaml")
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
SCHEME = "friends"


@dataclass
class House:
    """One program with referrals, and its members by name."""

    url: str
    secret: str
    program: Program = field(init=False)
    program_id: int = field(init=False, default=0)
    vault: Vault = field(init=False)
    members: dict[str, int] = field(default_factory=dict)
    now: datetime = NOW
    told: int = 0

    def __post_init__(self) -> None:
        self.vault = Vault(self.secret)
        program = load_program(PROGRAM)
        assert isinstance(program, Program), program
        self.publish(program)

    def publish(self, program: Program) -> None:
        self.program = program
        with lent(self.url, self.secret, "owner") as db:
            self.program_id = publish(db, program, "test", NOW - timedelta(days=400)).program_id

    def enroll(self, names: Iterable[str], **attributes: str) -> None:
        self.enroll_all(dict.fromkeys(names, attributes))

    def enroll_all(self, people: Mapping[str, Mapping[str, str]]) -> None:
        lines = ["external_source,external_id,market,card,street,hull\n"]
        for name, has in people.items():
            lines.append(
                f"crm,{name},DE,{has.get('card', '')},{has.get('street', '')},{has.get('hull', '')}\n"
            )
        with lent(self.url, self.secret, "worker") as db:
            done = enroll_members(db, self.vault, (self.program_id, self.program), lines, self.now)
        assert not done.problems, done.problems
        found = self.rows("select external_id, member_id from member_ids where source = 'crm'")
        self.members = {str(name): int(str(member)) for name, member in found}

    def codes(self, names: Sequence[str]) -> dict[str, str]:
        """The codes of members."""
        found = {}
        with self.web() as tx:
            for name in names:
                code = code_of(
                    tx, self.vault, (self.program_id, SCHEME, self.members[name]), "test", self.now
                )
                assert code is not None
                found[name] = code
        return found

    def code(self, name: str) -> str:
        return self.codes([name])[name]

    def tell(self, *deeds: tuple[str, str, float, Mapping[str, object]], same: str = "") -> None:
        """The customer system tells what people did, so many days from now."""
        events = []
        for who, kind, days, data in deeds:
            self.told += 1
            events.append(
                {
                    "specversion": "1.0",
                    "id": same or f"e{self.told}",
                    "source": "/crm",
                    "type": kind,
                    "subject": who if ":" in who else f"crm:{who}",
                    "time": (self.now + timedelta(days=days)).isoformat(),
                    "data": data,
                }
            )
        requests = [sample_delivery(self.program, events[at : at + 500]) for at in range(0, len(events), 500)]
        deliveries = [each for each in requests if isinstance(each, Delivery)]
        assert len(deliveries) == len(requests), requests
        with lent(self.url, self.secret, "web") as db:
            keep_deliveries(db, self.vault, self.program_id, deliveries, self.now)

    def use(self, who: str, code: str, days: float = 0) -> None:
        self.tell((who, "code.used", days, {"code": code}))

    def buy(self, who: str, days: float = 0, price: int = 5_000_000) -> None:
        self.tell((who, "boat.bought", days, {"price": price}))

    def give_back(self, who: str, days: float = 0) -> None:
        self.tell((who, "boat.returned", days, {}))

    def claim(self, who: str, code: str, device: str = "", network: str = "") -> Claimed:
        """Claim on our own page."""
        with self.web() as tx:
            return claim(
                tx,
                self.vault,
                Claim(
                    self.program_id,
                    self.program.referrals[SCHEME],
                    self.members[who],
                    code,
                    Origin(device, network),
                    "test",
                    self.now,
                ),
            )

    def settle(
        self, verdict: Verdict, pair: int, reason: str = "Looked at", own: Sequence[int] = ()
    ) -> Refused | None:
        with self.web() as tx:
            word = Word(pair, verdict, reason, "per_x", own, self.now)
            return settle(tx, self.vault, (self.program_id, self.program), word)

    @contextmanager
    def web(self) -> Any:
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            yield tx

    @contextmanager
    def worker(self) -> Any:
        with lent(self.url, self.secret, "worker") as db:
            worker = Worker(db, Library(self.vault, MAPPERS))
            yield worker
            with db.transaction():
                let_go_lanes(db, worker.name)

    def work(self, at_most: int = 2000) -> None:
        """Decide whatever there is, and what follows from it."""
        with self.worker() as worker:
            self.work_by(worker, at_most)

    def work_by(self, worker: Worker, at_most: int = 2000) -> None:
        lease, left = worker.lease(), 1
        while left:
            try:
                left = process(worker.db, worker.library, lease, lambda: self.now, at_most)
            except LeaseLost:
                lease = worker.lease()

    def rows(self, statement: LiteralString, *terms: object) -> list[tuple[Any, ...]]:
        """Look with an eye that row security does not cover."""
        with psycopg.connect(
            self.url, options="-c search_path=guerdon", row_factory=tuple_row, autocommit=True
        ) as db:
            cursor = db.execute(statement, terms or None)
            return cursor.fetchall() if cursor.description else []

    def count(self, statement: LiteralString) -> int:
        return int(self.rows(statement)[0][0])

    def await_true(self, question: LiteralString, *terms: str) -> None:
        """Ask until the answer is yes; the test's own timeout ends it otherwise."""
        with psycopg.connect(self.url, options="-c search_path=guerdon", autocommit=True) as db:
            while db.execute(question, terms or None).fetchone() != (True,):
                time.sleep(0.0005)

    def pairs(self) -> dict[str, tuple[str, list[str]]]:
        """What became of each pair, by the friend's name; of a refused one beside another, after a slash."""
        found: dict[str, tuple[str, list[str]]] = {}
        for name, state, reasons in self.rows(
            "select external_id, state, reasons from referral_pairs"
            " order by state = 'refused', claimed_at, id"
        ):
            key = name
            while key in found:
                key += "/"
            found[key] = (state, reasons)
        return found

    def pair_id(self, friend: str) -> int:
        ((number,),) = self.rows("select id from referral_pairs where external_id = %s", friend)
        return int(number)

    def purses(self) -> dict[str, int]:
        """What each member has, in whole euros."""
        rows = self.rows(
            "select i.external_id, (a.posted - a.debt) / 100"
            " from accounts a join member_ids i using (program_id, member_id)"
            " where i.source = 'crm' and a.posted - a.debt <> 0"
        )
        return {name: int(euros) for name, euros in rows}

    def quarantined(self) -> list[tuple[Any, ...]]:
        return self.rows("select reason, detail from quarantine")

    def check(self) -> None:
        """Assert that every control holds, the referrals' own among them."""
        with lent(self.url, self.secret, "worker") as db:
            breached = read_controls(db, self.program_id, self.now).report.breached
        assert not breached, breached
