"""Endpoints that fail: for so long that somebody should know, or with something given up already."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Failing:
    """An endpoint that fails since then, and how its last attempt went."""

    id: int
    name: str
    failing_since: datetime
    failures: int
    status: int | None
    reason: str


def list_failing(tx: Transaction, since: datetime) -> list[Failing]:
    """Endpoints that fail since before an instant, that gave something up, or that said that they are gone.

    One that people disabled or removed is not sent to, and does not fail.
    """
    rows = tx.execute(
        """
        select e.id, e.name, h.failing_since, h.failures, h.status, h.reason
        from webhook_endpoints e
        join webhook_health h on h.program_id = e.program_id and h.endpoint_id = e.id
        where e.program_id = this_program() and e.removed_at is null and h.failing_since is not null
          and case when e.state = 'disabled' then e.reason = 'gone' and h.status = 410
              else h.failing_since <= %s
                or exists (select from webhook_deliveries d
                           where d.program_id = e.program_id and d.endpoint_id = e.id and d.state = 'dead'
                             and d.address = e.address and d.settled_at >= h.failing_since) end
        order by e.id
        """,
        (since,),
    ).fetchall()
    return [Failing(*row) for row in rows]
