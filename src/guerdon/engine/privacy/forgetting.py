"""Forgetting members: in one commit with whatever asked for it, and told to the audit by number.

What was given to them stays: the books, what was decided, and what events said are a number's.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from threading import Event

from guerdon.store.alarms import list_marks
from guerdon.store.audit import record_audit
from guerdon.store.crm.contacts import JOINED
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.privacy.forgetting import (
    forget_members,
    list_half_forgotten,
    list_personal,
    list_unforgotten,
)
from guerdon.values.ids import read, show

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


def with_joined(tx: Transaction, program_id: int, member_ids: Iterable[int]) -> list[int]:
    """Members and whoever was joined into them: the same person, though no contact leads there any more."""
    members = {*member_ids}
    joined = list_marks(tx, program_id, JOINED, [show("mem", each) for each in members]) if members else []
    return sorted(members | {number for each in joined if (number := read("mem", each)) is not None})


def forget_what_is_left(db: Connection, program_id: int, now: datetime, stop: Event) -> int:
    """Forget of whoever was or is to be forgotten what is kept of them still; of how many.

    Versions mark attributes as personal later; and before attributes were, names alone were forgotten.
    """
    listed: list[tuple[str, Callable[[Transaction, int], list[int]]]] = [
        (REQUESTED, lambda tx, after: list_unforgotten(tx, program_id, after, AT_MOST)),
        (
            MARKED,
            lambda tx, after: list_half_forgotten(
                *(tx, program_id, list_personal(tx, program_id), after, AT_MOST)
            ),
        ),
    ]
    forgotten = 0
    for reason, list_next in listed:
        after: int | None = 0
        while after is not None and not stop.is_set():
            with transaction(db, program_id) as tx:
                due = list_next(tx, after)
                forgotten += forget(tx, program_id, with_joined(tx, program_id, due), now, reason)
            after = due[-1] if len(due) == AT_MOST else None
    return forgotten
