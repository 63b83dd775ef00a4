"""Lanes: one for each account with a supplier, with its pace and its health, shared by all who ask.

A lane's row is locked by whoever claims orders of it, for the few milliseconds in which they do.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.catalog.items import MANUAL, POOL
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Lane:
    """How an account is doing: its turns (below none: promised), its failures in a row, when it rests."""

    supplier: str
    tokens: float
    filled_at: datetime | None
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    shut_at: datetime | None
    reason: str
    # The database's clock when the lane was locked.
    locked_at: datetime | None = None


def list_lanes(tx: Transaction, program_id: int) -> dict[str, Lane]:
    """All lanes of a program."""
    rows = tx.execute(
        """
        select supplier, tokens, filled_at, failures, failing_since, rests_until, shut_at, reason
        from supplier_lanes where program_id = %s order by supplier
        """,
        (program_id,),
    ).fetchall()
    return {row[0]: Lane(*row) for row in rows}


def list_due(tx: Transaction, program_id: int, now: datetime) -> list[str]:
    """Accounts of which an order waits to be looked at now."""
    rows = tx.execute(
        """
        select distinct supplier from fulfillments
        where program_id = %s and next_at <= %s and coalesce(claimed_until, '-infinity') <= %s
          and supplier not in (%s, %s)
        order by supplier
        """,
        (program_id, now, now, POOL, MANUAL),
        prepare=True,
    ).fetchall()
    return [str(row[0]) for row in rows]


def lock_lane(tx: Transaction, program_id: int, supplier: str) -> Lane:
    """A lane, ours until this transaction ends; a new account has one from now on."""
    lane = _lock(tx, program_id, supplier)
    if lane is None:
        tx.execute(
            "insert into supplier_lanes (program_id, supplier) values (%s, %s) on conflict do nothing",
            (program_id, supplier),
        )
        lane = _lock(tx, program_id, supplier)
    assert lane is not None, "a lane is gone that was there"
    return lane


def _lock(tx: Transaction, program_id: int, supplier: str) -> Lane | None:
    row = tx.execute(
        """
        select supplier, tokens, filled_at, failures, failing_since, rests_until, shut_at, reason,
               clock_timestamp()
        from supplier_lanes where program_id = %s and supplier = %s for update
        """,
        (program_id, supplier),
        prepare=True,
    ).fetchone()
    return None if row is None else Lane(*row)


def spend_turns(tx: Transaction, program_id: int, lane: Lane) -> None:
    """Keep how many turns a locked lane has now; of how it is doing nothing changes."""
    tx.execute(
        "update supplier_lanes set tokens = %s, filled_at = %s where program_id = %s and supplier = %s",
        (lane.tokens, lane.filled_at, program_id, lane.supplier),
        prepare=True,
    )


def orders_wait(tx: Transaction, program_id: int, supplier: str, now: datetime) -> bool:
    """Whether an order of an account is due and nobody's yet."""
    row = tx.execute(
        """
        select exists (
          select from fulfillments
          where program_id = %s and supplier = %s and next_at <= %s
            and coalesce(claimed_until, '-infinity') <= %s)
        """,
        (program_id, supplier, now, now),
        prepare=True,
    ).fetchone()
    return row is not None and bool(row[0])


def settle_lane(tx: Transaction, program_id: int, lane: Lane, *, asked_at: datetime | None = None) -> None:
    """Keep how a locked lane is doing now."""
    tx.execute(
        """
        update supplier_lanes
        set tokens = %s, filled_at = %s, failures = %s, failing_since = %s, rests_until = %s, shut_at = %s,
            reason = %s, asked_at = coalesce(%s, asked_at)
        where program_id = %s and supplier = %s
        """,
        (
            lane.tokens,
            lane.filled_at,
            lane.failures,
            lane.failing_since,
            lane.rests_until,
            lane.shut_at,
            lane.reason,
            asked_at,
            program_id,
            lane.supplier,
        ),
    )


def reopen_lane(tx: Transaction, program_id: int, supplier: str) -> bool:
    """A person looked: it may be asked again, at once."""
    opened = tx.execute(
        """
        update supplier_lanes
        set shut_at = null, rests_until = null, failures = 0, failing_since = null, reason = ''
        where program_id = %s and supplier = %s
        """,
        (program_id, supplier),
    )
    return opened.rowcount == 1
