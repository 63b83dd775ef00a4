"""The app as a channel: a notice is posted in the transaction that decides it, so exactly once.

There is no provider. Pages that are open hear of it when that transaction commits.
"""

from collections.abc import Sequence

from guerdon.store.database import Transaction
from guerdon.store.messages.inapp import Notice, insert_notices, tell_members
from guerdon.store.messages.reach import lock_reach

__all__ = ["Notice", "post_notices"]


def post_notices(tx: Transaction, program_id: int, notices: Sequence[Notice]) -> int:
    """Lay notices out for their members, those that are not there yet; how many that were."""
    if not notices:
        return 0
    # Whoever else adds to one of them waits, so that positions are seen in the order they are counted in.
    lock_reach(tx, program_id, sorted({each.member_id for each in notices}))
    return _told(tx, program_id, insert_notices(tx, program_id, notices))


def _told(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> int:
    if member_ids:
        tell_members(tx, program_id, sorted(set(member_ids)))
    return len(member_ids)
