"""Happenings: what more than one sender tells of, claimed by the first event that does."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from guerdon.store.arrays import numbers
from guerdon.store.database import Transaction

KEPT = timedelta(days=30)


def claim_happenings(tx: Transaction, program_id: int, told: Mapping[int, str], at: datetime) -> set[int]:
    """Claim what events (by id) tell of, by its key; the events that tell what another one has claimed."""
    by_key = sorted((key, event_id) for event_id, key in told.items())
    terms = ("{" + ",".join(key for key, _ in by_key) + "}", numbers(event_id for _, event_id in by_key))
    # In one order of keys, so that nobody waits crosswise.
    tx.execute(
        """
        insert into happenings (program_id, key, event_id, claimed_at)
        select %s, k, e, %s from unnest(%s::text::uuid[], %s::text::bigint[]) as t (k, e) order by k, e
        on conflict (program_id, key) do nothing
        """,
        (program_id, at, *terms),
    )
    rows = tx.execute(
        """
        select e from unnest(%s::text::uuid[], %s::text::bigint[]) as t (k, e)
        join happenings h on h.program_id = %s and h.key = k where h.event_id <> e
        """,
        (*terms, program_id),
    ).fetchall()
    return {row[0] for row in rows}


def forget_happenings(tx: Transaction, program_id: int, now: datetime) -> int:
    """Forget what nobody tells again; how many they were."""
    return tx.execute(
        "delete from happenings where program_id = %s and claimed_at < %s", (program_id, now - KEPT)
    ).rowcount
