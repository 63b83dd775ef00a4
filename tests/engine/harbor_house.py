"""The harbor's program at work: told by its own API, decided by real workers, spent by members themselves."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import LiteralString

import msgspec
from tests.engine.house import NOW, House, Worker
from tests.lending import lent
from tests.rules.harbor import HARBOR

from guerdon.connectors.cloudevents.sample import sample_delivery
from guerdon.engine.codes import add_codes
from guerdon.engine.enroll import enroll_members
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.process import LeaseLost, process
from guerdon.engine.publish import publish
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.engine.wallet.spending import Spend, spend
from guerdon.ledger.effects import Redeem, Refuse
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.codes import Code
from guerdon.store.database import transaction
from guerdon.values.money import Money

# A deed: whose, of what kind, so many hours from now, and what it said.
Deed = tuple[str, str, float, dict[str, object]]

ENDS: dict[str, LiteralString] = {
    "purses": """
        select i.external_id, a.unit, a.posted, a.held, a.pending, a.debt
        from accounts a join member_ids i using (program_id, member_id)
        where a.program_id = this_program() and (a.posted, a.pending, a.debt) <> (0, 0, 0) order by 1, 2
    """,
    "rewards": """
        select i.external_id, r.rule, r.reference, r.unit, r.value, r.remaining, r.reversed, r.state,
               r.happened_at
        from rewards r join member_ids i using (program_id, member_id)
        where r.program_id = this_program() order by 1, 2, 3, 9
    """,
    "pools": """
        select name, unit, posted, held from accounts
        where program_id = this_program() and member_id = 0 and (posted, held) <> (0, 0) order by 1, 2
    """,
    "waiting": """
        select i.external_id, w.rule, w.reference from reversals_waiting w
        join member_ids i using (program_id, member_id) where w.program_id = this_program() order by 1, 2, 3
    """,
    "allowances": """
        select coalesce(i.external_id, ''), a.name, a.period, a.used from allowances a
        left join member_ids i using (program_id, member_id)
        where a.program_id = this_program() and a.used > 0 order by 1, 2, 3
    """,
}


def deed(who: str, kind: str, hours: float = 0, /, **data: object) -> Deed:
    return (who, kind, hours, data)


@dataclass
class HarborHouse(House):
    """A house with the harbor's program in it."""

    now: datetime = NOW
    ids: int = field(default=0)

    def open(self, key: str = "harbor", *changes: tuple[str, str]) -> None:
        """Publish the harbor's program, some of its text changed."""
        text = HARBOR.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        program = read_program(text.replace("program: harbor", f"program: {key}"), None, key)
        assert isinstance(program, Program), program
        self.program = program
        with lent(self.url, self.secret, "owner") as db:
            self.program_id = publish(db, program, "test", NOW).program_id

    def join(self, *names: str, market: str = "DE", location: str = "de-kiel") -> None:
        lines = ["external_source,external_id,market,location\n"]
        lines += [f"crm,{name},{market},{location}\n" for name in names]
        with lent(self.url, self.secret, "worker") as db:
            enrolled = enroll_members(db, self.vault, (self.program_id, self.program), lines, NOW)
        assert not enrolled.problems, enrolled.problems

    def call(self, deeds: Sequence[Deed], per_request: int = 20, *, seed: str = "") -> None:
        """Tell deeds through the API; each has an id of its own."""
        events: list[dict[str, object]] = []
        for who, kind, hours, data in deeds:
            self.ids += 1
            at = (NOW + timedelta(hours=hours)).isoformat()
            events.append(
                {
                    "id": f"{seed}{self.ids}",
                    "source": "shop",
                    "specversion": "1.0",
                    "type": kind,
                    "subject": f"crm:{who}",
                    "time": at,
                    "data": data,
                }
            )
        self.call_events(events, per_request)

    def call_events(self, events: Sequence[dict[str, object]], per_request: int = 20) -> None:
        parts = [events[at : at + per_request] for at in range(0, len(events), per_request)]
        deliveries = [sample_delivery(self.program, part) for part in parts]
        kept = [each for each in deliveries if isinstance(each, Delivery)]
        assert kept == deliveries, deliveries
        with lent(self.url, self.secret, "web") as db:
            keep_deliveries(db, self.vault, self.program_id, kept, self.now)

    def work(self, at_most: int = 1000) -> None:
        with self.worker() as worker:
            self.drain(worker, at_most)

    def drain(self, worker: Worker, at_most: int = 1000) -> None:
        lease = worker.lease()
        while True:
            try:
                if not process(worker.db, worker.library, lease, lambda: self.now, at_most):
                    return
            except LeaseLost:
                lease = worker.lease()

    def tell_and_work(self, *deeds: Deed, at_most: int = 1000) -> None:
        self.call(deeds)
        self.work(at_most)

    def member(self, name: str) -> int:
        numbers = {
            row[0]: row[1]
            for row in self.rows("select external_id, member_id from member_ids order by program_id")
        }
        number = numbers[name]
        assert isinstance(number, int)
        return number

    def spend(self, name: str, unit: str, amount: int) -> None:
        """A member spends of a balance."""
        self.ids += 1
        asked = Spend(self.program_id, self.member(name), f"spend {self.ids}", unit, amount)
        with lent(self.url, self.secret, "worker") as db, transaction(db, self.program_id) as tx:
            done = spend(tx, self.program, asked, self.now)
        assert not isinstance(done, Refuse), done

    def redeem(self, name: str, rule: str, item: str = "cake") -> int:
        """A member takes an item for the reward of a rule; the order."""
        member_id = self.member(name)
        ((reward_id, value, unit),) = [
            (number, value, unit)
            for number, whose, of, value, unit in self.rows(
                "select id, member_id, rule, value, unit from rewards"
            )
            if (whose, of) == (member_id, rule)
        ]
        assert isinstance(reward_id, int)
        assert isinstance(value, int)
        with lent(self.url, self.secret, "worker") as db, transaction(db, self.program_id) as tx:
            code = Code(item, Money(value, str(unit)), f"code {reward_id}")
            assert all(add_codes(tx, self.vault, self.program_id, [code]))
        with lent(self.url, self.secret, "web") as db:
            choice = Choice(self.program_id, member_id, reward_id, item, "phone")
            answer = redeem(
                lambda: transaction(db, self.program_id, member_id), self.program, choice, self.now
            )
        assert isinstance(answer, Redeem), answer
        return answer.order

    def ends(self) -> dict[str, list[tuple[object, ...]]]:
        """All that a program came to, but for ids of our own making and the order in which things came."""
        with lent(self.url, self.secret, "worker") as db, transaction(db, self.program_id) as tx:
            return {name: tx.execute(question).fetchall() for name, question in ENDS.items()}

    def outcomes(self) -> list[str]:
        return [
            str(row[0])
            for row in self.rows("select outcome from events where type <> 'value.spent' order by id")
        ]

    def effects(self, kind: str) -> list[dict[str, object]]:
        """Effects of a kind, as they are stored."""
        told = self.rows("select decision::text from events order by id")
        effects = [each for (text,) in told for each in msgspec.json.decode(str(text))["effects"]]
        return [each for each in effects if each["type"] == kind]


def later(house: HarborHouse, **passed: float) -> None:
    house.now += timedelta(**passed)


def everything(chance: random.Random) -> list[Deed]:
    """Four members' orders with their returns and deliveries, each at a time of its own."""
    deeds: list[Deed] = []
    for who in ("ann", "bob", "cy", "dee"):
        for number in range(4):
            placed = chance.uniform(-200, -100)
            reference: dict[str, object] = {"order_no": f"{who}{number}"}
            deeds.append((who, "order.placed", placed, {**reference, "amount": chance.randint(0, 9_000)}))
            if chance.random() < 0.6:
                share: dict[str, object] = {"refunded": chance.randint(1, 5), "total": 5}
                deeds.append((who, "order.returned", placed + chance.uniform(1, 90), {**reference, **share}))
            if chance.random() < 0.6:
                deeds.append((who, "order.delivered", placed + chance.uniform(1, 90), dict(reference)))
    return deeds
