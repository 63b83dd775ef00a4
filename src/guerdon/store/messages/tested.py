"""Tests of messages, counted by the audit rows that they left."""

from datetime import datetime

from guerdon.store.database import Transaction


def count_tests(tx: Transaction, program_id: int, who: tuple[str, str], since: datetime) -> int:
    """How often somebody did this since then. `who`: actor, action; locked for them until the end of `tx`."""
    actor, action = who
    tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{program_id} {actor} {action}",))
    row = tx.execute(
        """
        select count(*) from audit
        where program_id = %s and actor = %s and action = %s and recorded_at > %s
        """,
        (program_id, actor, action, since),
    ).fetchone()
    assert row is not None
    return int(row[0])
