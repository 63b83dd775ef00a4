"""Items that people take out of sight, and show again."""

from datetime import datetime

from guerdon.store.database import Transaction


def set_hidden(tx: Transaction, program_id: int, item_id: int, since: datetime | None, why: str) -> bool:
    """Hide an item since then, or show it again (None); False where it is so already, or there is none."""
    moved = tx.execute(
        """
        update catalog_items set hidden_at = %(since)s, hidden_for = %(why)s
        where program_id = %(program)s and id = %(item)s
          and (hidden_at is null) = (%(since)s::timestamptz is not null)
        """,
        {"program": program_id, "item": item_id, "since": since, "why": why if since else None},
    )
    return moved.rowcount == 1


def load_hidden(tx: Transaction, program_id: int, item_id: int) -> tuple[datetime, str] | None:
    """Since when an item is hidden, and why; None when it is not."""
    row = tx.execute(
        """
        select hidden_at, hidden_for from catalog_items
        where program_id = %s and id = %s and hidden_at is not null
        """,
        (program_id, item_id),
    ).fetchone()
    return None if row is None else (row[0], row[1])
