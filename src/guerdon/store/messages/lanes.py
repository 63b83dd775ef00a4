"""Lanes of channels: a row for each provider account, its pace and health, shared by all who ask it."""

from guerdon.store.database import Transaction
from guerdon.store.orders.lanes import Lane


def load_lane(tx: Transaction, program_id: int, channel: str) -> Lane | None:
    """A channel's lane as it is; None: nothing was ever wrong with it, and it keeps no pace."""
    row = tx.execute(
        """
        select channel, tokens, filled_at, failures, failing_since, rests_until, shut_at, reason
        from channel_lanes where program_id = %s and channel = %s
        """,
        (program_id, channel),
        prepare=True,
    ).fetchone()
    return None if row is None else Lane(*row)


def lock_lane(tx: Transaction, program_id: int, channel: str) -> Lane:
    """A channel's lane, ours until this transaction ends; a new one is there from now on."""
    tx.execute(
        "insert into channel_lanes (program_id, channel) values (%s, %s) on conflict do nothing",
        (program_id, channel),
        prepare=True,
    )
    row = tx.execute(
        """
        select channel, tokens, filled_at, failures, failing_since, rests_until, shut_at, reason,
               clock_timestamp()
        from channel_lanes where program_id = %s and channel = %s for update
        """,
        (program_id, channel),
        prepare=True,
    ).fetchone()
    assert row is not None, "a lane is gone that was there"
    return Lane(*row)


def save_lane(tx: Transaction, program_id: int, lane: Lane) -> None:
    """Write a lane that is locked."""
    tx.execute(
        """
        update channel_lanes
        set tokens = %s, filled_at = %s, failures = %s, failing_since = %s, rests_until = %s, shut_at = %s,
            reason = %s
        where program_id = %s and channel = %s
        """,
        (
            *(lane.tokens, lane.filled_at, lane.failures, lane.failing_since, lane.rests_until, lane.shut_at),
            *(lane.reason, program_id, lane.supplier),
        ),
        prepare=True,
    )
