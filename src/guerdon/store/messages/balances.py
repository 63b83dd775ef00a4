"""What members have altogether, for texts that tell of it: one statement for all of a round."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Balance:
    """What is ready to be used in a unit, and how much of it ends next and when; in its smallest parts."""

    value: int
    ending: int | None
    ends_at: datetime | None


def load_balances(
    tx: Transaction, program_id: int, member_ids: Sequence[int], now: datetime
) -> dict[tuple[int, str], Balance]:
    """The balances of members, by member and unit; whoever has nothing of a unit is absent."""
    rows = tx.execute(
        """
        with lots as (
          select member_id, unit, remaining - held as free, expires_at,
                 min(expires_at) over (partition by member_id, unit) as ends_at
          from rewards
          where program_id = %s and member_id = any(%s) and state = 'ready' and remaining > held
            and (expires_at is null or expires_at > %s)
        )
        select member_id, unit, sum(free)::bigint,
               (sum(free) filter (where expires_at = ends_at))::bigint, min(ends_at)
        from lots group by member_id, unit
        """,
        (program_id, list(member_ids), now),
    ).fetchall()
    return {(row[0], row[1]): Balance(*row[2:]) for row in rows}
