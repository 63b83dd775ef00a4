"""That a member has seen what they were handed: written once, at the first time."""

from datetime import datetime

from guerdon.store.database import Transaction


def record_opened(tx: Transaction, whose: tuple[int, int, int], at: datetime) -> bool:
    """Write that what was handed over was seen; False when it was before. `whose`: program, member, order."""
    seen = tx.execute(
        """
        update fulfillments set opened_at = %s
        where program_id = %s and member_id = %s and order_id = %s and state = 'fulfilled'
          and opened_at is null
        returning order_id
        """,
        (at, *whose),
    ).fetchone()
    return seen is not None
