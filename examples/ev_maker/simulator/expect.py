"""What each event must earn, worked out by the simulator's own code: pure functions, no imports of ours.

Whether a condition holds is known when an event is sent and stands in its expectation. What limits and
budgets leave of it depends on the order in which events are decided, so `resolve` folds both again over
the order that was recorded.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

Must = Literal["earn", "nothing", "wait", "quarantine", "absent"]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so much, or so many times, per member and calendar month; `rules` None means every rule."""

    key: str
    amount_minor: int | None = None
    times: int | None = None
    rules: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Pools:
    """All that can run out: the limits in file order, and what each budget account starts with."""

    limits: tuple[Limit, ...]
    budgets: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line of expected.jsonl.

    `value_minor` is what the rule pays when nothing runs out; `claims` says that the rule's condition holds.
    `budget` names the account when it may run dry, so that `must` is final only after `resolve`.
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event."""

    must: Must
    rule: str
    amount_minor: int
    reason: str


@dataclass(slots=True)
class Tally:
    """How much of every limit and budget is used, event by event."""

    pools: Pools
    used_minor: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    used_times: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    paid_minor: Counter[str] = field(default_factory=Counter)

    def settle(self, expectation: Expectation) -> Outcome:
        """Decide one claim; a refusal takes nothing from any limit or budget."""
        if not expectation.claims:
            return Outcome(expectation.must, expectation.rule, 0, expectation.reason)
        limits = [
            limit for limit in self.pools.limits if limit.rules is None or expectation.rule in limit.rules
        ]
        for limit in limits:
            if self._exceeds(limit, expectation):
                return Outcome("nothing", expectation.rule, 0, f"limit:{limit.key}")
        account, value_minor = expectation.pays_from, expectation.value_minor
        amount_minor = self.pools.budgets.get(account)
        if amount_minor is not None and self.paid_minor[account] + value_minor > amount_minor:
            return Outcome("nothing", expectation.rule, 0, f"budget:{account.partition(':')[0]}")
        for limit in limits:
            pocket = (limit.key, expectation.contact, expectation.month)
            self.used_minor[pocket] += value_minor
            self.used_times[pocket] += 1
        self.paid_minor[account] += value_minor
        return Outcome("earn", expectation.rule, value_minor, "issued")

    def _exceeds(self, limit: Limit, expectation: Expectation) -> bool:
        pocket = (limit.key, expectation.contact, expectation.month)
        too_much = (
            limit.amount_minor is not None
            and self.used_minor[pocket] + expectation.value_minor > limit.amount_minor
        )
        too_often = limit.times is not None and self.used_times[pocket] + 1 > limit.times
        return too_much or too_often


def resolve(
    expectations: Iterable[Expectation], decided_order: Iterable[str], pools: Pools
) -> dict[str, Outcome]:
    """Fold limits, then budgets, over the events in the order in which they were decided.

    An event that is not in `decided_order` consumes nothing and is left out of the answer, and so is an id
    nobody sent. Events of a late contact belong where its arrival released them.
    """
    by_id = {expectation.event_id: expectation for expectation in expectations}
    tally = Tally(pools)
    return {event_id: tally.settle(by_id[event_id]) for event_id in decided_order if event_id in by_id}


def settled(expectation: Expectation, tally: Tally) -> Expectation:
    """Fill in what the event must earn, as far as its member's own limits say."""
    outcome = tally.settle(expectation)
    return replace(expectation, must=outcome.must, amount_minor=outcome.amount_minor, reason=outcome.reason)


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
