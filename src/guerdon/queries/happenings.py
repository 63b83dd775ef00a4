"""What happened in one program, all of it, from the tables themselves: what a scenario is judged by.

Rewards, transfers and messages are read where they stand, not from the receipts, which only tell of them.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Row:
    """One happening: its kind, its facts as texts, and an amount and an instant where it has them."""

    kind: str
    facts: dict[str, str]
    unit: str
    value_minor: int | None
    expires_at: datetime | None


def list_happenings(tx: Transaction) -> list[Row]:
    """Everything that happened in the program of this transaction, as if each kind were one table."""
    rows = tx.execute(
        """
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
        select 'held',
               json_build_object('subject', s.subject, 'rule', split_part(q.maker, ':', 2),
                                 'reason', q.reason),
               q.unit, q.amount, null
        from requests q join subject s on s.member_id = q.beneficiary where q.kind = 'reward'
        union all
        select 'awaiting', json_build_object('subject', s.subject, 'rule', w.rule), '', null, null
        from reversals_waiting w join subject s using (member_id)
        union all
        select 'refused',
               json_build_object('subject', subject, 'rule', effect ->> 'rule',
                                 'reason', effect ->> 'reason'),
               coalesce(effect ->> 'unit', ''), (effect ->> 'value')::bigint, null
        from receipt where effect ->> 'type' = 'refuse'
        union all
        select 'message', json_build_object('subject', s.subject, 'message', o.message, 'channel', o.channel),
               '', null, null
        from outbox o join subject s using (member_id)
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
    ).fetchall()
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
