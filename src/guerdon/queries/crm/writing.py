"""How far a connection is with what it is told: what waits, how late things arrive, what was not taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction

# Counted so far and no further: more are as many as one has to know.
COUNTED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Lane:
    """How a connection is doing; the lags are those of the last hour, None where nothing arrived in it."""

    gone_through: int | None
    hold_until: datetime | None
    failing_since: datetime | None
    reason: str
    written_at: datetime | None
    waiting_contacts: int
    waiting_events: int
    # Written, and read back before that is believed.
    checked_contacts: int
    failed_contacts: int
    failed_events: int
    behind_since: datetime | None
    lag_half_ms: int | None
    lag_most_ms: int | None
    arrived: int


@dataclass(frozen=True, slots=True)
class FailedContact:
    """A contact of which something was not taken, by property, or that is gone."""

    member_id: int
    contact: str
    state: str
    reason: str
    refused: Mapping[str, str]
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """An event that was not taken."""

    id: int
    member_id: int
    event: str
    state: str
    reason: str
    recorded_at: datetime
    settled_at: datetime


def find_lane(tx: Transaction, connection: str, since: datetime) -> Lane | None:
    """How a connection is doing; lags of what arrived since then."""
    row = tx.execute(
        """
        with of as (select (select this_program()) as program_id, %(connection)s::text as connection),
        lags as (
          select percentile_disc(array[0.5, 0.99]) within group (order by lag) as at, count(*) as n
          from of join writeback_batches b using (program_id, connection), unnest(b.lags_ms) lag
          where b.at >= %(since)s
        ), contacts as (
          select count(*) as n, min(least(waiting_since, sent_since)) as since from (
            select waiting_since, sent_since from of join writeback_contacts using (program_id, connection)
            where state = 'waiting' order by next_at limit %(most)s) x
        ), events as (
          select count(*) as n, min(recorded_at) as since from (
            select recorded_at from of join writeback_events using (program_id, connection)
            where state = 'waiting' order by id limit %(most)s) x
        )
        select l.gone_through, l.hold_until, l.failing_since, l.reason, l.written_at, c.n, e.n,
               (select count(*) from (select from of join writeback_contacts using (program_id, connection)
                                      where state = 'checking' limit %(most)s) x),
               (select count(*) from (select from of join writeback_contacts using (program_id, connection)
                                      where state in ('failed', 'gone') limit %(most)s) x),
               (select count(*) from (select from of join writeback_events using (program_id, connection)
                                      where state in ('failed', 'gone') limit %(most)s) x),
               least(c.since, e.since), lags.at[1], lags.at[2], lags.n
        from of join writeback_lanes l using (program_id, connection), contacts c, events e, lags
        """,
        {"connection": connection, "since": since, "most": COUNTED_MAX},
    ).fetchone()
    return None if row is None else Lane(*row)


def list_failed_contacts(tx: Transaction, connection: str, limit: int) -> list[FailedContact]:
    """Contacts of which something was not taken."""
    rows = tx.execute(
        """
        select member_id, contact, state, reason, refused, settled_at from writeback_contacts
        where program_id = (select this_program()) and connection = %s and state in ('failed', 'gone')
        order by member_id limit %s
        """,
        (connection, limit),
    ).fetchall()
    return [FailedContact(*row) for row in rows]


def list_failed_events(tx: Transaction, connection: str, limit: int) -> list[FailedEvent]:
    """Events that were not taken, the newest first."""
    rows = tx.execute(
        """
        select id, member_id, event, state, reason, recorded_at, settled_at from writeback_events
        where program_id = (select this_program()) and connection = %s and state in ('failed', 'gone')
        order by id desc limit %s
        """,
        (connection, limit),
    ).fetchall()
    return [FailedEvent(*row) for row in rows]
