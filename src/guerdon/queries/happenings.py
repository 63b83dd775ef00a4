"""What happened in one program, all of it, from the tables themselves: what a scenario is judged by.

Rewards, transfers and messages are read where they stand, not from the receipts, which only tell of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from guerdon.store.database import Transaction

# Each kind of happening in its own words, as if all were one table.
_ALL: LiteralString = """
with subject as (
  select member_id, min(source || ':' || external_id) as subject from member_ids group by member_id
), receipt as (
  select s.subject, e.type, e.outcome, e.id, f.effect from events e
  join subject s using (member_id)
  left join lateral json_array_elements(e.decision -> 'effects') as f (effect) on true
)
select 'earned', json_build_object('subject', s.subject, 'rule', r.rule, 'pay_from', r.payer),
       r.unit, r.value, r.expires_at
from rewards r join subject s using (member_id)
union all
select 'reversed', json_build_object('subject', s.subject, 'rule', r.rule), r.unit, r.reversed, null
from rewards r join subject s using (member_id) where r.reversed > 0
union all
select 'held', json_build_object('subject', s.subject, 'rule', split_part(q.maker, ':', 2),
                                 'reason', q.reason),
       q.unit, q.amount, null
from requests q join subject s on s.member_id = q.beneficiary where q.kind = 'reward'
union all
select 'awaiting', json_build_object('subject', s.subject, 'rule', w.rule), '', null, null
from reversals_waiting w join subject s using (member_id)
union all
select 'redeemed', json_build_object('subject', s.subject, 'item', o.item), o.unit, o.value, null
from orders o join subject s using (member_id)
union all
select 'voided', json_build_object('subject', s.subject, 'item', o.item), '', null, null
from codes c join orders o on o.id = c.order_id join subject s using (member_id)
where c.state = 'void'
union all
select 'refused',
       json_build_object('subject', subject, 'rule', effect ->> 'rule',
                         'reason', effect ->> 'reason'),
       coalesce(effect ->> 'unit', ''), (effect ->> 'value')::bigint, null
from receipt where effect ->> 'type' = 'refuse'
union all
select 'message', json_build_object('subject', s.subject, 'message', o.message,
                                    'channel', o.channel, 'rule', r.rule),
       '', null, null
-- Nobody delivers here; what was taken back since had been to be told.
from (select member_id, reward_id, message, channel from outbox
      union all
      select member_id, reward_id, message, channel from messages) o
join subject s using (member_id)
left join rewards r on r.member_id = o.member_id and r.id = o.reward_id
union all
select 'nothing', json_build_object('subject', subject, 'event', type), '', null, null
from receipt where outcome = 'nothing' and effect is null
union all
select 'waiting', json_build_object('subject', source || ':' || external_id, 'event', type),
       '', null, null
from waiting
union all
select 'quarantined', json_build_object('reason', reason, 'detail', detail), '', null, null
from quarantine
union all
select what, json_build_object(), '', null, null
from intake_counts cross join generate_series(1, n) where what in ('duplicate', 'ignored')
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One happening: its kind, its facts as texts, and an amount and an instant where it has them."""

    kind: str
    facts: dict[str, str | None]
    unit: str
    value_minor: int | None
    expires_at: datetime | None


def list_happenings(tx: Transaction) -> list[Row]:
    """Everything that happened in the program of this transaction, as if each kind were one table."""
    rows = tx.execute(_ALL).fetchall()
    return [Row(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Account:
    """How an account stands; pools are nobody's: ''."""

    subject: str
    name: str
    unit: str
    free_minor: int
    pending_minor: int
    debt_minor: int


def list_accounts(tx: Transaction) -> list[Account]:
    """What accounts can still spend, what is not there yet, and what is owed."""
    rows = tx.execute(
        """
        with subject as (
          select member_id, min(source || ':' || external_id) as subject from member_ids group by member_id
        )
        select coalesce(s.subject, ''), a.name, a.unit, a.posted - a.held, a.pending, a.debt
        from accounts a left join subject s using (member_id)
        """
    ).fetchall()
    return [Account(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class OwnReward:
    """A reward, and whose it is."""

    member_id: int
    id: int


def oldest_reward(tx: Transaction, subject: str, rule: str) -> OwnReward | None:
    """A member's oldest reward of a rule; while any can still be chosen with, the oldest of those."""
    row = tx.execute(
        """
        select r.member_id, r.id from rewards r join member_ids m using (program_id, member_id)
        where m.source || ':' || m.external_id = %s and r.rule = %s
        order by r.state <> 'ready', r.issued_at, r.happened_at, r.id limit 1
        """,
        (subject, rule),
    ).fetchone()
    return OwnReward(*row) if row else None


def member_of(tx: Transaction, subject: str) -> int | None:
    """The member with this id: `hubspot:1001`."""
    row = tx.execute(
        "select member_id from member_ids where source || ':' || external_id = %s", (subject,)
    ).fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A reward that waits for people, and where."""

    id: int
    revision: int
    market: str | None
    location: str | None
    unit: str | None


def oldest_request(tx: Transaction, subject: str, rule: str) -> OpenRequest | None:
    """The oldest reward of a rule that was held for a member and still waits for people."""
    row = tx.execute(
        """
        select r.id, r.revision, r.market, r.location, r.unit
        from requests r
        join member_ids m on m.program_id = r.program_id and m.member_id = r.beneficiary
        where m.source || ':' || m.external_id = %s and r.maker = %s and r.state = 'open'
        order by r.created_at, r.id limit 1
        """,
        (subject, f"rule:{rule}"),
    ).fetchone()
    return OpenRequest(*row) if row else None


@dataclass(frozen=True, slots=True)
class OwnCode:
    """A code that was handed to somebody, still sealed, and its state."""

    index: bytes
    sealed: bytes
    state: str


def oldest_code(tx: Transaction, subject: str, item: str) -> OwnCode | None:
    """The oldest code of an item that a member was given; while any is not used yet, the oldest of those."""
    row = tx.execute(
        """
        select c.code_index, c.code, c.state
        from codes c
        join orders o on o.program_id = c.program_id and o.id = c.order_id
        join member_ids m on m.program_id = o.program_id and m.member_id = o.member_id
        where m.source || ':' || m.external_id = %s and o.item = %s
        order by c.state <> 'issued', o.placed_at, o.id limit 1
        """,
        (subject, item),
    ).fetchone()
    return OwnCode(*row) if row else None


@dataclass(frozen=True, slots=True)
class PairTold:
    """A pair by the ids of both."""

    id: int
    friend: str
    referrer: str | None
    state: str
    reasons: Sequence[str]


def list_pairs(tx: Transaction) -> list[PairTold]:
    """How pairs stand, the earliest claim first."""
    rows = tx.execute(
        """
        select id, source || ':' || external_id, referrer_source || ':' || referrer_external_id, state,
               reasons
        from referral_pairs order by claimed_at, id
        """
    ).fetchall()
    return [PairTold(*row) for row in rows]
