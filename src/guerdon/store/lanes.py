"""Lanes: who decides which events.

A lane is leased with a fencing number, by the database's clock, so that a worker that slept through its
lease cannot write after another took over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from guerdon.store.database import Transaction

LEASE_S = 15
# Beyond this, what a worker writes would be dated otherwise than the leases that guard it.
CLOCK_GAP_MAX = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Lease:
    """The lanes a worker holds, each with the fencing number it got them with."""

    worker: UUID
    fences: dict[int, int]

    @property
    def lanes(self) -> list[int]:
        """The lanes, in order."""
        return sorted(self.fences)


def lease_lanes(tx: Transaction, worker: UUID) -> Lease:
    """Renew what the worker holds and take its fair share of what nobody holds.

    More than its share is let go.
    """
    tx.execute(
        """
        insert into workers values (%s, clock_timestamp())
        on conflict (worker) do update set seen_at = clock_timestamp()
        """,
        (worker,),
    )
    tx.execute(
        "delete from workers where seen_at < clock_timestamp() - make_interval(secs => %s)", (LEASE_S,)
    )
    rows = tx.execute(
        """
        with rows as materialized (select * from lanes order by lane for update),
        share as (select ceil(count(*)::numeric / (select count(*) from workers)) as n from rows),
        mine as (
          select lane, row_number() over (
            order by (holder = %(me)s and lease_until > clock_timestamp()) desc nulls last, lane
          ) as rank
          from rows where holder = %(me)s or holder is null or lease_until <= clock_timestamp()
        ),
        kept as (
          update lanes l set holder = %(me)s, lease_until = clock_timestamp() + make_interval(secs => %(s)s),
                 fence = case when l.holder = %(me)s then l.fence else l.fence + 1 end
          from mine, share where l.lane = mine.lane and mine.rank <= share.n
          returning l.lane, l.fence
        ),
        let_go as (
          update lanes l set holder = null, lease_until = '-infinity'
          from mine, share where l.lane = mine.lane and mine.rank > share.n and l.holder = %(me)s
        )
        select lane, fence from kept
        """,
        {"me": worker, "s": LEASE_S},
    ).fetchall()
    return Lease(worker, dict(rows))


def holds_lanes(tx: Transaction, lease: Lease) -> bool:
    """Whether the lease still stands; holds it standing until this transaction ends."""
    rows = tx.execute(
        """
        select lane, fence from lanes
        where holder = %s and lease_until > clock_timestamp() order by lane for share
        """,
        (lease.worker,),
        prepare=True,
    ).fetchall()
    return dict(rows) == lease.fences


def find_clock_gap(db: Transaction, clock: Callable[[], datetime]) -> timedelta:
    """How far our clock is from the database's, at the least: the question itself takes time, too."""
    before = clock()
    row = db.execute("select clock_timestamp()").fetchone()
    after = clock()
    assert row is not None
    theirs: datetime = row[0]
    return max(before - theirs, theirs - after, timedelta(0))


def let_go_lanes(tx: Transaction, worker: UUID) -> None:
    """Give all lanes back at once, so that others need not wait for the lease to end."""
    tx.execute("update lanes set holder = null, lease_until = '-infinity' where holder = %s", (worker,))
    tx.execute("delete from workers where worker = %s", (worker,))
