"""Facts: what the store loaded for a batch, and what the batch itself has changed since.

Deciding an event reads facts; `fold` writes its effects into them, so the next event of the batch sees
them as if they were in the database already. What was not loaded raises when it is asked for: it is never
silently empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import msgspec

from guerdon.ledger.lots import Debt, Lot

# Owner (a member, or 0 for what all members share), name, and the beginning of the period in the program's
# zone.
AllowanceKey = tuple[int, str, datetime]
SHARED = 0
# An account of the program's, in one unit.
PoolKey = tuple[str, str]
# A member's purse in one unit.
PurseKey = tuple[int, str]
# A member, and what is counted of them by day.
DayKey = tuple[int, str]
# When something was told to have happened, and a number of that telling, to tell those of one instant apart.
Stamp = tuple[datetime, int]
# What waits, by the event that brought it and the rule whose reward it waits for.
WaitKey = tuple[int, int, str]

# What every event makes anew is a `Struct`, here and in the engine: it is made ten times as fast as a frozen
# dataclass, and without `gc` the collector never looks at it; none of it can be part of a circle.


class Standing(msgspec.Struct, frozen=True, gc=False):
    """A member as rules see them: no name, no address.

    `state` is the number of what the store knows of them now; `seen` what was counted and held for one
    event, where its rules ask for that: it stands in `attributes` too.
    """

    member_id: int
    market: str
    language: str
    location: str | None
    attributes: Mapping[str, object]
    enrolled_at: datetime | None = None
    state: int = 0
    seen: Mapping[str, object] | None = None


class Event(msgspec.Struct, frozen=True, gc=False):
    """A fact to be decided: typed, with both its times.

    `data` is what it brought, `fields` what conditions may read.
    """

    id: int
    type: str
    connection: str
    external_id: str
    happened_at: datetime
    recorded_at: datetime
    day: date
    data: Mapping[str, object]
    fields: Mapping[str, object]


class Occasion(msgspec.Struct, frozen=True, gc=False):
    """When and where something was earned, and what its event said: what limits count it under."""

    happened_at: datetime
    day: date
    market: str
    location: str | None
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Order:
    """What a member took for a reward, paid by that reward alone, with a code that nobody has used yet."""

    id: int
    value: int


@dataclass(slots=True)
class OnOrder:
    """So much of a reward is kept for an order that is under way, or went into one that was delivered.

    Nobody wants it back yet.
    """

    order_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """What is to be taken back of a reward, and waits for how the order ends that it is kept for.

    The rule `by` wants it; `location` owes it if the rule says so and the order comes about. Of one that had
    come about before: what is taken back of it in case that it is returned.
    """

    member_id: int
    order_id: int
    reward_id: int
    event_id: int
    by: str
    amount: int
    if_spent: str
    location: str | None


@dataclass(slots=True)
class Holding:
    """A member's reward as it stands in the middle of a batch; `ended` of it went back unused.

    `version` gave it; 0 where no rule may take it back.
    """

    reward_id: int
    rule: str
    unit: str
    value: int
    remaining: int
    held: int
    reversed: int
    payer: str
    reference: str | None
    state: str
    issued_at: datetime
    expires_at: datetime | None
    origin: Occasion
    ended: int = 0
    version: int = 0
    orders: list[Order] = field(default_factory=list)
    on_order: list[OnOrder] = field(default_factory=list)
    delivered: list[OnOrder] = field(default_factory=list)

    @property
    def free(self) -> int:
        """What may be taken of it now."""
        return self.remaining - self.held if self.state == "ready" else 0

    @property
    def lot(self) -> Lot:
        """It, as a lot to draw from."""
        return Lot(self.reward_id, self.remaining, self.held, self.payer, self.expires_at, self.issued_at)

    def draw(self, amount: int) -> None:
        """Take so much out of it."""
        self.remaining -= amount
        if not self.remaining:
            self.state = "reversed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that takes back or releases a reward that has not come yet; the rule `by` wants it."""

    event_id: int
    member_id: int
    rule: str
    reference: str | None
    happened_at: datetime
    by: str
    what: Literal["reverse", "release"] = "reverse"
    part: int | None = None
    whole: int | None = None
    if_spent: str = "debt"

    @property
    def key(self) -> WaitKey:
        """What it is known by."""
        return (self.member_id, self.event_id, self.rule)


@dataclass(slots=True)
class Belonging:
    """A vehicle, a contract, a subscription: what a member has for a time; each end as it was told last.

    Its fields are those of its last opening, and over them what changes said since then: `changed` says which
    those are, and by which telling.
    """

    fields: dict[str, object] = field(default_factory=dict)
    opened: Stamp | None = None
    closed_at: datetime | None = None
    changed: dict[str, Stamp] = field(default_factory=dict)

    def lasts(self, at: datetime) -> bool:
        """Whether the member has it at an instant; its end is out already."""
        if self.opened is None or at < self.opened[0]:
            return False
        return self.closed_at is None or self.closed_at < self.opened[0] or at < self.closed_at


@dataclass(slots=True)
class Remembered:
    """What is remembered of a batch's members, as one version declares it: what to count, what they have.

    `counted` are the buckets that events add to; `days` what they hold of members whose events ask, as far
    back as they ask; `belongings` what members have, by member and kind, then by key: all of it, for members
    whose events ask or change it.
    """

    counted: frozenset[str] = frozenset()
    days: dict[DayKey, dict[date, int]] = field(default_factory=dict)
    days_added: dict[tuple[int, str, date], int] = field(default_factory=dict)
    belongings: dict[tuple[int, str], dict[str, Belonging]] = field(default_factory=dict)
    belongings_changed: set[tuple[int, str, str]] = field(default_factory=set)

    def fold_day(self, member: int, what: str, day: date, amount: int) -> None:
        """Add to what is counted of a member on a day."""
        buckets = self.days.setdefault((member, what), {})
        buckets[day] = buckets.get(day, 0) + amount
        key = (member, what, day)
        self.days_added[key] = self.days_added.get(key, 0) + amount


@dataclass(frozen=True, slots=True)
class Own:
    """What was asked about members' own limits, and all that there was of it before the batch."""

    members: frozenset[int] = frozenset()
    periods: frozenset[datetime] = frozenset()
    used: Mapping[AllowanceKey, int] = field(default_factory=dict)


@dataclass(slots=True)
class Facts:
    """The working facts of one batch; `now` is the clock that was handed to it.

    Lots are loaded for members whose events take something back, balances for units that have a cap; debts
    and what waits are there for all members of the batch whom they could concern.
    """

    now: datetime
    pools: dict[str, int]
    allowances: dict[AllowanceKey, int]
    pool_units: Mapping[str, str] = field(default_factory=dict)
    topped_up: set[tuple[str, date]] = field(default_factory=set)
    own: Own = field(default_factory=Own)
    # All that was asked for of limits that members share, with what was used of it.
    shared: Mapping[AllowanceKey, int] = field(default_factory=dict)
    debts: dict[PurseKey, list[Debt]] = field(default_factory=dict)
    balances: dict[PurseKey, int] = field(default_factory=dict)
    lots: dict[int, list[Holding]] = field(default_factory=dict)
    waiting: dict[int, list[Waiting]] = field(default_factory=dict)
    pool_changes: dict[PoolKey, int] = field(default_factory=dict)
    pool_held: dict[PoolKey, int] = field(default_factory=dict)
    pool_lowest: dict[PoolKey, int] = field(default_factory=dict)
    allowances_used: dict[AllowanceKey, int] = field(default_factory=dict)
    allowances_highest: dict[AllowanceKey, int] = field(default_factory=dict)
    # What began to wait in this batch; and what waited before it and does so no more, or not all of it.
    waits_made: dict[WaitKey, list[Waiting]] = field(default_factory=dict)
    waits_settled: set[WaitKey] = field(default_factory=set)
    # The transfers by which something was taken back.
    taken_by: set[int] = field(default_factory=set)
    withheld: list[Withheld] = field(default_factory=list)
    # What was spent for good before it was taken back, and its members do not owe.
    unpaid: list[Withheld] = field(default_factory=list)
    # What is kept of members by what the live version declares; and what an earlier one, by which these are
    # decided, would have kept, where that is something else.
    kept: Remembered = field(default_factory=Remembered)
    then: Remembered | None = None
    # Of what changes, that which segments read.
    watched: frozenset[str] = frozenset()
    # The same as `allowances`, by owner and name: for limits that count several periods together.
    _periods: dict[tuple[int, str], dict[datetime, int]] | None = None

    def pool_left(self, account: str) -> int:
        """What a pool can still pay, in minor units."""
        return self.pools[account]

    def used(self, key: AllowanceKey) -> int:
        """What has been used of a limit in a period.

        Everybody and everything of the batch was asked for, so absent is none.
        """
        return self.allowances.get(key, 0)

    def used_since(self, key: AllowanceKey, first: datetime) -> int:
        """What has been used from one period on to that of the key."""
        periods = self._by_name().get(key[:2])
        if not periods:
            return 0
        return sum(used for period, used in periods.items() if first <= period <= key[2])

    def _by_name(self) -> dict[tuple[int, str], dict[datetime, int]]:
        # Most programs have no such limit, and never come here.
        if self._periods is None:
            self._periods = {}
            for (owner, name, period), used in self.allowances.items():
                self._periods.setdefault((owner, name), {})[period] = used
        return self._periods

    def fold_pool(self, account: str, change: int, unit: str = "") -> None:
        """Change a pool and remember the lowest it stood at: the database must be able to bear that.

        A pool that is given something need not have been loaded.
        """
        self._fold_left(account, change, unit)
        key = (account, unit or self.pool_units.get(account, ""))
        self.pool_changes[key] = self.pool_changes.get(key, 0) + change
        if change < 0:
            self._remember_lowest(key)

    def hold_pool(self, account: str, amount: int, unit: str) -> None:
        """Set an amount of a pool aside: it is there still, and can pay nothing else."""
        self._fold_left(account, -amount, unit)
        key = (account, unit)
        self.pool_held[key] = self.pool_held.get(key, 0) + amount
        self._remember_lowest(key)

    def _fold_left(self, account: str, change: int, unit: str) -> None:
        # A budget that had another unit once has what comes back of that; it can pay nothing in this one.
        if account in self.pools and unit in {"", self.pool_units.get(account, unit)}:
            self.pools[account] += change

    def _remember_lowest(self, key: PoolKey) -> None:
        free = self.pool_changes.get(key, 0) - self.pool_held.get(key, 0)
        if free < self.pool_lowest.get(key, 0):
            self.pool_lowest[key] = free

    def fold_allowance(self, key: AllowanceKey, amount: int) -> None:
        """Use up some of a limit, or give it back."""
        used = self.allowances.get(key, 0) + amount
        self.allowances[key] = used
        if self._periods is not None:
            periods = self._periods.get(key[:2])
            if periods is None:
                self._periods[key[:2]] = {key[2]: used}
            else:
                periods[key[2]] = used
        total = self.allowances_used.get(key, 0) + amount
        self.allowances_used[key] = total
        if not key[0] and total > self.allowances_highest.get(key, 0):
            self.allowances_highest[key] = total

    def fold_issue(self, member_id: int, lot: Holding) -> None:
        """Remember a reward that a later event of the batch may take back, where that could happen."""
        if member_id in self.lots:
            self.lots[member_id].append(lot)

    def fold_balance(self, purse: PurseKey, change: int) -> None:
        """Change what a member has of a unit with a cap."""
        self.balances[purse] = self.balances.get(purse, 0) + change

    def owe(self, purse: PurseKey, debt: Debt) -> None:
        """Let a member owe more to the pool that had paid."""
        self._change_debt(purse, debt.payer, debt.amount)

    def repay(self, purse: PurseKey, paid: Sequence[Debt]) -> None:
        """Let a member owe less."""
        for part in paid:
            self._change_debt(purse, part.payer, -part.amount)

    def _change_debt(self, purse: PurseKey, payer: str, change: int) -> None:
        owed = {debt.payer: debt.amount for debt in self.debts.get(purse, ())}
        owed[payer] = owed.get(payer, 0) + change
        self.debts[purse] = [Debt(each, amount) for each, amount in owed.items() if amount]

    def wait(self, waiting: Waiting) -> None:
        """Let something wait for a reward that has not come yet, behind what its event lets wait already."""
        self.waiting.setdefault(waiting.member_id, []).append(waiting)
        self.waits_made.setdefault(waiting.key, []).append(waiting)

    def settle_wait(self, waiting: Waiting) -> None:
        """What it waited for came."""
        self.waiting[waiting.member_id].remove(waiting)
        made = self.waits_made.get(waiting.key)
        if made is None:
            self.waits_settled.add(waiting.key)
            return
        # What began to wait in this batch was never written down.
        made.remove(waiting)
        if not made:
            del self.waits_made[waiting.key]

    def waits_to_write(self) -> list[list[Waiting]]:
        """What is to be written down of what waits: by event and rule, each in the order of its event."""
        rest: dict[WaitKey, list[Waiting]] = {}
        for member_id in {key[0] for key in self.waits_settled}:
            for each in self.waiting[member_id]:
                if each.key in self.waits_settled:
                    rest.setdefault(each.key, []).append(each)
        return [*rest.values(), *self.waits_made.values()]
