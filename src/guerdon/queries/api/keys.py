"""Keys for the API as people look after them: who made each, and what it changed last. Never a secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key; `changed_at` is when something was changed with it last, of what the audit tells of."""

    key_id: str
    name: str
    source: str
    scopes: Sequence[str]
    market: str | None
    location: str | None
    made_at: datetime
    made_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    changed_at: datetime | None

    def state(self, now: datetime) -> str:
        """Whether it opens the door: open, expired, or withdrawn."""
        if self.revoked_at is not None:
            return "withdrawn"
        return "open" if self.expires_at is None or now < self.expires_at else "expired"


def list_keys(tx: Transaction, at_most: int) -> list[KeyRow]:
    """Keys of the program, newest first; those that open the door before all others."""
    rows = tx.execute(
        """
        select k.key_id, k.name, k.source, k.scopes, k.for_market, k.for_location, k.created_at,
               coalesce(made.actor, ''), k.expires_at, k.revoked_at, last.recorded_at
        from (
          select * from api_keys where program_id = (select this_program())
          order by revoked_at is not null, created_at desc, key_id limit %s
        ) k
        left join lateral (
          select actor from audit
          where program_id = k.program_id and subject = k.key_id and action = 'key.added'
          order by id limit 1) made on true
        left join lateral (
          select recorded_at from audit
          where program_id = k.program_id and actor = 'key:' || k.key_id
          order by id desc limit 1) last on true
        order by k.revoked_at is not null, k.created_at desc, k.key_id
        """,
        (at_most,),
    ).fetchall()
    return [KeyRow(*row) for row in rows]
