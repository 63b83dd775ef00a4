"""Out of quarantine: back into the inbox under the event's own id, to be read anew, or put away.

A row is settled once, whoever tries it at the same moment: it is locked, and passed over by the others. What
was accepted once has its key already, so nothing counts twice however often it is tried.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction

# The first event stands, so this one never is that event.
REUSED = "reused_id"

# Which rows are tried again, each locked, with the moment its delivery came; what else they are stands after.
_CHOSEN = """
        chosen as materialized (
          select q.id, d.recorded_at
          from quarantine q
          join deliveries d on d.program_id = q.program_id and d.id = q.delivery_id
            and d.recorded_at <= q.recorded_at
          where q.program_id = %(program)s and q.settled_at is null
            and (%(id)s::bigint is null or q.id = %(id)s)
            and (%(last)s::bigint is null or q.id <= %(last)s)
            and (%(reason)s::text is null or q.reason = %(reason)s)
            and (%(connection)s::text is null or q.connection = %(connection)s)
"""
_TAKEN = """
          order by q.id limit %(at_most)s for update of q skip locked
        ), taken as (
          update quarantine q set settled_at = %(at)s, settled_as = 'retried', settled_by = %(by)s
          from chosen c where q.program_id = %(program)s and q.id = c.id and q.settled_at is null
          returning q.id, q.event_id, q.lane, q.connection, q.delivery_id, q.position, c.recorded_at
        )
"""
_READMIT = f"""
        with {_CHOSEN}
          and q.reason <> %(reused)s and q.event_id is not null and q.position is not null
        {_TAKEN}, put as (
          insert into inbox (program_id, id, lane, connection, delivery_id, position, recorded_at)
          select %(program)s, event_id, coalesce(lane, event_id %% 16), connection, delivery_id, position,
                 recorded_at
          from taken order by event_id
        )
        select id from taken order by id
"""  # noqa: S608  all of it written here
_TAKE_UNREAD = f"""
        with {_CHOSEN} and q.event_id is null {_TAKEN}
        select id, connection, delivery_id, position, recorded_at from taken order by id
"""  # noqa: S608  all of it written here


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of what stands in quarantine: one, or all of a reason or a connection; in so large a set."""

    program_id: int
    at_most: int
    id: int | None = None
    reason: str | None = None
    connection: str | None = None
    # What was set apart since is left for another time.
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """Who settles it and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that never was an event of ours, and the delivery in which it stands."""

    id: int
    connection: str
    delivery_id: int
    position: int | None


def last_set_apart(tx: Transaction) -> int:
    """The newest of all that was ever set apart."""
    row = tx.execute("select coalesce(max(id), 0) from quarantine").fetchone()
    assert row is not None
    return int(row[0])


def readmit(tx: Transaction, chosen: Chosen, settled: Settled) -> list[int]:
    """Put what was accepted once back into the inbox; the numbers of the rows it stood in."""
    terms = {**_terms(chosen), "at": settled.at, "by": settled.by, "reused": REUSED}
    rows = tx.execute(_READMIT, terms).fetchall()
    return [row[0] for row in rows]


def take_unread(tx: Transaction, chosen: Chosen, settled: Settled) -> tuple[list[Unread], dict[int, bytes]]:
    """Take what was never accepted, to have it read again; and the sealed bodies it stands in, each once."""
    rows = tx.execute(_TAKE_UNREAD, {**_terms(chosen), "at": settled.at, "by": settled.by}).fetchall()
    places = {row[2]: row[4] for row in rows}
    bodies = tx.execute(
        """
        select d.id, d.body from unnest(%(ids)s::bigint[], %(ats)s::timestamptz[]) as n (id, at)
        join deliveries d on d.program_id = %(program)s and d.id = n.id and d.recorded_at = n.at
        """,
        {"program": chosen.program_id, "ids": list(places), "ats": list(places.values())},
    ).fetchall()
    return [Unread(*row[:4]) for row in rows], dict(bodies)


def put_away(tx: Transaction, chosen: Chosen, settled: Settled, reason: str) -> list[int]:
    """Put what nobody needs away, for a reason; the rows stay."""
    rows = tx.execute(
        """
        with chosen as materialized (
          select q.id from quarantine q where q.program_id = %(program)s and q.settled_at is null
            -- What people approved is not put away by others: it is carried out, or ends by itself.
            and q.connection <> 'guerdon'
            and (%(id)s::bigint is null or q.id = %(id)s)
            and (%(last)s::bigint is null or q.id <= %(last)s)
            and (%(reason)s::text is null or q.reason = %(reason)s)
            and (%(connection)s::text is null or q.connection = %(connection)s)
          order by q.id limit %(at_most)s for update skip locked
        )
        update quarantine q
        set settled_at = %(at)s, settled_as = 'put_away', settled_by = %(by)s, settled_for = %(for)s
        from chosen c where q.program_id = %(program)s and q.id = c.id and q.settled_at is null
        returning q.id
        """,
        {**_terms(chosen), "at": settled.at, "by": settled.by, "for": reason},
    ).fetchall()
    return sorted(row[0] for row in rows)


def _terms(chosen: Chosen) -> dict[str, object]:
    return {
        "program": chosen.program_id,
        "id": chosen.id,
        "last": chosen.last,
        "reason": chosen.reason,
        "connection": chosen.connection,
        "at_most": chosen.at_most,
    }
