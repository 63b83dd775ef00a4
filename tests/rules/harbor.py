"""A harbor to decide in: a program with every kind of unit, limit and reversal, and facts without a database.

`Books` folds what was decided the way the ledger does, so that a test can ask for balances and find a
decision that would leave the books out of order.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from guerdon.ledger.chart import DEBT, PENDING, PURSE
from guerdon.ledger.effects import Decision, Draw, Effect, Hold, Issue, Mature, Post, Refuse, Reverse
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.rules.decide import decide
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.playbook import Playbook

NOW = datetime(2026, 5, 20, 10, 30, tzinfo=UTC)
HARBOR = Path(__file__).with_name("harbor.yaml")


def harbor() -> Program:
    program = load_program(HARBOR)
    assert isinstance(program, Program), program
    return program


@dataclass
class Books:
    """What decisions come to for one member, and for the pools."""

    posted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    pending: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    debt: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    held: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    pools: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    lots: dict[int, int] = field(default_factory=dict)
    reversed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    values: dict[int, tuple[str, int]] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    posts: set[int] = field(default_factory=set)

    def fold(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Issue(_, reward, unit, value, _, _, available):
                    self.lots[reward], self.values[reward] = value, (unit, value)
                    if available is not None:
                        self.waiting.add(reward)
                case Draw(_, reward, amount):
                    self.lots[reward] -= amount
                case Reverse(reward, _, _, amount):
                    self.reversed[reward] += amount
                case Mature(reward):
                    self.waiting.remove(reward)
                case Post():
                    assert effect.id not in self.posts, "two transfers with one id"
                    assert effect.amount > 0
                    self.posts.add(effect.id)
                    self._move(effect.from_account, effect.unit, -effect.amount)
                    self._move(effect.to_account, effect.unit, effect.amount)
        self.check()

    def _move(self, account: str, unit: str, change: int) -> None:
        if account == PURSE:
            self.posted[unit] += change
        elif account == PENDING:
            self.pending[unit] += change
        elif account == DEBT:
            self.debt[unit] -= change
        else:
            self.pools[account, unit] += change

    def check(self) -> None:
        """What must hold after each decision: lots make the balances, and nobody owes who has something."""
        ready: dict[str, int] = defaultdict(int)
        pending: dict[str, int] = defaultdict(int)
        for reward, left in self.lots.items():
            unit, value = self.values[reward]
            assert 0 <= left <= value
            assert 0 <= self.reversed[reward] <= value
            (pending if reward in self.waiting else ready)[unit] += left
        for unit in {*self.posted, *self.pending, *self.debt}:
            assert self.posted[unit] == ready[unit]
            assert self.pending[unit] == pending[unit]
            assert self.debt[unit] >= 0
            assert not (self.debt[unit] and self.posted[unit] - self.held[unit]), (
                "a debt beside something to spend"
            )


@dataclass
class Member:
    """A member of the harbor, the facts of one long batch, and what was decided so far."""

    program: Program
    market: str = "DE"
    location: str | None = "de-kiel"
    now: datetime = NOW
    member_id: int = 7
    facts: Facts = field(init=False)
    playbook: Playbook = field(init=False)
    books: Books = field(default_factory=Books)
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    attributes: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.playbook = Playbook(self.program, 1, 1)
        nodes = {
            f"budget:{budget.key}:{place}": node
            for budget in self.program.budgets.values()
            for place, node in budget.nodes.items()
        }
        self.facts = Facts(
            self.now,
            pools={name: node.amount_minor for name, node in nodes.items()},
            allowances={},
            pool_units={name: node.unit for name, node in nodes.items()},
            lots={self.member_id: []},
        )

    def event(self, kind: str, at: datetime | None = None, /, **fields: object) -> Event:
        happened_at = at or self.now
        return Event(
            id=next(self.ids),
            type=kind,
            connection="api",
            external_id="",
            happened_at=happened_at,
            recorded_at=self.now,
            day=self.playbook.day_of(happened_at),
            data=fields,
            fields={**fields, "happened_at": happened_at},
        )

    def standing(self) -> Standing:
        enrolled_at = NOW - timedelta(days=400)
        return Standing(
            self.member_id, self.market, "en", self.location, self.attributes, enrolled_at=enrolled_at
        )

    def decides(self, event: Event) -> Decision:
        decision = decide(self.playbook, self.facts, event, self.standing())
        self.books.fold(decision.effects)
        return decision

    def hears(self, kind: str, at: datetime | None = None, /, **fields: object) -> Decision:
        """Decide an event, fold it, and check the books."""
        return self.decides(self.event(kind, at, **fields))

    def spend(self, unit: str, amount: int) -> None:
        """Spend of a balance, or a whole reward, as the member's own page would have by the next batch."""
        for lot in sorted(
            self.facts.lots[self.member_id],
            key=lambda lot: lot.expires_at or datetime.max.replace(tzinfo=UTC),
        ):
            part = min(lot.free, amount) if lot.unit == unit else 0
            if part:
                lot.remaining -= part
                lot.state = "ready" if lot.remaining else "redeemed"
                amount -= part
                spent = lot.payer.replace("budget:", "spent:").replace("program:funding", "program:spent")
                number = next(self.ids) + 10**9
                self.books.fold([Post(number, PURSE, spent, unit, part), Draw(number, lot.reward_id, part)])
        assert not amount, "there is not so much"


def said(decision: Decision) -> list[str]:
    """Each refusal and hold of a decision by its reason, each other effect by its kind."""
    return [
        effect.reason
        if isinstance(effect, Refuse)
        else f"held {effect.reason}"
        if isinstance(effect, Hold)
        else type(effect).__name__.lower()
        for effect in decision.effects
        if not isinstance(effect, Post | Draw)
    ]


def moves(decision: Decision) -> list[tuple[str, str, int]]:
    return [(e.from_account, e.to_account, e.amount) for e in decision.effects if isinstance(e, Post)]
