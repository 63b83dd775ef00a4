"""Lanes: how far each connection is with what it is told, and who is sending just now.

One batch of a connection is under way at a time. Who sends holds the lane by a fence and goes on saying that
it lives; a lane whose holder was killed is free again when its lease ends, and what the holder still says of
it is not taken.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from guerdon.store.database import Connection, Transaction

CHANNEL = "guerdon_writebacks"
# As which connections want to be told (store/announcements).
SUBSCRIBER = "connections"
CONTACTS_MAX, EVENTS_MAX = 100, 500


@dataclass(frozen=True, slots=True)
class Standing:
    """A lane as it is declared; up to which member everybody was gone through, None: all were."""

    connection: str
    declared: str
    gone_through: int | None


@dataclass(frozen=True, slots=True)
class Lease:
    """A lane that is ours for a while, and how much goes at once."""

    program_id: int
    connection: str
    fence: UUID
    # The source of members whose ids there are the CRM's.
    source: str
    contacts_max: int
    events_max: int
    checks_max: int
    failures: int


@dataclass(frozen=True, slots=True)
class Batch:
    """How a batch went: what arrived so long after its cause, or why none of it did."""

    at: datetime
    took_ms: int
    sent: int
    lags_ms: Sequence[int]
    reason: str = ""


def list_lanes(tx: Transaction, program_id: int) -> list[Standing]:
    """All lanes of a program."""
    rows = tx.execute(
        "select connection, declared, gone_through from writeback_lanes where program_id = %s",
        (program_id,),
        prepare=True,
    ).fetchall()
    return [Standing(*row) for row in rows]


def record_declared(tx: Transaction, program_id: int, lane: tuple[str, str], declared: str) -> None:
    """Keep how a lane (connection, source) is declared now, "" where it is not any more.

    Everybody is gone through anew.
    """
    tx.execute(
        """
        insert into writeback_lanes as l (program_id, connection, source, declared, gone_through)
        values (%(program)s, %(connection)s, %(source)s, %(declared)s, %(from)s)
        on conflict (program_id, connection) do update
        set source = excluded.source, declared = excluded.declared, gone_through = excluded.gone_through
        """,
        {
            "program": program_id,
            "connection": lane[0],
            "source": lane[1],
            "declared": declared,
            "from": 0 if declared else None,
        },
    )


def record_gone_through(tx: Transaction, program_id: int, connection: str, member_id: int | None) -> None:
    """Keep up to whom everybody was gone through; None: all were."""
    tx.execute(
        "update writeback_lanes set gone_through = %s where program_id = %s and connection = %s",
        (member_id, program_id, connection),
    )


def list_due_lanes(tx: Transaction, program_id: int, now: datetime) -> list[str]:
    """Connections with something to be sent now that nobody is sending."""
    rows = tx.execute(
        """
        select connection from writeback_lanes l
        where program_id = %(program)s and declared <> ''
          and coalesce(lease_until, '-infinity') <= %(now)s and coalesce(hold_until, '-infinity') <= %(now)s
          and (exists (select from writeback_contacts c
                       where c.program_id = l.program_id and c.connection = l.connection
                         and c.state = 'waiting' and c.next_at <= %(now)s)
               or exists (select from writeback_contacts c
                          where c.program_id = l.program_id and c.connection = l.connection
                            and c.state = 'checking' and c.next_at <= %(now)s)
               or exists (select from writeback_events e
                          where e.program_id = l.program_id and e.connection = l.connection
                            and e.state = 'waiting' and e.next_at <= %(now)s))
        order by connection
        """,
        {"program": program_id, "now": now},
        prepare=True,
    ).fetchall()
    return [str(row[0]) for row in rows]


def lease_lane(
    tx: Transaction, lane: tuple[int, str], fence: UUID, now: datetime, until: datetime
) -> Lease | None:
    """Take a lane, if nobody has it and it does not rest."""
    row = tx.execute(
        """
        update writeback_lanes set fence = %(fence)s, lease_until = %(until)s
        where program_id = %(program)s and connection = %(connection)s and declared <> ''
          and coalesce(lease_until, '-infinity') <= %(now)s and coalesce(hold_until, '-infinity') <= %(now)s
        returning source, contacts_max, events_max, checks_max, failures
        """,
        {"program": lane[0], "connection": lane[1], "fence": fence, "now": now, "until": until},
    ).fetchone()
    return None if row is None else Lease(*lane, fence, *row)


def renew_lanes(tx: Transaction, program_id: int, fences: Sequence[UUID], lease: timedelta) -> list[UUID]:
    """Have lanes be ours for so much longer, by the database's clock; those that are."""
    rows = tx.execute(
        """
        update writeback_lanes set lease_until = clock_timestamp() + %s
        where program_id = %s and fence = any(%s) returning fence
        """,
        (lease, program_id, list(fences)),
    ).fetchall()
    return [row[0] for row in rows]


def hold_lane(tx: Transaction, lease: Lease) -> bool:
    """Whether a lane is still ours; nobody takes it before this transaction ends."""
    row = tx.execute(
        """
        select fence = %s from writeback_lanes where program_id = %s and connection = %s for no key update
        """,
        (lease.fence, lease.program_id, lease.connection),
    ).fetchone()
    return row == (True,)


def let_go_lane(tx: Transaction, lease: Lease) -> None:
    """Give a lane back as it is."""
    tx.execute(
        """
        update writeback_lanes set fence = null, lease_until = null
        where program_id = %s and connection = %s and fence = %s
        """,
        (lease.program_id, lease.connection, lease.fence),
    )


def record_worked(tx: Transaction, lease: Lease, now: datetime, at_once: tuple[int, int, int]) -> None:
    """Give a lane back that was answered; so many contacts, events and checks go at once from now on."""
    tx.execute(
        """
        update writeback_lanes
        set fence = null, lease_until = null, hold_until = null, failing_since = null, failures = 0,
            reason = '', contacts_max = %(contacts)s, events_max = %(events)s, checks_max = %(checks)s,
            written_at = %(now)s
        where program_id = %(program)s and connection = %(connection)s and fence = %(fence)s
        """,
        {
            "contacts": at_once[0],
            "events": at_once[1],
            "checks": at_once[2],
            "now": now,
            "program": lease.program_id,
            "connection": lease.connection,
            "fence": lease.fence,
        },
    )


def record_resting(tx: Transaction, lease: Lease, now: datetime, hold_until: datetime, reason: str) -> None:
    """Give a lane back that rests until then; a reason: because it failed."""
    tx.execute(
        """
        update writeback_lanes
        set fence = null, lease_until = null, hold_until = %(until)s,
            failing_since = case when %(failed)s then coalesce(failing_since, %(now)s) else failing_since end,
            failures = failures + %(failed)s::integer,
            reason = case when %(failed)s then %(reason)s else reason end
        where program_id = %(program)s and connection = %(connection)s and fence = %(fence)s
        """,
        {
            "until": hold_until,
            "now": now,
            "reason": reason,
            "failed": bool(reason),
            "program": lease.program_id,
            "connection": lease.connection,
            "fence": lease.fence,
        },
    )


def record_batch(tx: Transaction, lease: Lease, batch: Batch) -> None:
    """Keep how a batch went."""
    tx.execute(
        """
        insert into writeback_batches (program_id, connection, at, took_ms, sent, lags_ms, reason)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        (
            lease.program_id,
            lease.connection,
            batch.at,
            batch.took_ms,
            batch.sent,
            list(batch.lags_ms),
            batch.reason,
        ),
    )


def wake_lane(tx: Transaction, program_id: int, connection: str) -> None:
    """Have a lane that rests tried at once."""
    tx.execute(
        "update writeback_lanes set hold_until = null where program_id = %s and connection = %s",
        (program_id, connection),
    )


def forget_old(tx: Transaction, program_id: int, before: datetime, events_before: datetime) -> None:
    """Forget how batches went long ago, and events that were settled then."""
    tx.execute("delete from writeback_batches where program_id = %s and at < %s", (program_id, before))
    tx.execute(
        """
        delete from writeback_events where program_id = %(program)s and (connection, id) in (
          select connection, id from writeback_events
          where program_id = %(program)s and state <> 'waiting' and settled_at < %(before)s limit 5000)
        """,
        {"program": program_id, "before": events_before},
    )


@contextmanager
def alone_preparing(connection: Connection, program_id: int, key: str) -> Iterator[bool]:
    """Whether nobody else prepares this account just now; nobody will until the block ends."""
    place = (1735289458, f"{program_id} {key}")
    row = connection.execute("select pg_try_advisory_lock(%s, hashtext(%s))", place).fetchone()
    alone = row == (True,)
    try:
        yield alone
    finally:
        if alone and not connection.closed:
            connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", place)
