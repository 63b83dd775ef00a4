"""The fold of everything that can run out: limits, budgets, and what cancellations give back to both.

An event's place in it is the order in which it was decided. A cancellation that comes before its booking
waits for it, and one that finds nothing to cancel takes nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .expect import Expectation, Limit, Outcome, Pools

HOUR_MS = 3_600_000


@dataclass(slots=True)
class Tally:
    """How much of every limit and budget is used, event by event, and which rewards stand."""

    pools: Pools
    used_minor: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    used_times: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    paid_minor: Counter[str] = field(default_factory=Counter)
    refilled_minor: Counter[str] = field(default_factory=Counter)
    # By contact and rule: rewards that stand, and cancellations that wait for one.
    standing: dict[tuple[str, str], list[Expectation]] = field(default_factory=dict)
    waiting: dict[tuple[str, str], list[Expectation]] = field(default_factory=dict)

    def settle(self, expectation: Expectation) -> Outcome:
        """Decide one claim; a refusal takes nothing from any limit or budget."""
        if not expectation.claims:
            return Outcome(expectation.must, expectation.rule, 0, expectation.reason)
        if expectation.takes_back:
            return self._cancel(expectation)
        objection = self._objection(expectation)
        if objection:
            return Outcome("nothing", expectation.rule, 0, objection)
        self._count(expectation, 1)
        pocket = (expectation.contact, expectation.rule)
        self.standing.setdefault(pocket, []).append(expectation)
        outcome = Outcome("earn", expectation.rule, expectation.value_minor, "issued")
        for cancellation in sorted(self.waiting.get(pocket, ()), key=lambda each: each.happened_at):
            if expectation.happened_at <= cancellation.happened_at:
                self.waiting[pocket].remove(cancellation)
                self._take_back(expectation)
                return replace(outcome, taken_by=cancellation.rule, taken_minor=expectation.value_minor)
        return outcome

    def _objection(self, expectation: Expectation) -> str:
        """Say what stands in the way; what holds the reward sets its money aside."""
        exceeded = [limit for limit in self._limits(expectation) if self._exceeds(limit, expectation)]
        refusing = next((limit for limit in exceeded if not limit.holds), None)
        if refusing:
            return f"limit:{refusing.key}"
        account, value_minor = expectation.pays_from, expectation.value_minor
        if not self._covers(account, value_minor):
            return f"budget:{account.partition(':')[0]}"
        if exceeded:
            self.paid_minor[account] += value_minor
            return f"limit:{exceeded[0].key}"
        return ""

    def _cancel(self, cancellation: Expectation) -> Outcome:
        """Take back the latest reward that had happened by then, or wait for one."""
        pocket = (cancellation.contact, cancellation.takes_back)
        by_then = [
            each for each in self.standing.get(pocket, ()) if each.happened_at <= cancellation.happened_at
        ]
        if not by_then:
            self.waiting.setdefault(pocket, []).append(cancellation)
            return Outcome("nothing", cancellation.rule, 0, "nothing_to_cancel")
        latest = max(by_then, key=lambda each: each.happened_at)
        self._take_back(latest)
        return Outcome("take_back", cancellation.rule, 0, "", cancellation.rule, latest.value_minor)

    def _take_back(self, reward: Expectation) -> None:
        # Whoever chose already has a code that no shop has seen yet: it is void, and all of it comes back.
        self.standing[reward.contact, reward.rule].remove(reward)
        self._count(reward, -1)

    def _limits(self, expectation: Expectation) -> list[Limit]:
        return [
            limit for limit in self.pools.limits if limit.rules is None or expectation.rule in limit.rules
        ]

    def _count(self, expectation: Expectation, sign: int) -> None:
        for limit in self._limits(expectation):
            pocket = (limit.key, expectation.contact, _period(limit, expectation))
            self.used_minor[pocket] += sign * expectation.value_minor
            self.used_times[pocket] += sign
        self.paid_minor[expectation.pays_from] += sign * expectation.value_minor

    def _exceeds(self, limit: Limit, expectation: Expectation) -> bool:
        periods = [_period(limit, expectation)]
        if limit.hours is not None:
            first = (expectation.happened_at - limit.hours * HOUR_MS) // HOUR_MS
            periods = [str(hour) for hour in range(first, expectation.happened_at // HOUR_MS + 1)]
        pockets = [(limit.key, expectation.contact, period) for period in periods]
        used_minor = sum(self.used_minor[pocket] for pocket in pockets)
        used_times = sum(self.used_times[pocket] for pocket in pockets)
        too_much = (
            limit.amount_minor is not None and used_minor + expectation.value_minor > limit.amount_minor
        )
        too_often = limit.times is not None and used_times + 1 > limit.times
        return too_much or too_often

    def _covers(self, account: str, value_minor: int) -> bool:
        if account not in self.pools.budgets:
            return True
        left = self._left(account)
        refill = self.pools.refills.get(account)
        if refill and not self.refilled_minor[account] and left - value_minor < refill.below_minor:
            kept = self._left(refill.giver)
            if kept >= refill.amount_minor:
                given = refill.amount_minor
            else:
                given = kept if left < value_minor <= left + kept else 0
            self.refilled_minor[account] += given
            self.paid_minor[refill.giver] += given
            left += given
        return left >= value_minor

    def _left(self, account: str) -> int:
        return self.pools.budgets[account] + self.refilled_minor[account] - self.paid_minor[account]


def _period(limit: Limit, expectation: Expectation) -> str:
    return expectation.month if limit.hours is None else str(expectation.happened_at // HOUR_MS)


def resolve(
    expectations: Iterable[Expectation], decided_order: Iterable[str], pools: Pools
) -> dict[str, Outcome]:
    """Fold everything over the events in the order in which they were decided.

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
