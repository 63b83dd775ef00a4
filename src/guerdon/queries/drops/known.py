"""What is known of rows before they are taken."""

from collections.abc import Sequence

from guerdon.store.database import Transaction


def find_known(tx: Transaction, program_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Of keys those that were seen before, each with the hash of what it stood for."""
    rows = tx.execute(
        """
        select key::text, payload_hash from event_keys
        where program_id = %s and key = any(%s::text[]::uuid[])
        """,
        (program_id, list(keys)),
    ).fetchall()
    return {key.replace("-", ""): payload_hash for key, payload_hash in rows}
