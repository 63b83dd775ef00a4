"""What stands in quarantine: counted by reason and connection, listed page by page, and one with its body."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Sifting:
    """Which rows: of a reason, a connection, from one instant until before another; below a number."""

    reason: str | None = None
    connection: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How much stands there for a reason from a connection, and since when."""

    reason: str
    connection: str
    n: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Parked:
    """Something set apart, and what became of it: `tries` says how often it was tried again before."""

    id: int
    connection: str
    event_id: int | None
    external_id: str | None
    reason: str
    detail: str
    position: int | None
    recorded_at: datetime
    settled_at: datetime | None
    settled_as: str | None
    settled_by: str | None
    settled_for: str
    # Whether the request in which it came is kept.
    kept: bool
    tries: int

    @property
    def can_be_retried(self) -> bool:
        """Whether it can be tried again: an id used twice never is the first event."""
        return self.settled_at is None and self.kept and self.reason != "reused_id"


@dataclass(frozen=True, slots=True)
class Body:
    """The sealed request in which something came, and where it stood again after this."""

    sealed: bytes | None
    delivered_at: datetime | None
    again: int | None


def count_parked(tx: Transaction) -> list[Count]:
    """What stands there by reason and connection, the most first."""
    rows = tx.execute(
        """
        select reason, connection, count(*), min(recorded_at) from quarantine
        where program_id = this_program() and settled_at is null
        group by reason, connection order by 3 desc, 1, 2
        """
    ).fetchall()
    return [Count(*row) for row in rows]


def list_parked(tx: Transaction, sifting: Sifting, limit: int) -> list[Parked]:
    """A page of what stands there, newest first."""
    return _load(
        tx,
        {
            "reason": sifting.reason,
            "connection": sifting.connection,
            "since": sifting.since,
            "until": sifting.until,
            "before": sifting.before,
            "id": None,
            "limit": limit,
        },
    )


def find_parked(tx: Transaction, number: int) -> Parked | None:
    """One, whatever became of it."""
    everything = dict.fromkeys(("reason", "connection", "since", "until", "before"))
    found = _load(tx, {**everything, "id": number, "limit": 1})
    return found[0] if found else None


def load_body(tx: Transaction, number: int) -> Body:
    """The request in which one came, still sealed."""
    row = tx.execute(
        """
        select d.body, d.recorded_at,
               (select min(n.id) from quarantine n
                where n.program_id = q.program_id and n.delivery_id = q.delivery_id
                  and n.position is not distinct from q.position and n.id > q.id)
        from quarantine q
        left join deliveries d on d.program_id = q.program_id and d.id = q.delivery_id
          and d.recorded_at <= q.recorded_at
        where q.program_id = this_program() and q.id = %s
        """,
        (number,),
    ).fetchone()
    assert row is not None
    return Body(*row)


def _load(tx: Transaction, terms: dict[str, object]) -> list[Parked]:
    rows = tx.execute(
        """
        with page as materialized (
          select * from quarantine
          where program_id = this_program() and (%(id)s::bigint is not null or settled_at is null)
            and (%(id)s::bigint is null or id = %(id)s)
            and (%(before)s::bigint is null or id < %(before)s)
            and (%(reason)s::text is null or reason = %(reason)s)
            and (%(connection)s::text is null or connection = %(connection)s)
            and (%(since)s::timestamptz is null or recorded_at >= %(since)s)
            and (%(until)s::timestamptz is null or recorded_at < %(until)s)
          order by id desc limit %(limit)s
        )
        select p.id, p.connection, p.event_id, p.external_id, p.reason, p.detail, p.position, p.recorded_at,
               p.settled_at, p.settled_as, p.settled_by, p.settled_for, p.delivery_id is not null,
               (select count(*) from quarantine b
                where b.program_id = p.program_id and b.delivery_id = p.delivery_id
                  and b.position is not distinct from p.position and b.id < p.id
                  and b.settled_as = 'retried')
        from page p order by p.id desc
        """,
        terms,
    ).fetchall()
    return [Parked(*row) for row in rows]
