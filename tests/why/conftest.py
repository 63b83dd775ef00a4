"""A bakery at work, whose decisions are asked about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import LiteralString

import pytest
from tests.engine.harbor_house import HarborHouse, deed
from tests.lending import lent

from guerdon.engine.enroll import enroll_members
from guerdon.engine.publish import publish
from guerdon.engine.why.accounts import Account, accounts_of
from guerdon.engine.why.telling import Teller
from guerdon.engine.why.trying import Invented, Trial, try_event
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.why.events import WhyAsked, list_why
from guerdon.rules.playbook import Playbook
from guerdon.store.database import transaction
from guerdon.values.problems import Problem

EVERYTHING: dict[str, LiteralString] = {
    "events": "select count(*) from events",
    "rewards": "select count(*), sum(remaining) from rewards",
    "transfers": "select count(*) from transfers",
    "accounts": "select name, member_id, unit, posted, held from accounts order by 1, 2, 3",
    "allowances": "select count(*), sum(used) from allowances",
    "days": "select count(*), sum(amount) from member_days",
    "outbox": "select count(*) from outbox",
    "audit": "select count(*) from audit",
    "months": "select counted from programs",
}
TEXT = (Path(__file__).parent / "bakery.yaml").read_text(encoding="utf-8")


@dataclass
class Bakery(HarborHouse):
    """A house with the bakery's program in it."""

    def begin(self, *changes: tuple[str, str]) -> None:
        text = TEXT
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        program = read_program(text)
        assert isinstance(program, Program), "\n".join(map(str, program))
        self.program = program
        with lent(self.url, self.secret, "owner") as db:
            self.program_id = publish(db, program, "test", self.now).program_id

    def enroll_rows(self, *rows: str) -> None:
        lines = StringIO(
            "\n".join(["external_source,external_id,market,location,employee,badge", *rows]) + "\n"
        )
        with lent(self.url, self.secret, "worker") as db:
            done = enroll_members(db, self.vault, (self.program_id, self.program), lines, self.now)
        assert not done.problems, done.problems

    def member(self, who: str) -> int:
        found = {row[0]: row[1] for row in self.rows("select external_id, member_id from member_ids")}[who]
        assert isinstance(found, int)
        return found

    def buy(self, who: str, hours: float = 0, **fields: object) -> None:
        self.tell_and_work(deed(who, "cake.bought", hours, **fields))

    def accounts(self, who: str, playbook: Playbook | str | None = "") -> list[Account]:
        """What there is to say of a member's events, the latest first."""
        book = Playbook(self.program, self.program_id, 1) if playbook == "" else playbook
        assert not isinstance(book, str)
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            return accounts_of(list_why(tx, WhyAsked(self.member(who), 50)), lambda _: book)

    def line(self, who: str, locale: str = "en") -> str:
        """What a member reads of their latest event."""
        return Teller(self.program, locale).member_line(self.accounts(who)[0])

    def tried(
        self,
        who: str | Invented,
        /,
        at: datetime | None = None,
        playbook: Playbook | None = None,
        of: str = "cake.bought",
        **fields: object,
    ) -> Account | list[Problem]:
        """What would follow, as the web asks it."""
        book = playbook or Playbook(self.program, self.program_id, 1)
        member = who if isinstance(who, Invented) else self.member(who)
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            return try_event(tx, book, Trial(of, fields, member, at or self.now), self.now)

    def everything(self) -> dict[str, object]:
        """How much there is of all that a decision could write."""
        return {name: self.rows(counting) for name, counting in EVERYTHING.items()}


@pytest.fixture
def bakery(database: str, secret: str) -> Iterator[Bakery]:
    """Give a bakery with four members."""
    made = Bakery(database, secret)
    made.begin()
    made.enroll_rows(
        "crm,ada,DE,de-kiel,false,a-1", "crm,ben,DE,,true,", "crm,cem,DE,,false,", "crm,nor,NO,no-oslo,false,"
    )
    yield made
    made.check()
