"""A year of an orchard, lived through the engine: whatever a control looks at happened here at least once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from tests.controls.books import FR, Books
from tests.controls.ledgers import opened
from tests.furnishing import read_once
from tests.wallet.house import House

from guerdon.access.grants import Grant
from guerdon.access.roles import Role
from guerdon.engine.approvals.acting import Acting, Stood
from guerdon.engine.approvals.asking import ask
from guerdon.engine.approvals.signing import Word, sign
from guerdon.engine.codes import add_codes
from guerdon.engine.library import Library
from guerdon.engine.proof.seals import seal_new
from guerdon.engine.publish import publish
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.engine.segments import follow_segments
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.extending import Extension, extend
from guerdon.engine.wallet.holding import Reserve, hold
from guerdon.engine.wallet.spending import Restore, Spend, restore, spend
from guerdon.ledger.contents import AdjustBalance
from guerdon.ledger.effects import Redeem
from guerdon.program.model import Program
from guerdon.store.access.grants import record_grant
from guerdon.store.access.people import record_person
from guerdon.store.approvals.signers import load_signers
from guerdon.store.codes import Code
from guerdon.store.database import Transaction, connect, transaction
from guerdon.values.money import Money

PROGRAM = Path(__file__).with_name("program.yaml")
STAFF: tuple[tuple[str, Role], ...] = (
    ("finance", "finance"),
    ("finance2", "finance"),
    ("owner", "program_owner"),
    ("manager", "dealer_manager"),
)


def orchard() -> Program:
    """The program."""
    return read_once(PROGRAM)


def lived(url: str, secret: str) -> Books:
    """The books after that year, in the hands of somebody who may write anything."""
    year = _Year(url, secret, orchard())
    year.live()
    places = {year.ada: "DE", year.ben: "FR", year.cleo: "DE"}
    return Books(
        opened(url),
        year.house.program_id,
        number=10**12,
        at=year.house.now,
        places=places,
        now=year.house.now,
        ada=year.ada,
        ben=year.ben,
        cleo=year.cleo,
    )


class _Year:
    """What happens, in its order."""

    def __init__(self, url: str, secret: str, program: Program) -> None:
        with connect(url, secret, "owner") as db:
            program_id = publish(db, program, "test", datetime.fromisoformat("2026-05-01T08:00Z")).program_id
        self.house = House(url, secret, program, program_id)
        self.people: dict[str, int] = {}
        self.ada, self.cleo = self.house.enroll("ada", "cleo")
        (self.ben,) = self.house.enroll("ben", market="FR")
        with opened(url) as db:
            db.execute(
                "update members set location = case market when 'FR' then 'fr-lyon' else 'de-kiel' end"
            )

    def live(self) -> None:
        self._staff()
        self._money()
        self._points()
        self._debt()
        self.house.later(days=40)
        self.house.run_timers()
        self._approvals()
        self._hold()
        with self.house.worker() as db:
            while follow_segments(db, Library(self.house.vault, {}), self.house.now):
                pass
            seal_new(db, self.house.now)

    def _staff(self) -> None:
        for name, role in STAFF:
            with self.house.web() as tx:
                who, at = (f"{name}@example.com", name), self.house.now
                self.people[name] = record_person(tx, self.house.program_id, who, "test", at)
                grant = Grant(self.house.program_id, role, at)
                if role == "dealer_manager":
                    grant = replace(grant, market="FR", location="fr-lyon")
                record_grant(tx, self.people[name], grant, "test", at)

    def _money(self) -> None:
        """Rewards of money, one of them redeemed; the booking of France needs a top-up."""
        house = self.house
        with house.worker() as db, transaction(db, house.program_id) as tx:
            codes = [
                Code("basket", Money(amount, unit), f"{unit}-{amount}-{n}")
                for amount, unit in ((20_000, "EUR"), (100, "PTS"))
                for n in range(3)
            ]
            assert all(add_codes(tx, house.vault, house.program_id, codes))
        for contact in ("ada", "ben"):
            house.tell(contact, "test_drive.completed")
            house.tell(contact, "booking.confirmed")
            house.tell(contact, "bonus.earned")
        self._choose(self.ada, "booking")
        self._extend(self.ada, "test_drive")

    def _extend(self, member: int, rule: str) -> None:
        house = self.house
        ((number, ends),) = house.rows(
            "select id, expires_at from rewards where member_id = %(m)s and rule = %(r)s", m=member, r=rule
        )
        later = (ends + timedelta(days=60)).date()
        asked = Extension(house.program_id, member, number, "e", later, "the shop was closed", "per_1")
        with house.web() as tx:
            assert isinstance(extend(tx, house.program, asked, house.now), Done)

    def _choose(self, member: int, rule: str) -> None:
        house = self.house
        found = house.rows(
            "select id from rewards where member_id = %(m)s and rule = %(r)s", m=member, r=rule
        )

        @contextmanager
        def opens() -> Iterator[Transaction]:
            with (
                connect(house.url, house.secret, "web") as db,
                transaction(db, house.program_id, member) as tx,
            ):
                yield tx

        choice = Choice(house.program_id, member, found[0][0], "basket", "phone")
        assert isinstance(redeem(opens, house.program, choice, house.now), Redeem)

    def _points(self) -> None:
        """Two lots drawn on twice, one spend given back, one part that will expire, one lot that waits."""
        self.house.tell("ada", "gift.given", amount=100)
        self.house.tell("ada", "visit.paid", visit_no="v1", amount=300)
        self.house.tell("ada", "trip.booked", amount=80)
        self._spend(self.ada, "first", 30)
        self._spend(self.ada, "second", 110)
        third = self._spend(self.ada, "third", 50)
        self._restore(self.ada, third)
        self.house.tell("ada", "gift.given", amount=60)
        self._spend(self.ada, "fourth", 20)

    def _debt(self) -> None:
        """A visit is returned after its points were spent; the next visit pays a part of it."""
        self.house.tell("cleo", "visit.paid", visit_no="v2", amount=100)
        self._spend(self.cleo, "all", 100)
        self.house.tell("cleo", "visit.returned", visit_no="v2")
        self.house.tell("cleo", "visit.paid", visit_no="v3", amount=30)

    def _spend(self, member: int, key: str, amount: int) -> int:
        with self.house.web() as tx:
            asked = Spend(self.house.program_id, member, key, "PTS", amount)
            done = spend(tx, self.house.program, asked, self.house.now)
        assert isinstance(done, Done), done
        return done.event_id

    def _restore(self, member: int, event_id: int) -> None:
        with self.house.web() as tx:
            asked = Restore(self.house.program_id, member, event_id)
            assert isinstance(restore(tx, self.house.program, asked, self.house.now), Done)

    def _approvals(self) -> None:
        """A bonus beyond its limit and an adjustment, asked and signed; a bonus that still waits."""
        house = self.house
        house.tell("ben", "bonus.earned")
        ((held,),) = house.rows("select id from requests where state = 'open'")
        self._sign("manager", held)
        with house.web() as tx:
            content = AdjustBalance(self.ben, "EUR", 1_000, FR, "kindness")
            stood = ask(tx, self._acting(tx, "finance"), content, "kindness")
            assert isinstance(stood, Stood), stood
        self._sign("finance2", stood.request_id)
        told = house.rows("select kind, state, why from requests")
        assert {row[1] for row in told} == {"done"}, told
        house.tell("ada", "bonus.earned")
        assert house.rows("select state from requests where state = 'open'") == [("open",)]

    def _sign(self, name: str, request: int) -> None:
        with self.house.web() as tx:
            said = sign(tx, self._acting(tx, name), [Word(request, 1, "approve")])[request]
        assert isinstance(said, Stood), said
        self.house.work()

    def _acting(self, tx: Transaction, name: str) -> Acting:
        number, house = self.people[name], self.house
        person = load_signers(tx, house.program_id, [number])[number]
        return Acting(house.program_id, house.program, person, house.vault, house.now)

    def _hold(self) -> None:
        house = self.house
        with house.web() as tx:
            asked = Reserve(
                house.program_id, self.ada, "h", "PTS", 25, "order", house.now + timedelta(days=2)
            )
            assert isinstance(hold(tx, house.program, asked, house.now), Done)
