"""The nouns of policy after checking: budgets as a tree, limits, campaigns, and who has to approve.

Everything is written out: each node of a budget, each rule and market that a limit counts, each rung of a
ladder, the ones that nobody wrote down too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from guerdon.values.money import Money
from guerdon.values.texts import Text

BudgetPer = Literal["one", "market", "location"]
BudgetPeriod = Literal["none", "month", "quarter", "year"]
LimitPer = Literal["member", "location", "rule", "market", "campaign", "program", "field", "person"]
LimitPeriod = Literal["day", "month", "year", "life", "hours"]
Beyond = Literal["refuse", "hold"]
RequestKind = Literal["reward", "adjustment", "budget", "bulk", "version", "grant"]


@dataclass(frozen=True, slots=True)
class BudgetNode:
    """One account of a budget; its place is a market, a location, or nothing where there is one for all.

    `parent_account` is the account that gives it what it holds; None: program:funding, in its own unit.
    """

    place: str
    market: str | None
    location: str | None
    unit: str
    amount_minor: int
    parent_account: str | None = None


@dataclass(frozen=True, slots=True)
class TopUp:
    """Below which balance a node gets how much more from its parent, by place; others get nothing."""

    below: Mapping[str, int]
    amount: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Budget:
    """Accounts that pay for rewards, each with what it is given at the beginning of a period."""

    key: str
    name: Text
    per: BudgetPer
    parent: str | None
    period: BudgetPeriod
    carry_over: bool
    nodes: Mapping[str, BudgetNode]
    top_up: TopUp | None = None
    warn_percent: tuple[int, ...] = (70, 90, 100)
    when_empty: Beyond = "refuse"

    @property
    def amounts_minor(self) -> dict[str, int]:
        """What each place is given, in minor units of its own unit."""
        return {place: node.amount_minor for place, node in self.nodes.items()}

    @property
    def unit(self) -> str:
        """The unit of its first node; the others may have currencies of their own."""
        return next((node.unit for node in self.nodes.values()), "")


@dataclass(frozen=True, slots=True)
class Limit:
    """How much, or how often, something may be given in a period; exactly one of the two is set.

    `rules` and `markets` are those it counts, all written out. A limit of an amount counts rewards of its
    unit only. `field` is the event's field whose values are counted apart, for `field` and `person`.
    """

    key: str
    name: Text
    per: LimitPer
    period: LimitPeriod
    amount: Money | None
    times: int | None
    rules: tuple[str, ...]
    markets: tuple[str, ...] = ()
    field: str | None = None
    hours: int = 0
    over: Beyond = "refuse"


@dataclass(frozen=True, slots=True)
class Campaign:
    """A time in which some rules hold, by `happened_at`; both days belong to it, None is open."""

    key: str
    name: Text
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Rung:
    """Who approves up to an amount: so many different people, each holding one of the roles.

    A value stands on the first rung whose bound is not below it; one without bounds takes every value, one
    with bounds none of a unit that it does not name. `markets` empty: all. `people` 0: it passes unsigned.
    """

    up_to_minor: Mapping[str, int] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    people: int = 1
    markets: tuple[str, ...] = ()

    def takes(self, market: str | None, unit: str | None, amount_minor: int) -> bool:
        """Whether an amount of this market stands on this rung, when none below it took it."""
        if self.markets and market not in self.markets:
            return False
        return not self.up_to_minor or amount_minor <= self.up_to_minor.get(unit or "", -1)


@dataclass(frozen=True, slots=True)
class ApprovalTimes:
    """After how long a request moves up one rung, and after how long it ends and frees its money."""

    expire_hours: int = 336
    escalate_hours: int = 24
