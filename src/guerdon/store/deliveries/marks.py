"""Marks: a narrow row for each reward and each order, taken over in sets from the tables that tell of them.

Whatever was decided since the last time is found by the time of its decision. A transaction that decided
earlier may commit later, so what is read ends before the oldest that is still under way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.database import Transaction
from guerdon.values.ids import read

# A batch knows its time a little before its transaction begins; and clocks differ.
SLACK = timedelta(seconds=15)
# Who redeems waits for nobody much longer than ten seconds; known ones are passed over.
AGAIN = timedelta(minutes=10)
GRANTED = "approval.granted"


@dataclass(frozen=True, slots=True)
class Progress:
    """Up to when rewards and orders were taken over; None: not at all."""

    rewards_to: datetime | None
    orders_to: datetime | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is taken over at once: later than `after`, up to `upto`."""

    after: datetime
    upto: datetime


def lock_progress(tx: Transaction, program_id: int) -> Progress | None:
    """How far it is, for whoever goes on with it; None while somebody else does."""
    tx.execute("insert into delivery_progress (program_id) values (%s) on conflict do nothing", (program_id,))
    row = tx.execute(
        """
        select nullif(rewards_to, '-infinity'), nullif(orders_to, '-infinity') from delivery_progress
        where program_id = %s for update skip locked
        """,
        (program_id,),
    ).fetchone()
    return None if row is None else Progress(*row)


def record_progress(tx: Transaction, program_id: int, progress: Progress) -> None:
    """Keep how far it is."""
    tx.execute(
        """
        update delivery_progress
        set rewards_to = coalesce(%s::timestamptz, '-infinity'),
            orders_to = coalesce(%s::timestamptz, '-infinity')
        where program_id = %s
        """,
        (progress.rewards_to, progress.orders_to, program_id),
    )


def settled_until(tx: Transaction, now: datetime) -> datetime:
    """Up to when everything that was decided is there to be read."""
    row = tx.execute(
        """
        select greatest(max(clock_timestamp() - xact_start), interval '0') from pg_stat_activity
        where usename = current_user and datname = current_database() and pid <> pg_backend_pid()
          and backend_xid is not null
        """
    ).fetchone()
    assert row is not None
    return now - SLACK - (row[0] or timedelta(0))


def first_decision(tx: Transaction, program_id: int, after: datetime | None) -> datetime | None:
    """When the first event after this was decided."""
    row = tx.execute(
        """
        select min(decided_at) from events
        where program_id = %s and decided_at > coalesce(%s, '-infinity'::timestamptz)
        """,
        (program_id, after),
    ).fetchone()
    assert row is not None
    return None if row[0] is None else row[0]


def record_rewards(tx: Transaction, program_id: int, stretch: Stretch, saved: Sequence[str]) -> int:
    """Take over rewards that were given in a stretch, of units that are saved up or not; how many."""
    taken = tx.execute(
        """
        insert into delivery_marks (program_id, member_id, id, kind, reward_id, rule, market, location, saved,
                                    happened_at, received_at, decided_at, issued_at, state)
        select r.program_id, r.member_id, r.id, 'reward', r.id, r.rule, e.market, coalesce(e.location, ''),
               r.unit = any(%(saved)s), r.happened_at, e.recorded_at, e.decided_at, r.issued_at, 'given'
        from events e
        join rewards r on r.program_id = e.program_id and r.member_id = e.member_id and r.event_id = e.id
        where e.program_id = %(program)s and e.decided_at > %(after)s and e.decided_at <= %(upto)s
          and e.type <> %(granted)s
        on conflict do nothing
        """,
        {
            "program": program_id,
            "after": stretch.after,
            "upto": stretch.upto,
            "saved": list(saved),
            "granted": GRANTED,
        },
    ).rowcount
    return taken + _record_granted(tx, program_id, stretch, saved)


def _record_granted(tx: Transaction, program_id: int, stretch: Stretch, saved: Sequence[str]) -> int:
    """Take over what people agreed to: received with the event it is for, or when it was asked for."""
    found = tx.execute(
        """
        select e.member_id, e.id, e.data -> 'approval' ->> 'request', e.data -> 'approval' ->> 'event'
        from events e
        where e.program_id = %s and e.decided_at > %s and e.decided_at <= %s and e.type = %s
        """,
        (program_id, stretch.after, stretch.upto, GRANTED),
    ).fetchall()
    if not found:
        return 0
    return tx.execute(
        """
        insert into delivery_marks (program_id, member_id, id, kind, reward_id, rule, market, location, saved,
                                    happened_at, received_at, decided_at, approved_at, issued_at, state)
        select r.program_id, r.member_id, r.id, 'reward', r.id, r.rule, e.market, coalesce(e.location, ''),
               r.unit = any(%(saved)s), r.happened_at,
               coalesce(first.recorded_at, q.created_at, e.recorded_at),
               coalesce(first.decided_at, q.created_at, e.recorded_at), e.recorded_at, r.issued_at, 'given'
        from unnest(%(members)s::bigint[], %(events)s::bigint[], %(requests)s::bigint[],
                    %(firsts)s::bigint[]) as g (member_id, id, request_id, first_id)
        join events e on e.program_id = %(program)s and e.member_id = g.member_id and e.id = g.id
        join rewards r on r.program_id = e.program_id and r.member_id = e.member_id and r.event_id = e.id
        left join requests q on q.program_id = e.program_id and q.id = g.request_id
        left join events first on first.program_id = e.program_id and first.id = g.first_id
        on conflict do nothing
        """,
        {
            "program": program_id,
            "saved": list(saved),
            "members": [row[0] for row in found],
            "events": [row[1] for row in found],
            "requests": [read("apr", row[2] or "") for row in found],
            "firsts": [read("evt", row[3] or "") for row in found],
        },
    ).rowcount


def record_orders(tx: Transaction, program_id: int, after: datetime | None, upto: datetime) -> int:
    """Take over orders that are open or were settled since, and what became of open ones; how many.

    `after`: up to when rewards had been taken over the last time; an order has no place without its reward's
    mark, so whatever was settled since then may not have found one.
    """
    since = None if after is None else after - AGAIN
    new = tx.execute(
        """
        insert into delivery_marks (program_id, member_id, id, kind, reward_id, rule, market, location,
                                    supplier, saved, lead_minutes, happened_at, received_at, decided_at,
                                    approved_at, issued_at, chosen_at, ordered_at, ended_at, state)
        select f.program_id, f.member_id, f.order_id, 'order', m.reward_id, m.rule, m.market, m.location,
               f.supplier, m.saved, coalesce(i.lead_minutes, 0), m.happened_at, m.received_at, m.decided_at,
               m.approved_at, m.issued_at, f.chosen_at, f.ordered_at, f.settled_at,
               case f.state when 'failed' then 'failed' when 'canceled' then 'canceled'
                            when 'fulfilled' then 'there' when 'returned' then 'there' else 'open' end
        from (
          select program_id, member_id, order_id, item_id, supplier, chosen_at, ordered_at, settled_at, state
          from fulfillments
          where program_id = %(program)s and state in ('reserved', 'ordered', 'unknown')
          union all
          select program_id, member_id, order_id, item_id, supplier, chosen_at, ordered_at, settled_at, state
          from fulfillments
          where program_id = %(program)s and settled_at > coalesce(%(since)s, '-infinity'::timestamptz)
            and settled_at <= %(upto)s
        ) f
        join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
        join delivery_marks m
          on m.program_id = f.program_id and m.member_id = f.member_id and m.id = o.reward_id
        left join catalog_items i on i.program_id = f.program_id and i.id = f.item_id
        where not exists (select from delivery_marks d where d.program_id = f.program_id
                          and d.member_id = f.member_id and d.id = f.order_id)
        on conflict do nothing
        """,
        {"program": program_id, "since": since, "upto": upto},
    ).rowcount
    moved = tx.execute(
        """
        update delivery_marks d
        set supplier = f.supplier, ordered_at = f.ordered_at, ended_at = f.settled_at,
            expected_at = case when f.settled_at is null then d.expected_at end,
            state = case f.state when 'failed' then 'failed' when 'canceled' then 'canceled'
                                 when 'fulfilled' then 'there' when 'returned' then 'there' else 'open' end
        from fulfillments f
        where d.program_id = %(program)s and d.state = 'open' and f.program_id = d.program_id
          and f.member_id = d.member_id and f.order_id = d.id
          and (f.settled_at is not null or f.supplier <> d.supplier
               or f.ordered_at is distinct from d.ordered_at)
        """,
        {"program": program_id},
    ).rowcount
    return new + moved


def record_opened(tx: Transaction, program_id: int, after: datetime | None) -> int:
    """Take over what was opened and used since, of what had come; how many."""
    since = None if after is None else after - AGAIN
    opened = tx.execute(
        """
        update delivery_marks d set opened_at = f.opened_at
        from fulfillments f
        where f.program_id = %(program)s and f.opened_at > coalesce(%(since)s, '-infinity'::timestamptz)
          and d.program_id = f.program_id and d.member_id = f.member_id and d.id = f.order_id
          and d.state = 'there' and d.opened_at is null
        """,
        {"program": program_id, "since": since},
    ).rowcount
    used = tx.execute(
        """
        update delivery_marks d set used_at = c.used_at
        from (
          select f.program_id, f.member_id, f.order_id as id, c.used_at
          from codes c
          join fulfillments f on f.program_id = c.program_id and f.order_id = c.order_id
          where c.program_id = %(program)s and c.used_at > coalesce(%(since)s, '-infinity'::timestamptz)
        ) c
        where d.program_id = c.program_id and d.member_id = c.member_id and d.id = c.id
          and d.state = 'there' and d.used_at is null
        """,
        {"program": program_id, "since": since},
    ).rowcount
    return opened + used


def record_expected(tx: Transaction, program_id: int, expected: Sequence[tuple[int, int, datetime]]) -> None:
    """Keep when open orders are expected: (member, order, when)."""
    tx.execute(
        """
        update delivery_marks d set expected_at = e.at
        from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) as e (member_id, id, at)
        where d.program_id = %s and d.member_id = e.member_id and d.id = e.id and d.state = 'open'
          and d.expected_at is distinct from e.at
        """,
        (
            [member for member, _, _ in expected],
            [order for _, order, _ in expected],
            [at for _, _, at in expected],
            program_id,
        ),
    )
