"""Rewards that were given, newest first, and what became of each; or one of them."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class RewardRow:
    """A reward in a list."""

    id: int
    member_id: int
    market: str
    rule: str
    unit: str
    value: int
    state: str
    issued_at: datetime
    # None: what was given by hand may have no end.
    expires_at: datetime | None
    redeemed_at: datetime | None
    item: str | None


@dataclass(frozen=True, slots=True)
class RewardsAsked:
    """Which rewards; `after` is the place of the last one seen."""

    market: str | None = None
    state: str | None = None
    rule: str | None = None
    after: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class RewardHere:
    """One reward, where its member belongs, and what is left of it."""

    id: int
    member_id: int
    market: str
    location: str | None
    rule: str
    unit: str
    value: int
    remaining: int
    state: str
    expires_at: datetime | None


def load_reward(tx: Transaction, member_id: int, reward_id: int) -> RewardHere | None:
    """One reward of a member; None when they have no such one, or it is not seen."""
    row = tx.execute(
        """
        select r.id, r.member_id, m.market, m.location, r.rule, r.unit, r.value, r.remaining, r.state,
               r.expires_at
        from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        where r.program_id = this_program() and r.member_id = %s and r.id = %s
        """,
        (member_id, reward_id),
    ).fetchone()
    return RewardHere(*row) if row else None


def list_by_member(
    tx: Transaction, asked: RewardsAsked, limit: int, after: tuple[int, int] | None = None
) -> list[RewardRow]:
    """Rewards for a file, member by member as they are stored: `after` is the last one's member and id."""
    member, number = after or (None, None)
    rows = tx.execute(
        """
        select r.id, r.member_id, m.market, r.rule, r.unit, r.value, r.state, r.issued_at, r.expires_at,
               r.redeemed_at, o.item
        from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        left join lateral (
          select item from orders o
          where o.program_id = r.program_id and o.member_id = r.member_id and o.reward_id = r.id
          order by o.id desc limit 1
        ) o on true
        where r.program_id = (select this_program())
          and (%(market)s::text is null or m.market = %(market)s)
          and (%(state)s::text is null or r.state = %(state)s)
          and (%(rule)s::text is null or r.rule = %(rule)s)
          and (%(member)s::bigint is null or (r.member_id, r.id) > (%(member)s, %(number)s::bigint))
        order by r.member_id, r.id limit %(limit)s
        """,
        {
            "market": asked.market,
            "state": asked.state,
            "rule": asked.rule,
            "member": member,
            "number": number,
            "limit": limit,
        },
    ).fetchall()
    return [RewardRow(*row) for row in rows]


def list_rewards(tx: Transaction, asked: RewardsAsked, limit: int) -> list[RewardRow]:
    """Rewards, newest first."""
    after_at, after_id = asked.after or (None, None)
    rows = tx.execute(
        """
        select r.id, r.member_id, m.market, r.rule, r.unit, r.value, r.state, r.issued_at, r.expires_at,
               r.redeemed_at, o.item
        from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        left join orders o
          on o.program_id = r.program_id and o.member_id = r.member_id and o.reward_id = r.id
        where r.program_id = this_program()
          and (%(market)s::text is null or m.market = %(market)s)
          and (%(state)s::text is null or r.state = %(state)s)
          and (%(rule)s::text is null or r.rule = %(rule)s)
          and (%(after_at)s::timestamptz is null
               or (r.issued_at, r.id) < (%(after_at)s, %(after_id)s::bigint))
        order by r.issued_at desc, r.id desc limit %(limit)s
        """,
        {
            "market": asked.market,
            "state": asked.state,
            "rule": asked.rule,
            "after_at": after_at,
            "after_id": after_id,
            "limit": limit,
        },
    ).fetchall()
    return [RewardRow(*row) for row in rows]
