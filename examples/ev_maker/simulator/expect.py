"""What each event must earn, worked out by the simulator's own code: pure functions, no imports of ours.

Whether a condition holds is known when an event is sent and stands in its expectation. What limits, budgets
and cancellations leave of it depends on the order in which events are decided, so `tally.py` folds them again
over the order that was recorded.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

Must = Literal["earn", "take_back", "nothing", "wait", "quarantine", "absent"]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so much, or so many times, per member and calendar month, or within the last `hours`.

    `rules` None means every rule. What would pass it is refused, or `holds` for people to look at.
    """

    key: str
    amount_minor: int | None = None
    times: int | None = None
    rules: frozenset[str] | None = None
    hours: int | None = None
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Refill:
    """Below how much an account gets how much more, once, from whom."""

    below_minor: int
    amount_minor: int
    giver: str


@dataclass(frozen=True, slots=True)
class Pools:
    """All that can run out: the limits in file order, and what each budget account starts with.

    An account that gives to others starts with what it keeps; `refills` says who gets more later.
    """

    limits: tuple[Limit, ...]
    budgets: Mapping[str, int]
    refills: Mapping[str, Refill] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line of expected.jsonl.

    `value_minor` is what the rule pays when nothing runs out; `claims` says that the rule's condition holds.
    `budget` names the account when it may run dry, so that `must` is final only after `resolve`. `takes_back`
    is the rule whose latest reward this event cancels; `happened_at` is in milliseconds.
    """

    event_id: str
    contact: str
    type: str
    market: str
    month: str
    must: Must
    rule: str = ""
    value_minor: int = 0
    claims: bool = False
    amount_minor: int = 0
    reason: str = ""
    pays_from: str = ""
    budget: str = ""
    late_contact: bool = False
    takes_back: str = ""
    happened_at: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event; a reward may be taken back by a cancellation that came before it."""

    must: Must
    rule: str
    amount_minor: int
    reason: str
    taken_by: str = ""
    taken_minor: int = 0


def tight_budgets(expectations: Iterable[Expectation], pools: Pools) -> frozenset[str]:
    """Name the accounts that could run dry: what is claimed exceeds what they hold."""
    claimed: Counter[str] = Counter()
    for expectation in expectations:
        if expectation.claims:
            claimed[expectation.pays_from] += expectation.value_minor
    return frozenset(
        account for account, amount_minor in pools.budgets.items() if claimed[account] > amount_minor
    )


def month_of(occurred_at_ms: int, time_zone: str) -> str:
    """Name the calendar month in which it happened, where the program lives."""
    happened_at = datetime.fromtimestamp(occurred_at_ms // 1000, tz=UTC)
    return happened_at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m")


def to_json(expectation: Expectation) -> dict[str, Any]:
    """Give the expectation as a line of expected.jsonl."""
    return asdict(expectation)


def from_json(line: Mapping[str, Any]) -> Expectation:
    """Read a line of expected.jsonl."""
    return Expectation(**line)
