"""The keys of commands, among the keys of all events: what was done under one, and the claim of a new one."""

from collections.abc import Sequence
from dataclasses import dataclass

from guerdon.ledger.effects import Effect, decode_decision
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Said:
    """A command that was given before under a key: over which contents, and what it did."""

    event_id: int
    payload_hash: int
    effects: Sequence[Effect]


def find_said(tx: Transaction, program_id: int, key: str) -> Said | None:
    """What was done under a key, or None."""
    row = tx.execute(
        """
        select k.event_id, k.payload_hash, e.decision::text
        from event_keys k join events e on e.program_id = k.program_id and e.id = k.event_id
        where k.program_id = %s and k.key = %s::uuid
        """,
        (program_id, key),
        prepare=True,
    ).fetchone()
    if row is None:
        return None
    event_id, payload_hash, decision = row
    return Said(event_id, payload_hash, decode_decision(decision).effects)


def record_key(tx: Transaction, program_id: int, key: str, payload_hash: int, event_id: int) -> bool:
    """Claim a key for an event; False when somebody has it already."""
    claimed = tx.execute(
        """
        insert into event_keys (program_id, key, payload_hash, event_id) values (%s, %s::uuid, %s, %s)
        on conflict (program_id, key) do nothing
        """,
        (program_id, key, payload_hash, event_id),
        prepare=True,
    )
    return claimed.rowcount == 1
