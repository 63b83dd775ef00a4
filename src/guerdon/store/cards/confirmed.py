"""What became of an event by its key: whether it waits, was decided, or was set apart."""

from datetime import datetime
from typing import Literal

from guerdon.store.database import Transaction

# waits: to be decided. decided: it was. apart: it could not be used, and waits for people.
Stage = Literal["waits", "decided", "apart"]


def find_stage(tx: Transaction, program_id: int, key: str) -> tuple[int, Stage] | None:
    """The id of an event that came under this key, and where it stands; None where none came."""
    row = tx.execute(
        """
        select k.event_id,
               exists (select from events e where e.program_id = k.program_id and e.id = k.event_id),
               exists (select from inbox i where i.program_id = k.program_id and i.id = k.event_id)
        from event_keys k where k.program_id = %s and k.key = %s::uuid
        """,
        (program_id, key),
        prepare=True,
    ).fetchone()
    if row is None:
        return None
    event_id, is_decided, waits = row
    return event_id, "decided" if is_decided else "waits" if waits else "apart"


def is_forgotten_since(tx: Transaction, program_id: int, member_id: int, since: datetime) -> bool:
    """Whether who a member is was destroyed at that moment or later."""
    row = tx.execute(
        """
        select exists (select from forgotten_members
                       where program_id = %s and member_id = %s and forgotten_at >= %s)
        """,
        (program_id, member_id, since),
    ).fetchone()
    return bool(row and row[0])
