"""A house with one program, members who earned rewards, and codes to choose: all real rows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.furnishing import Furnishing, published, read_once
from tests.lending import lent, looking

from guerdon.engine.apply import Rows, add_decision, apply_rows
from guerdon.engine.codes import add_codes, generate_codes
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.ledger.effects import Decision, Draw, Hold, Issue, Post, Redeem, Refuse, Reverse
from guerdon.program.model import Program
from guerdon.queries.controls import codes, holds, ledger, lots
from guerdon.queries.invariants import check_invariants
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.codes import Code
from guerdon.store.database import Transaction, transaction
from guerdon.store.sealing import Vault
from guerdon.values.ids import derived_id
from guerdon.values.money import Money

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
PROGRAM = Path(__file__).resolve().parents[2] / "examples" / "ev_maker" / "program.yaml"
FURNISHING = Furnishing(PROGRAM, NOW)
BUDGET = "budget:by_market:DE"
EUR_200 = Money(20_000, "EUR")
BOOKS = (*ledger.CONTROLS, *lots.CONTROLS, *holds.CONTROLS, *codes.CONTROLS)


@dataclass
class House:
    """An installation: its database by role, its vault, its one program."""

    url: str
    secret: str
    program: Program
    program_id: int
    vault: Vault = field(init=False)
    events_made: int = 0

    def __post_init__(self) -> None:
        self.vault = Vault(self.secret)

    @contextmanager
    def working(self) -> Iterator[Transaction]:
        with (
            lent(self.url, self.secret, "worker") as connection,
            transaction(connection, self.program_id) as tx,
        ):
            yield tx

    def opens(self, member_id: int | None) -> Callable[[], AbstractContextManager[Transaction]]:
        """A way to open the web's transactions for one member, each on a connection of its own."""

        @contextmanager
        def opened() -> Iterator[Transaction]:
            with (
                lent(self.url, self.secret, "web") as connection,
                transaction(connection, self.program_id, member_id) as tx,
            ):
                yield tx

        return opened

    def enroll(self, member_id: int, market: str = "DE", language: str = "en") -> int:
        with self.working() as tx:
            tx.execute(
                "insert into members (program_id, member_id, market, language, enrolled_at)"
                " values (%s, %s, %s, %s, %s)",
                (self.program_id, member_id, market, language, NOW),
            )
        return member_id

    def reward(
        self,
        member_id: int,
        *,
        value: Money = EUR_200,
        at: datetime = NOW,
        happened: datetime | None = None,
        days: int = 180,
        rule: str = "booking",
        available: datetime | None = None,
    ) -> int:
        """Give a member a reward by the batch path itself: event, transfer, purse, pool and figures.

        An event that came late had `happened` before it arrived `at` the house; what is `available` later is
        pending.
        """
        happened_at = happened or at
        self.events_made += 1
        event_id = 1_000_000 + self.events_made
        reward_id = derived_id(event_id, rule, "1", str(member_id))
        unit, amount = value.unit, value.amount_minor
        # Its budget is of money; points are given out of what the program has of them.
        payer = BUDGET if unit == "EUR" else "program:funding"
        decision = Decision(
            (
                Issue(rule, reward_id, unit, amount, at + timedelta(days=days), payer, available),
                Post(reward_id, payer, "pending" if available else "purse", unit, amount),
            )
        )
        self._apply(member_id, event_id, decision, (happened_at, at), (payer, Money(-amount, unit)))
        return reward_id

    def take_back(self, member_id: int, reward_id: int, amount: int, *, at: datetime = NOW) -> None:
        """Take part of a reward back to its pool, by the same path."""
        self.events_made += 1
        event_id = 1_000_000 + self.events_made
        post = derived_id(event_id, "back")
        decision = Decision(
            (
                Reverse(reward_id, "canceled", "EUR", amount),
                Post(post, "purse", BUDGET, "EUR", amount),
                Draw(post, reward_id, amount),
            )
        )
        self._apply(member_id, event_id, decision, (at, at), (BUDGET, Money(amount, "EUR")))

    def _apply(
        self,
        member_id: int,
        event_id: int,
        decision: Decision,
        when: tuple[datetime, datetime],
        paid: tuple[str, Money],
    ) -> None:
        (happened_at, at), (pool, amount) = when, paid
        playbook = Playbook(self.program, self.program_id, 1)
        event = Event(
            id=event_id,
            type="booking.confirmed",
            connection="hubspot_eu",
            external_id=str(event_id),
            happened_at=happened_at,
            recorded_at=at,
            day=playbook.day_of(happened_at),
            data={},
            fields={},
        )
        facts = Facts(at, pools={pool: abs(amount.amount_minor)}, allowances={})
        facts.fold_pool(pool, amount.amount_minor, amount.unit)
        rows = Rows(playbook, at)
        add_decision(rows, event, Standing(member_id, "DE", "en", "de-hamburg-hafencity", {}), decision)
        with self.working() as tx:
            apply_rows(tx, rows, facts)

    def stock(self, count: int, item: str = "green_basket", value: Money = EUR_200) -> None:
        with self.working() as tx:
            fresh = [Code(item, value, f"{item}-{value.amount_minor}-{n}") for n in range(count)]
            assert all(add_codes(tx, self.vault, self.program_id, fresh))

    def stock_everything(self, seed: str = "test") -> None:
        with self.working() as tx:
            add_codes(tx, self.vault, self.program_id, generate_codes(self.program, 20, seed))

    def choose(
        self,
        member_id: int,
        reward_id: int,
        item: str = "green_basket",
        *,
        now: datetime = NOW,
        device: str = "phone",
        opens: Callable[[], AbstractContextManager[Transaction]] | None = None,
    ) -> Redeem | Refuse | None:
        choice = Choice(self.program_id, member_id, reward_id, item, device)
        said = redeem(opens or self.opens(member_id), self.program, choice, now)
        assert not isinstance(said, Hold), "this house has no supplier"
        return said

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """Read with an eye that row security does not cover."""
        with looking(self.url) as connection:
            return connection.execute(statement, values).fetchall()

    def check_books(self) -> None:
        """Assert what must hold after any test; what came in by no door is asked of no door's rows."""
        with self.opens(None)() as tx:
            assert check_invariants(tx, BOOKS) == []
        orders, issued, events, moved = self.rows(
            """
            select (select count(*) from orders), (select count(*) from codes where state = 'issued'),
                   (select count(*) from events where type = 'reward.redeemed'),
                   (select count(*) from transfers where starts_with(to_account, 'spent:'))
            """
        )[0]
        assert orders == issued == events == moved
        counted = self.rows(
            "select coalesce(sum(redeemed), 0), coalesce(sum(redeemed_value), 0) from rollups"
        )[0]
        standing = "select count(distinct reward_id), coalesce(sum(value), 0) from orders"
        assert counted == self.rows(standing)[0]


@contextmanager
def opened_house(url: str, secret: str, written: Path = PROGRAM) -> Iterator[House]:
    """Give a house with its program published, whose books are checked when the test is done."""
    program = read_once(written)
    made = House(url, secret, program, published(url, secret, program, NOW))
    yield made
    made.check_books()
