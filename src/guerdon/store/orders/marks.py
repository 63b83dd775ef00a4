"""From how few codes of an item on somebody is told."""

from datetime import datetime

from guerdon.store.database import Transaction


def settle_mark(tx: Transaction, program_id: int, item: str, low: int, said: tuple[str, datetime]) -> None:
    """Keep the mark of an item, as somebody said it then."""
    tx.execute(
        """
        insert into pool_marks (program_id, item, low, set_by, set_at) values (%s, %s, %s, %s, %s)
        on conflict (program_id, item) do update
        set low = excluded.low, set_by = excluded.set_by, set_at = excluded.set_at
        """,
        (program_id, item, low, *said),
    )
