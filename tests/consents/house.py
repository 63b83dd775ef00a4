"""A program in which one market wants a consent confirmed and another does not, and what members say."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tests.furnishing import read_once
from tests.lending import lent
from tests.wallet.house import NOW, House

from guerdon.engine.messages.consents.consenting import Given, Grant, Withdrawal, give, withdraw, words_sha
from guerdon.engine.publish import publish
from guerdon.program.messages.nouns import ChannelKind
from guerdon.queries.controls.messages.consents import CONTROLS
from guerdon.queries.controls.run import run_controls
from guerdon.store.database import Transaction, transaction
from guerdon.store.messages.consents import Method
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.ids import show

PROGRAM = Path(__file__).with_name("program.yaml")
WORDS = "I want offers by e-mail."


class Quay(House):
    """A house in which members say what they want to be told."""

    def person(self, member_id: int, email: str = "", phone: str = "") -> None:
        with self.worker() as db, transaction(db, self.program_id) as tx:
            sealed = seal_person(self.vault, self.program_id, member_id, Person("Ada", email, phone))
            record_persons(tx, self.program_id, [sealed])

    def grant(
        self,
        member_id: int,
        topic: str = "offers",
        channel: ChannelKind = "email",
        method: Method = "page",
        happened_at: datetime | None = None,
        mark: bytes | None = None,
    ) -> Grant:
        return Grant(
            *(self.program_id, member_id, topic, channel, method, show("mem", member_id), 1, "en"),
            *(words_sha(WORDS), "form", mark, self.now),
            happened_at=happened_at,
        )

    def give(self, member_id: int, topic: str = "offers", channel: ChannelKind = "email") -> Given:
        with self.web() as tx:
            return give(tx, self.program, self.grant(member_id, topic, channel))

    def withdrawal(
        self, member_id: int, channel: ChannelKind = "email", method: Method = "page"
    ) -> Withdrawal:
        who = show("mem", member_id)
        return Withdrawal(
            *(self.program_id, member_id, ["offers"], [channel], method, who, "form", None, self.now)
        )

    def withdraw(self, member_id: int, channel: ChannelKind = "email") -> None:
        with self.web() as tx:
            withdraw(tx, self.withdrawal(member_id, channel))

    def stands(self, member_id: int) -> dict[tuple[str, str], str]:
        found = self.rows(
            "select topic, channel, state from standing_consents where member_id = %(m)s", m=member_id
        )
        return {(topic, channel): state for topic, channel, state in found}

    def proofs(self, member_id: int) -> list[tuple[str, str, str]]:
        return self.rows(
            "select topic, what, method from consents where member_id = %(m)s order by id", m=member_id
        )

    def breaches(self) -> list[str]:
        """What the control of consents finds."""
        with lent(self.url, self.secret, "worker") as db, transaction(db, self.program_id) as tx:
            report = run_controls(tx, self.now, CONTROLS)
        return [str(breach) for checked in report.breached for breach in checked.breaches]

    @contextmanager
    def as_member(self, member_id: int) -> Iterator[Transaction]:
        """A transaction of one member's page."""
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id, member_id) as tx:
            yield tx


@contextmanager
def opened_quay(url: str, secret: str) -> Iterator[Quay]:
    """A house whose books and standing consents are checked when the test is done."""
    program = read_once(PROGRAM)
    with lent(url, secret, "owner") as db:
        published = publish(db, program, "test", NOW)
    made = Quay(url, secret, program, published.program_id)
    yield made
    made.check()
    assert made.breaches() == []
