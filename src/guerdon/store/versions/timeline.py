"""The timeline of a program: which version was live when, each from its own instant up to the next one's.

A batch reads it under a lock that whoever changes it takes alone. So no event is decided by a version that
was not live when it happened, however close to the change it was.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.database import Transaction

# How far two clocks of one installation may stand apart.
SKEW_MAX = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Era:
    """A version's time: from when it is live, and whether its budgets are open by now."""

    version: int
    sha: str
    live_from: datetime
    opened: bool


class Timeline:
    """All versions of a program that were live or will be, one after the other.

    One that was followed by another in its very first instant was never live, and is not in it.
    """

    def __init__(self, eras: Sequence[Era]) -> None:
        following = [*(era.live_from for era in eras[1:]), None]
        self.eras = [era for era, after in zip(eras, following, strict=False) if era.live_from != after]
        self._starts = [era.live_from for era in self.eras]

    def at(self, instant: datetime) -> Era:
        """The version that was live at an instant; before the first one, the first."""
        return self.eras[max(bisect_right(self._starts, instant) - 1, 0)]

    def live(self, now: datetime) -> Era | None:
        """The version that is live; None before the first."""
        return self.at(now) if self.eras and self._starts[0] <= now else None

    def ends(self, version: int) -> datetime | None:
        """When the next version is live after this one; None for the last."""
        after = [
            later for era, later in zip(self.eras, self._starts[1:], strict=False) if era.version == version
        ]
        return after[0] if after else None


def load_timeline(tx: Transaction, program_id: int) -> Timeline:
    """The timeline of a program as it stands."""
    rows = tx.execute(
        """
        select v.version, v.sha, v.live_from, o.version is not null
        from program_versions v
        left join version_openings o on o.program_id = v.program_id and o.version = v.version
        where v.program_id = %s and not exists (
          select from version_calloffs c where c.program_id = v.program_id and c.version = v.version)
        order by v.live_from, v.version
        """,
        (program_id,),
        prepare=True,
    ).fetchall()
    return Timeline([Era(*row) for row in rows])


def hold_timeline(tx: Transaction, program_id: int) -> Timeline:
    """The same, and nobody changes it until this transaction ends; others may hold it, too."""
    tx.execute("select pg_advisory_xact_lock_shared(1735289447, %s)", (program_id,), prepare=True)
    return load_timeline(tx, program_id)


def lock_timeline(tx: Transaction, program_id: int) -> Timeline:
    """The same, alone: no batch is decided meanwhile. Whoever takes it takes it before any other lock."""
    tx.execute("select pg_advisory_xact_lock(1735289447, %s)", (program_id,))
    return load_timeline(tx, program_id)


def first_free_instant(tx: Transaction, program_id: int, now: datetime) -> datetime:
    """From when a version can be live: now, but after everything that was decided already.

    For whoever holds the timeline alone, whose clock may be a little behind the worker's, or was read before
    they waited.
    """
    row = tx.execute(
        """
        select max(recorded_at) from (
          select recorded_at from audit where program_id = %s order by tx desc, id desc limit 50) latest
        """,
        (program_id,),
    ).fetchone()
    last = row[0] if row else None
    return last + timedelta(microseconds=1) if last and now < last <= now + SKEW_MAX else now


def record_opening(tx: Transaction, program_id: int, version: int, now: datetime) -> None:
    """Keep from when the budgets of a version are open."""
    tx.execute(
        "insert into version_openings values (%s, %s, %s) on conflict do nothing", (program_id, version, now)
    )


def record_calloff(
    tx: Transaction, program_id: int, version: int, by: str, said: tuple[str, datetime]
) -> None:
    """Keep that a scheduled version shall not become live; why and when."""
    tx.execute(
        "insert into version_calloffs (program_id, version, called_by, reason, called_at)"
        " values (%s, %s, %s, %s, %s)",
        (program_id, version, by, *said),
    )


def record_origin(
    tx: Transaction,
    program_id: int,
    version: int,
    request_id: int | None = None,
    of: tuple[int, str] | None = None,
) -> None:
    """Keep where a version came from: a request, or an earlier version that it brought back, and why."""
    of_version, reason = of if of is not None else (None, "")
    tx.execute(
        "insert into version_origins values (%s, %s, %s, %s, %s) on conflict do nothing",
        (program_id, version, request_id, of_version, reason),
    )
