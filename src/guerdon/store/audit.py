"""The audit trail: who changed what and why, written in the transaction of the change."""

from datetime import datetime

import msgspec

from guerdon.store.database import Transaction


def record_audit(
    tx: Transaction, program_id: int, actor: str, action: str, subject: str, at: datetime, **detail: object
) -> None:
    """Add a row.

    The actor is a person's or program's name, the action stands in the past tense, the subject is a prefixed
    id or name.
    """
    tx.execute(
        """
        insert into audit (program_id, actor, action, subject, detail, recorded_at)
        values (%s, %s, %s, %s, %s, %s)
        """,
        (program_id, actor, action, subject, msgspec.json.encode(detail).decode(), at),
    )
