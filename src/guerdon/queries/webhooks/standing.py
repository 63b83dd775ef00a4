"""How endpoints are doing: how far behind, what was given up; and deliveries with how they last went."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.store.webhooks.deliveries import DeliveryState


@dataclass(frozen=True, slots=True)
class Standing:
    """How an endpoint is doing; `behind_since` is when the oldest that waits was written down.

    Of what was given up, `former` was made for an address that it does not have any more.
    """

    endpoint_id: int
    failures: int
    failing_since: datetime | None
    hold_until: datetime | None
    delivered_at: datetime | None
    took_ms: int | None
    waiting: int
    dead: int
    behind_since: datetime | None
    status: int | None
    reason: str
    former: int


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery and its last attempt; `former`: it was made for another address than the present one."""

    id: int
    type: str
    state: DeliveryState
    attempts: int
    recorded_at: datetime
    next_at: datetime
    settled_at: datetime | None
    tried_at: datetime | None
    took_ms: int | None
    status: int | None
    reason: str
    answer: bytes
    former: bool


# Counted so far and no further: more are as many as one has to know.
COUNTED_MAX = 100_000


def list_webhook_standings(tx: Transaction) -> dict[int, Standing]:
    """How all endpoints are doing."""
    rows = tx.execute(
        """
        select h.endpoint_id, h.failures, h.failing_since, h.hold_until, h.delivered_at, h.took_ms,
               w.n, d.n, w.since, h.status, h.reason, d.former
        from webhook_health h
        join webhook_endpoints e on e.program_id = h.program_id and e.id = h.endpoint_id
          and e.removed_at is null
        cross join lateral (
          select count(*) as n, min(recorded_at) as since from (
            select recorded_at from webhook_deliveries
            where program_id = h.program_id and endpoint_id = h.endpoint_id and state = 'waiting'
              and address = e.address
            order by id limit %(most)s) x) w
        cross join lateral (
          select count(*) as n, count(*) filter (where address <> e.address) as former from (
            (select address from webhook_deliveries
             where program_id = h.program_id and endpoint_id = h.endpoint_id and state = 'dead'
             limit %(most)s)
            union all
            (select address from webhook_deliveries
             where program_id = h.program_id and endpoint_id = h.endpoint_id and state = 'waiting'
               and address < e.address
             limit %(most)s)) x) d
        where h.program_id = (select this_program())
        """,
        {"most": COUNTED_MAX},
    ).fetchall()
    return {row[0]: Standing(*row) for row in rows}


def list_deliveries(
    tx: Transaction, endpoint_id: int, state: str | None, limit: int, after: int | None
) -> list[DeliveryLine]:
    """Deliveries of an endpoint, the newest first. What waits for a former address is as good as given up."""
    rows = tx.execute(
        """
        select d.id, d.type, d.state_now, d.attempts, d.recorded_at, d.next_at, d.settled_at,
               a.at, a.took_ms, a.status, coalesce(a.reason, ''), coalesce(a.answer, ''),
               d.address <> e.address
        from webhook_endpoints e
        cross join lateral (
          (select *, state as state_now from webhook_deliveries
           where program_id = e.program_id and endpoint_id = e.id
             and state = any(%(states)s) and not (state = 'waiting' and address < e.address)
             and (%(after)s::bigint is null or id < %(after)s)
           order by id desc limit %(limit)s)
          union all
          (select *, 'dead' from webhook_deliveries
           where program_id = e.program_id and endpoint_id = e.id
             and 'dead' = any(%(states)s) and state = 'waiting' and address < e.address
             and (%(after)s::bigint is null or id < %(after)s)
           order by id desc limit %(limit)s)
          order by id desc limit %(limit)s) d
        left join lateral (
          select * from webhook_attempts a where a.program_id = d.program_id and a.delivery_id = d.id
          order by a.id desc limit 1) a on true
        where e.program_id = (select this_program()) and e.id = %(endpoint)s
        order by d.id desc
        """,
        {
            "endpoint": endpoint_id,
            "states": ["waiting", "delivered", "dead"] if state is None else [state],
            "after": after,
            "limit": limit,
        },
    ).fetchall()
    return [DeliveryLine(*row) for row in rows]
