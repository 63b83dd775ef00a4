"""The rows behind one location's figures: rewards that were given there, what waits there, and its days."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from guerdon.store.database import Transaction

Became = Literal["opened", "reversed", "redeemed"]
BECAME: tuple[Became, ...] = ("redeemed", "reversed", "opened")


@dataclass(frozen=True, slots=True)
class RewardHere:
    """A reward of a location; `happened_at` and `received_at` are its event's."""

    id: int
    member_id: int
    event_id: int
    rule: str
    unit: str
    value: int
    reversed: int
    state: str
    happened_at: datetime
    received_at: datetime
    issued_at: datetime
    expires_at: datetime | None
    redeemed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RewardsHere:
    """Which rewards of a location; days are of the world, from the first on and before the end.

    `after` is the place (when its event was received, its number) of the last one seen.
    """

    location: str
    rule: str | None = None
    unit: str | None = None
    value: int | None = None
    became: Became | None = None
    start: datetime | None = None
    end: datetime | None = None
    after: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class WaitingHere:
    """A reward of a location that waits for people."""

    id: int
    unit: str | None
    amount: int | None
    reason: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DayHere:
    """A day of a location: events that came, and rewards of which something was taken back."""

    day: date
    events: int
    reversed: int


def list_rewards_here(tx: Transaction, asked: RewardsHere, limit: int) -> list[RewardHere]:
    """Rewards of a location, those whose event came last first."""
    at, number = asked.after or (None, None)
    rows = tx.execute(
        """
        select r.id, r.member_id, r.event_id, r.rule, r.unit, r.value, r.reversed, r.state, m.happened_at,
               m.received_at, r.issued_at, r.expires_at, r.redeemed_at
        from delivery_marks m
        join rewards r on r.program_id = m.program_id and r.member_id = m.member_id and r.id = m.id
        where m.program_id = this_program() and m.location = %(location)s and m.kind = 'reward'
          and (%(rule)s::text is null or m.rule = %(rule)s)
          and (%(unit)s::text is null or r.unit = %(unit)s)
          and (%(value)s::bigint is null or r.value = %(value)s)
          and (%(start)s::timestamptz is null or m.happened_at >= %(start)s)
          and (%(end)s::timestamptz is null or m.happened_at < %(end)s)
          and case %(became)s::text
                when 'reversed' then r.reversed > 0
                when 'redeemed' then r.state = 'redeemed'
                when 'opened' then exists (
                  select from delivery_marks o
                  where o.program_id = m.program_id and o.member_id = m.member_id and o.reward_id = m.id
                    and o.kind = 'order' and o.opened_at is not null)
                else true end
          and (%(at)s::timestamptz is null or (m.received_at, m.id) < (%(at)s, %(number)s))
        order by m.received_at desc, m.id desc limit %(limit)s
        """,
        {
            "location": asked.location,
            "rule": asked.rule,
            "unit": asked.unit,
            "value": asked.value,
            "became": asked.became,
            "start": asked.start,
            "end": asked.end,
            "at": at,
            "number": number,
            "limit": limit,
        },
    ).fetchall()
    return [RewardHere(*row) for row in rows]


def list_waiting_here(tx: Transaction, location: str, limit: int) -> list[WaitingHere]:
    """Rewards of a location that wait for people, those that expire first before others."""
    rows = tx.execute(
        """
        select id, unit, amount, reason, created_at, expires_at from requests
        where program_id = this_program() and state in ('open', 'returned', 'approved') and kind = 'reward'
          and location = %s
        order by expires_at, id limit %s
        """,
        (location, limit),
    ).fetchall()
    return [WaitingHere(*row) for row in rows]


def list_days_here(tx: Transaction, location: str, first: date, last: date) -> list[DayHere]:
    """Days of a location on which something came or was taken back, the latest first."""
    rows = tx.execute(
        """
        select day, sum(events)::bigint, sum(reversed)::bigint from location_days
        where program_id = this_program() and location = %s and day between %s and %s
        group by 1 order by 1 desc
        """,
        (location, first, last),
    ).fetchall()
    return [DayHere(*row) for row in rows]
