"""How an installation and a program stand, in a few statements that read no large table as a whole.

What waits is counted so far and no further, along an index that begins with what is oldest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from guerdon.store.database import Transaction

COUNTED_MAX = 1_000
MESSAGES_LOOKED_AT = 1_000

Line = Literal["supplier", "channel", "write"]


@dataclass(frozen=True, slots=True)
class Server:
    """The database as its server tells of it; sizes in bytes."""

    version: str
    size: int
    connections: int
    connections_max: int
    migrated_at: datetime | None
    # Who decides events: how many said lately that they live, and when the last one did.
    workers: int
    worker_seen_at: datetime | None
    archived_at: datetime | None
    archive_failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """What should have been done by now: how many (at most `COUNTED_MAX`), and when the oldest was due."""

    waiting: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """An account with somebody whom we ask: its failures in a row, its rest, and whether it is shut."""

    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    shut_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """On how many days since then something came by a connection, and the last of them."""

    days: int
    last_day: date


@dataclass(frozen=True, slots=True)
class Sent:
    """Of the latest messages, what became of those of a channel."""

    delivered: int
    failed: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it, by name: queues, (kind, account) pairs, connections, channels."""

    server: Server
    queues: Mapping[str, Queue]
    accounts: Mapping[tuple[str, str], Health]
    heard: Mapping[str, Heard]
    sent: Mapping[str, Sent]
    set_apart: Queue | None
    anchored_at: datetime | None


def read_standing(tx: Transaction, connections: Sequence[str], since: date, now: datetime) -> Standing:
    """Read how things stand; `connections` are those of the program, heard from `since` on."""
    queues = _read_queues(tx, connections, now)
    set_apart = queues.pop("set_apart", None)
    row = tx.execute(
        "select anchored_at from anchors where program_id = (select this_program())"
        " order by number desc limit 1"
    ).fetchone()
    return Standing(
        _read_server(tx),
        queues,
        _read_accounts(tx),
        _read_heard(tx, since),
        _read_sent(tx),
        set_apart,
        row[0] if row else None,
    )


def _read_server(tx: Transaction) -> Server:
    row = tx.execute(
        """
        select current_setting('server_version'), pg_database_size(current_database()),
               (select coalesce(sum(numbackends), 0)::integer from pg_stat_database),
               current_setting('max_connections')::integer,
               (select max(ran_at) from schema_migrations),
               (select count(*) from workers where seen_at > clock_timestamp() - interval '15 seconds'),
               (select max(seen_at) from workers),
               last_archived_time, last_failed_time
        from pg_stat_archiver
        """
    ).fetchone()
    assert row is not None
    return Server(*row)


def _read_queues(tx: Transaction, connections: Sequence[str], now: datetime) -> dict[str, Queue]:
    rows = tx.execute(
        """
        select queue, count(*), min(at) from (
          (select 'events' as queue, recorded_at as at from inbox
           where program_id = (select this_program()) order by id limit %(most)s)
          union all
          -- What a broadcast tells goes at its own pace, and is late for nobody.
          select c.channel, o.next_at
          from unnest(array['email', 'sms', 'push', 'inapp']) as c (channel)
          cross join lateral (
            select next_at from outbox
            where program_id = (select this_program()) and coalesce(via, channel) = c.channel
              and coalesce(broadcast_id, 0) = 0 and next_at <= %(now)s
            order by next_at limit %(most)s) o
          union all
          (select 'announcements', recorded_at from announcements
           where program_id = (select this_program()) order by id limit %(most)s)
          union all
          select 'webhooks', d.next_at from webhook_endpoints e
          left join webhook_health h on h.program_id = e.program_id and h.endpoint_id = e.id
          cross join lateral (
            select next_at from webhook_deliveries
            where program_id = e.program_id and endpoint_id = e.id and state = 'waiting'
              and next_at <= %(now)s order by next_at limit %(most)s) d
          where e.program_id = (select this_program()) and e.state = 'enabled' and e.removed_at is null
            and coalesce(h.hold_until <= %(now)s, true)
          union all
          -- Of an account that is shut or rests, its own check tells.
          select 'orders', f.next_at from supplier_lanes l
          cross join lateral (
            select next_at from fulfillments
            where program_id = l.program_id and supplier = l.supplier and next_at <= %(now)s
            order by next_at limit %(most)s) f
          where l.program_id = (select this_program()) and l.shut_at is null
            and coalesce(l.rests_until <= %(now)s, true)
          union all
          select 'errands', e.next_at from unnest(%(connections)s::text[]) as c (connection)
          cross join unnest(array['contact', 'deal']) as k (kind)
          cross join lateral (
            select next_at from errands
            where program_id = (select this_program()) and connection = c.connection and kind = k.kind
              and step = 'read' and next_at <= %(now)s
            order by next_at limit %(most)s) e
          union all
          (select 'reports', next_at from report_schedules
           where program_id = (select this_program()) and ended_at is null and next_at <= %(now)s
           order by next_at limit %(most)s)
          union all
          (select 'set_apart', recorded_at from quarantine
           where program_id = (select this_program()) and settled_at is null order by id limit %(most)s)
        ) due group by queue
        """,
        {"now": now, "most": COUNTED_MAX, "connections": list(connections)},
    ).fetchall()
    return {queue: Queue(n, oldest) for queue, n, oldest in rows}


def _read_accounts(tx: Transaction) -> dict[tuple[str, str], Health]:
    rows = tx.execute(
        """
        select 'supplier', supplier, failures, failing_since, rests_until, shut_at, reason
        from supplier_lanes where program_id = (select this_program())
        union all
        select 'channel', channel, failures, failing_since, rests_until, shut_at, reason
        from channel_lanes where program_id = (select this_program())
        union all
        select 'write', connection, failures, failing_since, hold_until, null, reason
        from writeback_lanes where program_id = (select this_program())
        """
    ).fetchall()
    return {(row[0], row[1]): Health(*row[2:]) for row in rows}


def _read_heard(tx: Transaction, since: date) -> dict[str, Heard]:
    rows = tx.execute(
        """
        select connection, count(distinct day), max(day) from intake_counts
        where program_id = (select this_program()) and day >= %s and what in ('accepted', 'duplicate')
        group by connection
        """,
        (since,),
    ).fetchall()
    return {row[0]: Heard(*row[1:]) for row in rows}


def _read_sent(tx: Transaction) -> dict[str, Sent]:
    rows = tx.execute(
        """
        select channel, count(*) filter (where state <> 'failed'), count(*) filter (where state = 'failed'),
               max(settled_at)
        from (select channel, state, settled_at from messages where program_id = (select this_program())
              order by settled_at desc limit %s) latest
        group by channel
        """,
        (MESSAGES_LOOKED_AT,),
    ).fetchall()
    return {row[0]: Sent(*row[1:]) for row in rows}
