"""Facts: what the store loaded for a batch, and what the batch itself has changed since.

Deciding an event reads facts; `fold` writes its effects into them, so the next event of the batch sees
them as if they were in the database already. A pool or allowance that was not loaded raises: it is
never silently empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A member as rules see them: no name, no address."""

    member_id: int
    market: str
    language: str
    location: str | None
    attributes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Event:
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


AllowanceKey = tuple[int, str, date]


@dataclass(slots=True)
class Facts:
    """The working facts of one batch; `now` is the clock that was handed to it."""

    now: datetime
    pools: dict[str, int]
    allowances: dict[AllowanceKey, int]
    pool_changes: dict[str, int] = field(default_factory=dict)
    pool_lowest: dict[str, int] = field(default_factory=dict)
    allowances_used: dict[AllowanceKey, int] = field(default_factory=dict)

    def pool_left(self, account: str) -> int:
        """What a pool can still pay, in minor units."""
        return self.pools[account]

    def used(self, key: AllowanceKey) -> int:
        """What a member has used of a limit in a period.

        Every member of the batch was asked for, so absent is none.
        """
        return self.allowances.get(key, 0)

    def fold_pool(self, account: str, change: int) -> None:
        """Change a pool and remember the lowest it stood at: the database must be able to bear that."""
        self.pools[account] += change
        total = self.pool_changes.get(account, 0) + change
        self.pool_changes[account] = total
        if total < self.pool_lowest.get(account, 0):
            self.pool_lowest[account] = total

    def fold_allowance(self, key: AllowanceKey, amount: int) -> None:
        """Use up some of a limit."""
        self.allowances[key] = self.allowances.get(key, 0) + amount
        self.allowances_used[key] = self.allowances_used.get(key, 0) + amount
