"""Deliveries: claimed in sets by lease, a few for each endpoint; settled in sets by the fence of the claim.

A claim commits before anything leaves the house. Whoever is killed in between loses the lease, and the row is
sent once more under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from guerdon.store.database import Transaction

CHANNEL = "guerdon_webhooks"
DeliveryState = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Which rows are taken: `busy` says how many of an endpoint's are under way already.

    Proven endpoints answer, and soon; the others are given one at a time.
    """

    program_id: int
    fence: UUID
    now: datetime
    lease_until: datetime
    proven: bool
    each_max: int
    all_max: int
    busy: dict[int, int]


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed row, and where it goes."""

    id: int
    endpoint_id: int
    type: str
    payload: str
    attempts: int
    address: int
    url: str
    secret: bytes = field(repr=False)
    previous_secret: bytes | None = field(repr=False)
    previous_until: datetime | None


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """Something to be told to an endpoint."""

    endpoint_id: int
    type: str
    payload: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """How an attempt went, and what becomes of its row."""

    id: int
    endpoint_id: int
    address: int
    number: int
    at: datetime
    took_ms: int
    status: int | None
    reason: str
    answer: bytes
    state: DeliveryState
    next_at: datetime
    hold_until: datetime | None
    ended_at: datetime

    @property
    def delivered(self) -> bool:
        """Whether it was taken."""
        return self.state == "delivered"


def record_deliveries(tx: Transaction, program_id: int, new: Sequence[NewDelivery], at: datetime) -> None:
    """Have these told, from now on, at the address that each endpoint has now."""
    if not new:
        return
    tx.execute(
        """
        with standing as materialized (
          -- Held fast: whoever changes an address waits for this, or this for them.
          select id, address from webhook_endpoints
          where program_id = %(program)s and id = any(%(endpoints)s) order by id for share
        )
        insert into webhook_deliveries (program_id, endpoint_id, address, type, payload, recorded_at, next_at)
        select %(program)s, s.id, s.address, t, p, r, %(at)s
        from unnest(%(endpoints)s::bigint[], %(types)s::text[], %(payloads)s::text[],
                    %(recorded)s::timestamptz[]) with ordinality as n (e, t, p, r, i)
        join standing s on s.id = e
        order by i
        """,
        {
            "program": program_id,
            "at": at,
            "endpoints": [each.endpoint_id for each in new],
            "types": [each.type for each in new],
            "payloads": [each.payload for each in new],
            "recorded": [each.recorded_at for each in new],
        },
    )


def claim_deliveries(tx: Transaction, claim: Claim) -> list[Due]:
    """Take what is due, of each endpoint the oldest, no endpoint before the others had their turn."""
    rows = tx.execute(
        """
        with open as materialized (
          select e.id, e.address,
                 (case when %(proven)s then %(each_max)s else 1 end) - coalesce(b.n, 0) as slots
          from webhook_endpoints e
          join webhook_health h on h.program_id = e.program_id and h.endpoint_id = e.id
          left join unnest(%(busy)s::bigint[], %(times)s::integer[]) as b (id, n) on b.id = e.id
          where e.program_id = %(program)s and e.state = 'enabled'
            and (h.hold_until is null or h.hold_until <= %(now)s)
            and (h.failures = 0 and h.delivered_at is not null and h.took_ms < 2000) = %(proven)s
        ), due as materialized (
          select d.id, d.next_at, row_number() over (partition by o.id order by d.next_at, d.id) as turn
          from open o
          cross join lateral (
            select id, next_at from webhook_deliveries
            where program_id = %(program)s and endpoint_id = o.id and state = 'waiting'
              and next_at <= %(now)s and address = o.address
            order by next_at, id limit greatest(o.slots, 0) for update skip locked) d
        ), first as materialized (
          select id from due order by turn, next_at, id limit %(all_max)s
        )
        update webhook_deliveries d
        set fence = %(fence)s, next_at = %(lease_until)s, attempts = least(d.attempts + 1, 32000)
        from first f, webhook_endpoints e
        where d.program_id = %(program)s and d.id = f.id
          and e.program_id = d.program_id and e.id = d.endpoint_id
        returning d.id, d.endpoint_id, d.type, d.payload, d.attempts, e.address, e.url, e.secret,
                  e.previous_secret, e.previous_until
        """,
        {
            "program": claim.program_id,
            "now": claim.now,
            "lease_until": claim.lease_until,
            "fence": claim.fence,
            "proven": claim.proven,
            "each_max": claim.each_max,
            "all_max": claim.all_max,
            "busy": list(claim.busy),
            "times": list(claim.busy.values()),
        },
    ).fetchall()
    found = [Due(*row) for row in rows]
    return sorted(found, key=lambda due: due.id)


def settle_deliveries(tx: Transaction, program_id: int, fence: UUID, tried: Sequence[Tried]) -> set[int]:
    """Write down how attempts went; returns the ids that were still this claim's to settle."""
    rows = tx.execute(
        """
        with settled as (
          update webhook_deliveries d
          set state = t.state, next_at = t.next_at, fence = null,
              settled_at = case when t.state = 'waiting' then null else t.ended_at end
          from unnest(%(ids)s::bigint[], %(states)s::text[], %(nexts)s::timestamptz[],
                      %(ends)s::timestamptz[])
            as t (id, state, next_at, ended_at)
          where d.program_id = %(program)s and d.id = t.id and d.fence = %(fence)s and d.state = 'waiting'
          returning d.id
        ), kept as (
          insert into webhook_attempts (program_id, delivery_id, number, at, took_ms, status, reason, answer)
          select %(program)s, t.*
          from unnest(%(ids)s::bigint[], %(numbers)s::smallint[], %(ats)s::timestamptz[],
                      %(tooks)s::integer[], %(statuses)s::smallint[], %(reasons)s::text[],
                      %(answers)s::bytea[]) as t (id, number, at, took_ms, status, reason, answer)
          where t.id in (select id from settled)
        )
        select id from settled
        """,
        {
            "program": program_id,
            "fence": fence,
            "ids": [each.id for each in tried],
            "states": [each.state for each in tried],
            "nexts": [each.next_at for each in tried],
            "ends": [each.ended_at for each in tried],
            "numbers": [each.number for each in tried],
            "ats": [each.at for each in tried],
            "tooks": [each.took_ms for each in tried],
            "statuses": [each.status for each in tried],
            "reasons": [each.reason for each in tried],
            "answers": [each.answer for each in tried],
        },
    ).fetchall()
    return {row[0] for row in rows}


def record_health(tx: Transaction, program_id: int, place: tuple[int, int], tried: Sequence[Tried]) -> None:
    """Write down how an endpoint is doing after these attempts, in the order in which they ended.

    `place` is the endpoint and the address that was tried: once it has another, nothing is written.
    """
    endpoint_id, address = place
    failed_last = 0
    for each in reversed(tried):
        if each.delivered:
            break
        failed_last += 1
    delivered = [each.ended_at for each in tried if each.delivered]
    tx.execute(
        """
        with standing as materialized (
          -- Held fast: whoever changes the address waits for this, or this for them, and finds another.
          select from webhook_endpoints
          where program_id = %(program)s and id = %(endpoint)s and address = %(address)s for share
        )
        update webhook_health
        set failures = least(failed.n + case when %(healed)s then 0 else failures end, 1000000),
            failing_since = case when failed.n = 0 and %(healed)s then null
                                 when %(healed)s or failing_since is null then %(first)s
                                 else failing_since end,
            hold_until = case when %(hold)s::timestamptz is null and %(healed)s then null
                              else greatest(hold_until, %(hold)s) end,
            delivered_at = greatest(delivered_at, %(delivered_at)s),
            took_ms = %(took_ms)s,
            status = case when failed.n > 0 then %(status)s when %(healed)s then null else status end,
            reason = case when failed.n > 0 then %(reason)s when %(healed)s then '' else reason end
        from (select %(failed)s::integer as n) failed, standing
        where program_id = %(program)s and endpoint_id = %(endpoint)s
        """,
        {
            "program": program_id,
            "endpoint": endpoint_id,
            "address": address,
            "failed": failed_last,
            "healed": bool(delivered),
            "first": tried[-failed_last].ended_at if failed_last else None,
            "hold": max((each.hold_until for each in tried if each.hold_until is not None), default=None),
            "delivered_at": max(delivered, default=None),
            "took_ms": tried[-1].took_ms,
            "status": tried[-1].status,
            "reason": tried[-1].reason,
        },
    )


def find_endpoint_of(tx: Transaction, program_id: int, delivery: int) -> int | None:
    """The endpoint of a delivery."""
    row = tx.execute(
        "select endpoint_id from webhook_deliveries where program_id = %s and id = %s", (program_id, delivery)
    ).fetchone()
    return None if row is None else int(row[0])


def record_again(
    tx: Transaction, program_id: int, delivery: int, at: datetime, *, anywhere: bool = False
) -> bool:
    """Have a delivery sent again from the first attempt on, under the id it has; whether it is.

    One that was made for a former address is not, unless it may go `anywhere`.
    """
    return (
        tx.execute(
            """
            update webhook_deliveries d
            set state = 'waiting', attempts = 0, next_at = %(at)s, fence = null, settled_at = null,
                address = e.address
            from webhook_endpoints e
            where d.program_id = %(program)s and d.id = %(delivery)s
              and e.program_id = d.program_id and e.id = d.endpoint_id
              and (d.address = e.address or %(anywhere)s)
            """,
            {"program": program_id, "delivery": delivery, "at": at, "anywhere": anywhere},
        ).rowcount
        == 1
    )


def record_dead_again(
    tx: Transaction, program_id: int, endpoint_id: int, at: datetime, *, former: bool = False
) -> int:
    """Have all sent again that were given up, of the present address or of `former` ones; how many.

    What waits for a former address is as good as given up.
    """
    return tx.execute(
        """
        update webhook_deliveries d
        set state = 'waiting', attempts = 0, next_at = %(at)s, fence = null, settled_at = null,
            address = e.address
        from webhook_endpoints e
        where d.program_id = %(program)s and d.endpoint_id = %(endpoint)s
          and (d.state = 'dead' or d.state = 'waiting' and %(former)s)
          and e.program_id = d.program_id and e.id = d.endpoint_id
          and (d.address <> e.address) = %(former)s
        """,
        {"program": program_id, "endpoint": endpoint_id, "at": at, "former": former},
    ).rowcount


def give_up_former(tx: Transaction, program_id: int, at: datetime, at_most: int) -> int:
    """Give up what waits to be sent to addresses that endpoints do not have any more; how many.

    What is under way is left until it comes back or its lease is over. Addresses are counted up.
    """
    return tx.execute(
        """
        with former as materialized (
          select d.id
          from webhook_endpoints e
          join webhook_deliveries d on d.program_id = e.program_id and d.endpoint_id = e.id
            and d.state = 'waiting' and d.address < e.address and (d.fence is null or d.next_at <= %(at)s)
          where e.program_id = %(program)s and e.removed_at is null
          limit %(at_most)s for update of d skip locked
        )
        update webhook_deliveries d set state = 'dead', fence = null, settled_at = %(at)s
        from former f where d.program_id = %(program)s and d.id = f.id
        """,
        {"program": program_id, "at": at, "at_most": at_most},
    ).rowcount


def forget_old(tx: Transaction, program_id: int, before: datetime, at_most: int) -> int:
    """Forget what was delivered or given up long ago, and all for endpoints that are gone; how many."""
    return tx.execute(
        """
        with old as materialized (
          (select id from webhook_deliveries
           where program_id = %(program)s and state in ('delivered', 'dead') and settled_at < %(before)s
           limit %(at_most)s)
          union
          (select d.id from webhook_endpoints e
           join webhook_deliveries d on d.program_id = e.program_id and d.endpoint_id = e.id
           where e.program_id = %(program)s and e.removed_at is not null
           limit %(at_most)s)
        ), tried as (
          delete from webhook_attempts a using old
          where a.program_id = %(program)s and a.delivery_id = old.id
        )
        delete from webhook_deliveries d using old where d.program_id = %(program)s and d.id = old.id
        """,
        {"program": program_id, "before": before, "at_most": at_most},
    ).rowcount
