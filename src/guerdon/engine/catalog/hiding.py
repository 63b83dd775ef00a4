"""People take an item out of sight, for a reason; feeds go on as before, and orders that there are too."""

from datetime import datetime

from guerdon.store.audit import record_audit
from guerdon.store.catalog.hiding import set_hidden
from guerdon.store.catalog.indexing import reindex_items
from guerdon.store.database import Transaction
from guerdon.values.ids import show


def hide_item(tx: Transaction, program_id: int, item_id: int, by: str, now: datetime, reason: str) -> bool:
    """Hide an item from members; False where it is hidden already."""
    if not set_hidden(tx, program_id, item_id, now, reason):
        return False
    reindex_items(tx, program_id, [item_id])
    record_audit(tx, program_id, by, "item.hidden", show("itm", item_id), now, reason=reason)
    return True


def show_item(tx: Transaction, program_id: int, item_id: int, by: str, now: datetime, reason: str) -> bool:
    """Show an item that was hidden; False where it is not."""
    if not set_hidden(tx, program_id, item_id, None, ""):
        return False
    reindex_items(tx, program_id, [item_id])
    record_audit(tx, program_id, by, "item.shown", show("itm", item_id), now, reason=reason)
    return True
