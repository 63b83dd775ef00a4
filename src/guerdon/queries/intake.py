"""What came in and is not decided: events that wait, events in quarantine, and what was only counted."""

from dataclasses import dataclass
from datetime import date, datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Undecided:
    """How many events stand where."""

    arriving: int
    waiting: int
    waiting_contacts: int
    oldest_waiting_since: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event whose contact nobody has told us of yet."""

    id: int
    source: str
    external_id: str
    connection: str
    type: str
    happened_at: datetime
    waiting_since: datetime


@dataclass(frozen=True, slots=True)
class QuarantinedEvent:
    """An authentic event that could not be used, and why."""

    id: int
    connection: str
    external_id: str | None
    reason: str
    detail: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class IntakeCount:
    """What a connection only counted on a day: forged, stale, duplicate, ignored."""

    connection: str
    what: str
    n: int


def load_undecided(tx: Transaction) -> Undecided:
    """Count what is not decided yet."""
    row = tx.execute(
        """
        select (select count(*) from inbox),
               (select count(*) from waiting),
               (select count(*) from (select distinct source, external_id from waiting) contacts),
               (select min(waiting_since) from waiting),
               (select count(*) from quarantine where settled_at is null)
        """
    ).fetchone()
    assert row is not None
    return Undecided(*row)


def list_waiting(tx: Transaction, limit: int, before: int | None = None) -> list[WaitingEvent]:
    """Events that wait for their contact, newest first."""
    rows = tx.execute(
        """
        select id, source, external_id, connection, type, happened_at, waiting_since from waiting
        where program_id = this_program() and (%(before)s::bigint is null or id < %(before)s)
        order by id desc limit %(limit)s
        """,
        {"before": before, "limit": limit},
    ).fetchall()
    return [WaitingEvent(*row) for row in rows]


def list_quarantined(tx: Transaction, limit: int, before: int | None = None) -> list[QuarantinedEvent]:
    """Events in quarantine, newest first; their bodies stay sealed."""
    rows = tx.execute(
        """
        select id, connection, external_id, reason, detail, recorded_at from quarantine
        where program_id = this_program() and settled_at is null
          and (%(before)s::bigint is null or id < %(before)s)
        order by id desc limit %(limit)s
        """,
        {"before": before, "limit": limit},
    ).fetchall()
    return [QuarantinedEvent(*row) for row in rows]


def list_counts(tx: Transaction, since: date) -> list[IntakeCount]:
    """What connections only counted since a day."""
    rows = tx.execute(
        """
        select connection, what, sum(n)::bigint from intake_counts where day >= %(since)s
        group by connection, what order by connection, what
        """,
        {"since": since},
    ).fetchall()
    return [IntakeCount(connection, what, int(n)) for connection, what, n in rows]
