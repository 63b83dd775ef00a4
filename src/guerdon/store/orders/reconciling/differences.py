"""What differs between a supplier's books and ours: found in one set, and settled by people or by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, LiteralString, get_args

from guerdon.store.database import Transaction

Done = Literal["credit_expected", "credit_received", "loss", "mended"]
DONE: tuple[Done, ...] = get_args(Done)
# What is younger may still be on its way into one of the two books.
SETTLING = timedelta(hours=1)
# A price may have been rounded up here and down there.
ROUNDING = 1

# Which order of ours a line is, by their number or by our word for it; and what it should have cost.
_PLACE: LiteralString = """
    update statement_lines l
    set order_id = n.order_id, expected_minor = coalesce(l.expected_minor, n.expected)
    from (
      select t.their_id, f.order_id,
             round(f.face_minor * o.cost_bp / 10000.0)::bigint + o.fee_minor as expected
      from statement_lines t
      left join supplier_attempts a
        on a.program_id = t.program_id and a.supplier = t.supplier and a.their_id = t.their_id
      join fulfillments f
        on f.program_id = t.program_id and f.order_id = coalesce(a.order_id, t.ref_order)
      left join catalog_offers o
        on o.program_id = f.program_id and o.item_id = f.item_id and o.supplier = t.supplier
      where t.program_id = %(program)s and t.supplier = %(supplier)s
        and (t.statement_id = %(statement)s or t.order_id is null)
    ) n
    where l.program_id = %(program)s and l.supplier = %(supplier)s and l.their_id = n.their_id
      and (l.order_id is distinct from n.order_id or (l.expected_minor is null and n.expected is not null))
"""

# Lines of this statement and of whatever is open; orders that it should have told of, and open ones.
_COMPARE: LiteralString = """
    with open as materialized (
      select kind, subject from order_differences
      where program_id = %(program)s and supplier = %(supplier)s and state = 'open'
    ),
    looked as materialized (
      select l.*, f.state as our_state, f.currency as our_currency, f.face_minor as our_face,
             own.their_id as own_id, a.state as asked,
             greatest(l.at, f.settled_at, a.asked_at, a.answered_at) <= %(ripe)s as is_ripe,
             exists (
               select from statement_lines b
               where b.program_id = l.program_id and b.supplier = l.supplier and b.order_id = l.order_id
                 and b.their_id <> l.their_id and b.state = 'placed'
                 and (b.their_id is not distinct from own.their_id
                      or (l.their_id is distinct from own.their_id
                          and (b.at, b.their_id) < (l.at, l.their_id)))
             ) as is_twice
      from statement_lines l
      left join fulfillments f on f.program_id = l.program_id and f.order_id = l.order_id
      left join lateral (
        select x.their_id from supplier_attempts x
        where x.program_id = l.program_id and x.member_id = f.member_id and x.order_id = f.order_id
          and x.supplier = l.supplier and x.state = 'done'
        limit 1
      ) own on true
      left join lateral (
        select x.* from supplier_attempts x
        where x.program_id = l.program_id and x.member_id = f.member_id and x.order_id = f.order_id
          and x.supplier = l.supplier
        order by x.their_id is not distinct from l.their_id desc, x.attempt = l.ref_attempt desc nulls last,
                 x.state = 'done' desc, x.attempt desc
        limit 1
      ) a on true
      where l.program_id = %(program)s and l.supplier = %(supplier)s
        and (l.statement_id = %(statement)s or l.their_id in (select subject from open))
    ),
    judged as (
      select case
               when state in ('failed', 'canceled', 'pending') and our_state = 'fulfilled'
                    and own_id = their_id then 'undelivered'
               when state in ('failed', 'canceled') then null
               when order_id is null then 'not_with_us'
               when state = 'pending' then null
               when is_twice then 'twice'
               when asked is null or asked in ('refused', 'absent')
                    or our_state in ('failed', 'canceled', 'returned') then 'released'
               when asked <> 'done' then 'undecided'
               when face_minor is not null and currency <> our_currency then 'currency'
               when face_minor <> our_face then 'amount'
               when cost_currency = our_currency and abs(cost_minor - expected_minor) > %(rounding)s
                 then 'cost'
             end as kind, looked.*
      from looked
    ),
    lacking as (
      select a.their_id, a.key, a.order_id, f.currency, f.face_minor, a.first_asked_at, f.state as our_state,
             greatest(a.first_asked_at, a.answered_at, f.settled_at) <= %(ripe)s as is_ripe
      from supplier_attempts a
      join fulfillments f
        on f.program_id = a.program_id and f.member_id = a.member_id and f.order_id = a.order_id
      where a.program_id = %(program)s and a.supplier = %(supplier)s and a.state = 'done'
        and f.state = 'fulfilled'
        and (a.first_asked_at >= %(since)s and a.first_asked_at < %(until)s
             or a.key in (select subject from open))
        and not exists (
          select from statement_lines l
          where l.program_id = a.program_id and l.supplier = a.supplier and l.order_id = a.order_id)
    ),
    found as materialized (
      select kind, their_id as subject, order_id,
             case kind when 'cost' then cost_currency
                       when 'not_with_us' then currency else coalesce(our_currency, currency) end as currency,
             case kind when 'cost' then expected_minor when 'not_with_us' then null
                       when 'twice' then null else our_face end as ours_minor,
             case kind when 'cost' then cost_minor else coalesce(face_minor, cost_minor) end as theirs_minor,
             case kind when 'cost' then abs(cost_minor - expected_minor)
                       when 'amount' then abs(face_minor - our_face)
                       when 'undelivered' then coalesce(our_face, cost_minor, 0)
                       else coalesce(cost_minor, face_minor, our_face, 0) end as stake_minor,
             coalesce(our_state, '') as ours_state, state as their_state, at, is_ripe
      from judged where kind is not null
      union all
      select 'not_with_them', key, order_id, coalesce(currency, ''), face_minor, null,
             coalesce(face_minor, 0), our_state, '', first_asked_at, is_ripe
      from lacking
    ),
    fresh as (
      insert into order_differences as d (program_id, supplier, kind, subject, order_id, currency, ours_minor,
        theirs_minor, stake_minor, ours_state, their_state, at, statement_id, found_at)
      select %(program)s, %(supplier)s, n.kind, n.subject, n.order_id, n.currency, n.ours_minor,
             n.theirs_minor, n.stake_minor, n.ours_state, n.their_state, n.at, %(statement)s, %(now)s
      from found n
      where (n.is_ripe or (n.kind, n.subject) in (select kind, subject from open))
        and not exists (
          select from order_differences s
          where s.program_id = %(program)s and s.supplier = %(supplier)s and s.subject = n.subject
            and s.kind = n.kind and s.state = 'settled'
            and (s.ours_minor, s.theirs_minor, s.their_state)
                is not distinct from (n.ours_minor, n.theirs_minor, n.their_state))
      on conflict (program_id, supplier, kind, subject) where state = 'open' do update
      set currency = excluded.currency, ours_minor = excluded.ours_minor,
          theirs_minor = excluded.theirs_minor, stake_minor = excluded.stake_minor,
          ours_state = excluded.ours_state,
          their_state = excluded.their_state, statement_id = excluded.statement_id,
          order_id = excluded.order_id
      returning (xmax = 0) as is_new
    ),
    healed as (
      update order_differences d
      set state = 'healed', settled_at = %(now)s, statement_id = %(statement)s, reason = %(note)s
      where d.program_id = %(program)s and d.supplier = %(supplier)s and d.state = 'open'
        and (d.kind, d.subject) not in (select kind, subject from found)
      returning 1
    )
    select (select count(*) from fresh where is_new), (select count(*) from healed)
"""


@dataclass(frozen=True, slots=True)
class Comparing:
    """What is compared: a statement that was read to its end, of which time, as of when."""

    program_id: int
    supplier: str
    statement_id: int
    since: datetime
    until: datetime
    taken_at: datetime


def compare(tx: Transaction, asked: Comparing, now: datetime) -> tuple[int, int]:
    """Find all that differs: how many differences are new, and how many are gone."""
    ripe = asked.taken_at - SETTLING
    values = {
        "program": asked.program_id,
        "supplier": asked.supplier,
        "statement": asked.statement_id,
        "since": asked.since,
        "until": min(asked.until, ripe),
        "ripe": ripe,
        "rounding": ROUNDING,
        "note": "statement",
        "now": now,
    }
    tx.execute(_PLACE, values)
    row = tx.execute(_COMPARE, values).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


@dataclass(frozen=True, slots=True)
class Settling:
    """What somebody did about a difference, and why; with an amount where money came or is to come."""

    id: int
    done: Done
    reason: str
    amount_minor: int | None
    by: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A difference that was just settled."""

    supplier: str
    kind: str
    subject: str
    order_id: int | None
    currency: str
    stake_minor: int


def settle_difference(tx: Transaction, program_id: int, settling: Settling, now: datetime) -> Settled | None:
    """Settle an open difference; None when it is none any more."""
    row = tx.execute(
        """
        update order_differences
        set state = 'settled', done = %s, done_minor = %s, reason = %s, settled_by = %s, settled_at = %s
        where program_id = %s and id = %s and state = 'open'
        returning supplier, kind, subject, order_id, currency, stake_minor
        """,
        (
            settling.done,
            settling.amount_minor,
            settling.reason,
            settling.by,
            now,
            program_id,
            settling.id,
        ),
    ).fetchone()
    return None if row is None else Settled(*row)
