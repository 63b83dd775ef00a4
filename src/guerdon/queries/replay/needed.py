"""Whether there is anything to replay."""

from guerdon.store.database import Transaction


def has_history(tx: Transaction, program_id: int) -> bool:
    """Whether anything was ever decided: before that, a replay has nothing to say."""
    row = tx.execute("select exists (select from events where program_id = %s)", (program_id,)).fetchone()
    return row is not None and bool(row[0])
