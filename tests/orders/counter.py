"""A house with a catalog: items of suppliers and of our own, and the desk that asks these suppliers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import psycopg
from tests.lending import lent, looking
from tests.orders.fakes import Fake
from tests.redeem.house import EUR_200, NOW, House

from guerdon.engine.library import Library
from guerdon.engine.orders.canceling import Taking, Unreturned, return_order
from guerdon.engine.orders.cases import Accounts
from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.port import Supplier
from guerdon.engine.orders.working import order_once
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.engine.wallet.commands import Done
from guerdon.ledger.effects import Hold, Redeem, Refuse
from guerdon.program.catalog.nouns import Catalog, SupplierAccount
from guerdon.program.model import Program
from guerdon.queries.controls.run import CONTROLS
from guerdon.queries.invariants import check_invariants
from guerdon.queries.orders.orders import MemberOrder, load_order
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.money import Money

ITEM = "giftly:card"
# What came in by no door is asked of no door's rows.
LEFT_OUT = (
    "intake.",
    "limits.",
    "rewards.rule",
    "receipts.rewards",
    "receipts.transfers",
    "figures.issued",
    "people.",
    "audit.",
)


class Shelf(Library):
    """One program, as a test has it."""

    def __init__(self, house: House, program: Program) -> None:
        super().__init__(house.vault, {})
        self.book = Playbook(program, house.program_id, 1)

    def playbook(self, tx: Transaction, program_id: int, now: datetime) -> Playbook:  # noqa: ARG002
        return self.book


@dataclass
class Counter:
    """Where members choose and orders are worked off, by a clock of its own."""

    house: House
    fakes: Mapping[str, Fake]
    now: datetime = NOW
    catalog: Catalog = field(default_factory=Catalog)
    program: Program = field(init=False)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        accounts = {
            key: SupplierAccount(key, "fake", "SECRET", prefer=place) for place, key in enumerate(self.fakes)
        }
        self.program = replace(self.house.program, catalog=self.catalog, suppliers=accounts)
        self.desk = self.new_desk()

    def new_desk(self, in_flight: int = 4) -> Desk:
        def opened(_: Program, key: str) -> Supplier | None:
            return cast("Supplier | None", self.fakes.get(key))

        return Desk(opened, Shelf(self.house, self.program), lambda: self.now, in_flight)

    def shelve(
        self,
        key: str = ITEM,
        offers: Sequence[str] = (),
        *,
        denominations: Sequence[int] = (20_000,),
        more: Mapping[str, object] | None = None,
        needs: Sequence[str] = (),
        slots: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Put an item on sale: of these suppliers (all of them where none is named), with these places."""
        columns: dict[str, Any] = {
            "program_id": self.house.program_id,
            "id": len(key) * 1000 + sum(map(ord, key)),
            "key": key,
            "feed": "giftly",
            "sku": key,
            "category": "gift_card",
            "kind": "gift_card",
            "delivery": "code",
            "markets": ["DE"],
            "currency": "EUR",
            "denominations": list(denominations),
            "names": '{"en": "Card"}',
            "supplier": "giftly",
            "generation": 1,
            "content_hash": b"x" * 32,
            "changed_at": NOW,
            **(more or {}),
        }
        with looking(self.house.url) as db:
            names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns))
            values = psycopg.sql.SQL(", ").join(psycopg.sql.Placeholder() * len(columns))
            db.execute(
                psycopg.sql.SQL("insert into catalog_items ({}) values ({})").format(names, values),
                list(columns.values()),
            )
            for prefer, supplier in enumerate(offers or self.fakes):
                db.execute(
                    "insert into catalog_offers (program_id, item_id, supplier, sku, prefer, needs)"
                    " values (%s, %s, %s, %s, %s, %s)",
                    (self.house.program_id, columns["id"], supplier, f"{supplier}-sku", prefer, list(needs)),
                )
            for slot, capacity in slots:
                db.execute(
                    "insert into catalog_slots (program_id, item_id, id, ref, capacity)"
                    " values (%s, %s, %s, %s, %s)",
                    (self.house.program_id, columns["id"], slot, str(slot), capacity),
                )

    def choose(
        self, member_id: int, reward_id: int, item: str = ITEM, **more: Any
    ) -> Redeem | Hold | Refuse | None:
        choice = Choice(self.house.program_id, member_id, reward_id, item, "phone", **more)
        return redeem(self.house.opens(member_id), self.program, choice, self.now)

    def ordered(self, member_id: int = 7, value: Money = EUR_200, **more: Any) -> int:
        """Have a new member choose; the order."""
        self.house.enroll(member_id)
        self.tell(member_id)
        said = self.choose(member_id, self.house.reward(member_id, value=value), **more)
        assert isinstance(said, Hold), said
        return said.request

    def tell(self, member_id: int) -> None:
        """Tell who a member is."""
        with self.house.working() as tx:
            person = Person("Ann", f"ann{member_id}@example.com", "")
            record_persons(
                tx,
                self.house.program_id,
                [seal_person(self.house.vault, self.house.program_id, member_id, person)],
            )

    def work(self, seconds: float = 0.0, desk: Desk | None = None) -> int:
        """Let time pass, then work off what is due."""
        self.now += timedelta(seconds=seconds)
        with lent(self.house.url, self.house.secret, "worker") as db:
            return order_once(db, desk or self.desk, self.now)

    def work_on(self, minutes: float = 15, step_s: float = 5) -> None:
        """Work until nothing is open, or the time is over."""
        for _ in range(int(minutes * 60 / step_s)):
            self.work(step_s)
            open_ = "select 1 from fulfillments where settled_at is null and next_at is not null"
            if not self.house.rows(open_):
                return

    def order(self, order_id: int, member_id: int = 7) -> MemberOrder:
        with self.house.opens(member_id)() as tx:
            found = load_order(tx, self.house.vault, self.house.program_id, member_id, order_id)
        assert found is not None
        return found

    def returned(self, order_id: int, member_id: int = 7) -> Done | Unreturned:
        """Have an order taken back by its supplier, as the console does."""
        desk = Accounts(self.program, self.desk.open_account, self.house.vault)
        taking = Taking(self.house.program_id, member_id, order_id, "per_1", "because")
        return return_order(self.house.opens(None), desk, taking, self.now)

    def state(self, order_id: int) -> str:
        rows = self.house.rows("select state from fulfillments where order_id = %(o)s", o=order_id)
        return str(rows[0][0])

    def issues(self) -> dict[str, int]:
        """How often each order was placed, by its reference."""
        found: dict[str, int] = {}
        for fake in self.fakes.values():
            for ref, made in fake.by_ref.items():
                found[ref] = found.get(ref, 0) + len(made)
        return found

    def check(self) -> None:
        """All books hold, and nothing was ever placed twice."""
        assert all(n == 1 for n in self.issues().values()), self.issues()
        asked = [control for control in CONTROLS if not control.keys[0].startswith(LEFT_OUT)]
        with self.house.opens(None)() as tx:
            found = [breach for breach in check_invariants(tx, asked) if not breach.startswith(LEFT_OUT)]
        assert not found, "\n".join(found)
