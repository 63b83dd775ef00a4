"""Forgetting members: in one commit with whatever asked for it, and told to the audit by number.

What was given to them stays: the books, what was decided, and what events said are a number's.
"""

from collections.abc import Sequence
from datetime import datetime

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.privacy.forgetting import forget_members, list_half_forgotten, list_personal
from guerdon.values.ids import show

REQUESTED = "privacy_request"
# An attribute says who somebody is by a version that is younger than their wish.
MARKED = "marked_personal"
AT_MOST = 1_000


def forget(
    tx: Transaction, program_id: int, member_ids: Sequence[int], now: datetime, reason: str = REQUESTED
) -> int:
    """Forget members; how many there was anything to forget of."""
    if not member_ids:
        return 0
    personal = list_personal(tx, program_id)
    forgotten = forget_members(tx, program_id, member_ids, personal, now)
    for member_id in forgotten:
        record_audit(
            *(tx, program_id, "worker", "member.forgotten", show("mem", member_id), now),
            reason=reason,
            attributes=personal,
        )
    return len(forgotten)


def forget_what_was_marked_since(tx: Transaction, program_id: int, now: datetime) -> int:
    """Forget of members who are forgotten what versions marked as personal since; of how many."""
    personal = list_personal(tx, program_id)
    return forget(tx, program_id, list_half_forgotten(tx, program_id, personal, AT_MOST), now, MARKED)
