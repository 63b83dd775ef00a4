"""A house with people of all roles, members who may be given something, and requests: all real rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import LiteralString

from tests.furnishing import Furnishing, published, read_once
from tests.lending import lent, looking

from guerdon.access.grants import Grant, Person
from guerdon.access.roles import Role
from guerdon.engine.approvals.acting import Acting, Refused, Stood
from guerdon.engine.approvals.asking import ask
from guerdon.engine.approvals.signing import Verdict, Word, sign
from guerdon.ledger.contents import AdjustBalance, Content, GiveReward
from guerdon.program.model import Program
from guerdon.store import database
from guerdon.store.access.grants import StandIn, record_grant, record_stand_in, revoke_all_grants
from guerdon.store.access.people import record_leaving, record_membership, record_person
from guerdon.store.approvals.signers import load_signers
from guerdon.store.database import Connection, Transaction, connect, transaction
from guerdon.store.sealing import Vault
from guerdon.values.ids import show

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
PROGRAM = Path(__file__).parent / "program.yaml"
FURNISHING = Furnishing(PROGRAM, LONG_AGO)
GERMANY, NORWAY, POINTS = "budget:by_market:DE", "budget:by_market:NO", "budget:points:"
PAYERS = {"EUR": GERMANY, "NOK": NORWAY, "PTS": POINTS}
# Who works here: name, role, market, location, and the unit and amount up to which they may.
STAFF: tuple[tuple[str, Role, str | None, str | None, tuple[str, int] | None], ...] = (
    ("olga", "program_owner", None, None, None),
    ("otto", "program_owner", None, None, None),
    ("fay", "finance", None, None, None),
    ("finn", "finance", None, None, None),
    ("frida", "finance", None, None, None),
    ("kim", "dealer_manager", "DE", "de-kiel", None),
    ("karl", "dealer_manager", "DE", "de-kiel", None),
    ("bo", "dealer_manager", "DE", "de-bonn", None),
    ("nora", "dealer_manager", "NO", "no-oslo", ("NOK", 250_000)),
    ("ina", "dealer_manager", "DE", "de-kiel", ("PTS", 5_000)),
    ("lea", "frontline", "DE", "de-kiel", None),
    ("lars", "frontline", "NO", "no-oslo", None),
    ("mara", "marketing", "DE", None, None),
    ("dora", "dealer_relations", "DE", None, None),
    ("opa", "operator", None, None, None),
    ("ava", "auditor", None, None, None),
    ("cora", "compliance", None, None, None),
)
# Members: Kiel, Bonn, Oslo.
KIEL, BONN, OSLO = 7, 8, 9


@dataclass
class House:
    """A migrated database with one program in it."""

    url: str
    secret: str
    program: Program = field(init=False)
    program_id: int = field(init=False, default=0)
    vault: Vault = field(init=False)
    people: dict[str, int] = field(init=False, default_factory=dict)
    made: int = field(init=False, default=0)
    # Somebody wrote into the tables past everything: its books say so.
    spoiled: bool = field(init=False, default=False)

    def open(self, program: Program | None = None) -> None:
        """Publish the program, enroll its members, let its people in."""
        self.vault = Vault(self.secret)
        self.program = program or read_once(PROGRAM)
        self.program_id = published(self.url, self.secret, self.program, LONG_AGO)
        with self.opened("worker") as tx:
            for member, market, location in (
                (KIEL, "DE", "de-kiel"),
                (BONN, "DE", "de-bonn"),
                (OSLO, "NO", "no-oslo"),
            ):
                self.enroll(tx, member, market, location)
        with self.opened("web") as tx:
            for name, role, where, place, most in STAFF:
                most_of = most or (None, None)
                self._employ(tx, name, Grant(self.program_id, role, LONG_AGO, None, where, place, *most_of))

    def enroll(
        self, tx: Transaction, member: int, market: str = "DE", location: str | None = "de-kiel"
    ) -> None:
        tx.execute(
            "insert into members (program_id, member_id, market, language, location, enrolled_at)"
            " values (%s, %s, %s, 'en', %s, %s)",
            (self.program_id, member, market, location, LONG_AGO),
        )
        tx.execute(
            "insert into member_ids (program_id, source, external_id, member_id) values (%s, 'crm', %s, %s)",
            (self.program_id, f"c{member}", member),
        )

    def employ(
        self,
        name: str,
        role: Role,
        node: tuple[str | None, str | None] = (None, None),
        most: tuple[str, int] | None = None,
        since: datetime = LONG_AGO,
        until: datetime | None = None,
    ) -> int:
        """Let somebody in under a role; their number."""
        with self.opened("web") as tx:
            return self._employ(
                tx, name, Grant(self.program_id, role, since, until, *node, *(most or (None, None)))
            )

    def _employ(self, tx: Transaction, name: str, grant: Grant) -> int:
        login = f"{name}@example.com"
        person = self.people.get(name) or record_person(
            tx, self.program_id, (login, name), "test", grant.valid_from
        )
        self.people[name] = person
        record_grant(tx, person, grant, "test", grant.valid_from)
        return person

    def dismiss(self, name: str, at: datetime = NOW) -> None:
        with self.opened("web") as tx:
            record_leaving(tx, self.program_id, f"{name}@example.com", "test", at)

    def revoke(self, name: str, at: datetime = NOW) -> None:
        with self.opened("web") as tx:
            assert revoke_all_grants(tx, self.program_id, self.people[name], "test", "moved on", at)

    def replace(self, name: str, stand_in: str, since: datetime, until: datetime) -> None:
        """Name somebody who signs for a person."""
        with self.opened("web") as tx:
            away, instead = self.people[name], self.people[stand_in]
            named = StandIn(self.program_id, away, instead, since, until, named_at=since)
            record_stand_in(tx, named, "test")

    def tell_membership(self, name: str, member: int) -> None:
        with self.opened("web") as tx:
            record_membership(tx, self.program_id, self.people[name], member, "test", NOW)

    @contextmanager
    def opened(self, role: database.Role = "web") -> Iterator[Transaction]:
        with lent(self.url, self.secret, role) as db, transaction(db, self.program_id) as tx:
            yield tx

    def acting(self, tx: Transaction, name: str, now: datetime = NOW) -> Acting:
        return Acting(self.program_id, self.program, self.person(tx, name), self.vault, now)

    def person(self, tx: Transaction, name: str) -> Person:
        number = self.people[name]
        return load_signers(tx, self.program_id, [number])[number]

    def ask(
        self, name: str, content: Content, reason: str = "a good reason", now: datetime = NOW
    ) -> Stood | Refused:
        with self.opened() as tx:
            return ask(tx, self.acting(tx, name, now), content, reason)

    def asked(self, name: str, content: Content, now: datetime = NOW) -> int:
        """A request that waits; its number."""
        stood = self.ask(name, content, now=now)
        assert isinstance(stood, Stood), stood
        return stood.request_id

    def say(
        self,
        name: str,
        request: int,
        verdict: Verdict = "approve",
        revision: int = 1,
        now: datetime = NOW,
        reason: str = "",
    ) -> str:
        """Say something to a request: the state it is in then, or `no:` and why not."""
        with self.opened() as tx:
            return self.said(tx, name, Word(request, revision, verdict, reason), now)

    def said(self, tx: Transaction, name: str, word: Word, now: datetime = NOW) -> str:
        told = sign(tx, self.acting(tx, name, now), [word])[word.request_id]
        return f"no:{told.reason}" if isinstance(told, Refused) else told.state

    def reward(self, value: int, unit: str = "EUR", member: int = KIEL, **changes: object) -> GiveReward:
        """A reward by hand."""
        self.made += 1
        market, location = {KIEL: ("DE", "de-kiel"), BONN: ("DE", "de-bonn"), OSLO: ("NO", "no-oslo")}[member]
        given: dict[str, object] = {
            "member": member,
            "rule": "order_points" if unit == "PTS" else "order",
            "reward_id": 5_000 + self.made,
            "unit": unit,
            "value": value,
            "payer": PAYERS[unit],
            "market": market,
            "location": location,
            "happened_at": NOW,
            **changes,
        }
        return GiveReward(**given)  # type: ignore[arg-type]

    def rows(self, statement: LiteralString, *values: object) -> list[tuple[object, ...]]:
        """Look with an eye that row security does not cover."""
        with looking(self.url) as db:
            return db.execute(statement, values).fetchall()

    def state(self, request: int) -> str:
        return str(self.rows("select state from requests where id = %s", request)[0][0])

    def pool(self, name: str = GERMANY, unit: str = "EUR") -> tuple[int, int]:
        """What a pool has, and what of it is set aside."""
        found = self.rows("select posted, held from accounts where name = %s and unit = %s", name, unit)
        posted, held = found[0]
        assert isinstance(posted, int)
        assert isinstance(held, int)
        return posted, held

    def purse(self, member: int = KIEL, unit: str = "EUR") -> tuple[int, int]:
        """What a member has, and owes."""
        found = self.rows(
            "select posted, debt from accounts where member_id = %s and name = 'purse' and unit = %s",
            member,
            unit,
        )
        posted, debt = found[0] if found else (0, 0)
        assert isinstance(posted, int)
        assert isinstance(debt, int)
        return posted, debt

    def audit(self, request: int) -> list[str]:
        """What happened to a request, as the audit tells it."""
        subject = show("apr", request)
        return [
            str(row[0])
            for row in self.rows("select action from audit where subject = %s order by id", subject)
        ]


def adjustment(amount: int, unit: str = "EUR", member: int = KIEL, **changes: object) -> AdjustBalance:
    """So much more, or less, by hand."""
    given: dict[str, object] = {
        "member": member,
        "unit": unit,
        "amount": amount,
        "payer": PAYERS[unit],
        "reason": "a gesture",
        **changes,
    }
    return AdjustBalance(**given)  # type: ignore[arg-type]


def connections(house: House, number: int) -> Sequence[Connection]:
    """So many connections of the web, to be closed by the caller."""
    return [connect(house.url, house.secret, "web") for _ in range(number)]
