"""The console of a house, and things that happened to its members, as the worker would have left them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.approvals.doors import Doors, opened_doors
from tests.approvals.house import FURNISHING, KIEL, House
from tests.furnishing import Furnishing

from guerdon.ledger.effects import Decision, Refuse, encode_decision
from guerdon.store.audit import record_audit
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.ids import show

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
# Markup, and an override of the direction that would turn what follows it around.
HOSTILE = "<script>alert(1)</script>\u202emoc.elpmaxe"


@dataclass(frozen=True)
class Past:
    """What happens to a member of a house."""

    house: House
    member: int = KIEL

    def event(self, number: int, at: datetime, kind: str = "order", reason: str = "condition") -> None:
        decision = encode_decision(Decision([Refuse("order", reason)])).decode()
        with self.house.opened("worker") as tx:
            tx.execute(
                """
                insert into events (program_id, member_id, id, type, source, external_id, market, location,
                                    version, outcome, data, decision, happened_at, recorded_at, decided_at)
                values (%s, %s, %s, %s, 'crm', %s, 'DE', 'de-kiel', 1, 'refused', '{}', %s, %s, %s, %s)
                """,
                (self.house.program_id, self.member, number, kind, f"x{number}", decision, at, at, at),
            )

    def consent(self, number: int, at: datetime, what: str = "given") -> None:
        with self.house.opened("worker") as tx:
            tx.execute(
                """
                insert into consents (program_id, member_id, id, topic, channel, what, method, actor,
                                      version, language, text_sha, source, happened_at, recorded_at)
                values (%s, %s, %s, 'news', 'email', %s, 'page', 'mem', 1, 'de', sha256('x'), '', %s, %s)
                """,
                (self.house.program_id, self.member, number, what, at, at),
            )
            record_audit(tx, self.house.program_id, "test", "consent.given", show("mem", self.member), at)

    def act(self, who: str, at: datetime, reason: str, action: str = "member.looked_up") -> None:
        with self.house.opened("worker") as tx:
            actor = show("per", self.house.people[who])
            record_audit(
                tx, self.house.program_id, actor, action, show("mem", self.member), at, reason=reason
            )

    def order(self, number: int, chosen: datetime, ended: datetime | None = None) -> None:
        state, settled = ("fulfilled", ended) if ended else ("ordered", None)
        with self.house.opened("worker") as tx:
            tx.execute(
                """
                insert into orders (program_id, member_id, id, reward_id, item, unit, value, device,
                                    placed_at)
                values (%s, %s, %s, 1, 'a_card', 'EUR', 2500, 'phone', %s)
                """,
                (self.house.program_id, self.member, number, chosen),
            )
            tx.execute(
                """
                insert into fulfillments (program_id, member_id, order_id, supplier, state, chosen_at,
                                          settled_at)
                values (%s, %s, %s, 'manual', %s, %s, %s)
                """,
                (self.house.program_id, self.member, number, state, chosen, settled),
            )
            record_audit(tx, self.house.program_id, "test", "order.placed", show("ord", number), chosen)

    def person(self, name: str, email: str, phone: str = "") -> None:
        with self.house.opened("worker") as tx:
            sealed = seal_person(
                self.house.vault, self.house.program_id, self.member, Person(name, email, phone)
            )
            record_persons(tx, self.house.program_id, [sealed])


def minutes(number: int) -> datetime:
    return AT + timedelta(minutes=number)


@pytest.fixture
def furnishing() -> Furnishing:
    """Begin with the program of the house."""
    return FURNISHING


@pytest.fixture
def doors(laid_out: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """Give a console for everybody who works in the house."""
    house = House(laid_out, secret)
    house.open()
    with opened_doors(house, tmp_path) as opened:
        yield opened


@pytest.fixture
def past(doors: Doors) -> Past:
    """Give a member to whom things happen."""
    return Past(doors.house)
