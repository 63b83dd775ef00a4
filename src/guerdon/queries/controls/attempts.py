"""Attempts stopped: what limits, budgets and rights kept from happening. They are no breaches."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Attempt:
    """How often something was stopped: by a limit, budget, cap or right, which one, and what it was worth."""

    kind: str
    name: str
    unit: str
    n: int
    value: int


def list_attempts(tx: Transaction, since: datetime, until: datetime) -> list[Attempt]:
    """What was stopped between two instants, the most frequent first."""
    rows = tx.execute(
        """
        with told as (
          select f.reason, coalesce(f.unit, '') as unit, coalesce(f.value, 0) as value
          from events e, json_to_recordset(e.decision -> 'effects') as f (
            type text, reason text, unit text, value bigint)
          where e.program_id = (select this_program()) and e.decided_at >= %(since)s
            and e.decided_at < %(until)s
            -- Partitions are by recording; what waited for its contact longer than this is not looked for.
            and e.recorded_at >= %(since)s - interval '31 days'
            and f.type in ('refuse', 'hold')
        )
        select kind, name, unit, count(*), sum(value)::bigint
        from (
          select split_part(reason, ':', 1) as kind, substr(reason, strpos(reason, ':') + 1) as name, unit,
            value
          from told where split_part(reason, ':', 1) in ('limit', 'budget', 'cap')
          union all
          select 'right', action, '', 0 from audit
          where program_id = (select this_program()) and recorded_at >= %(since)s and recorded_at < %(until)s
            and (action like '%%.refused' or action like '%%.denied')
        ) stopped
        group by 1, 2, 3 order by 4 desc, 1, 2, 3
        """,
        {"since": since, "until": until},
    ).fetchall()
    return [Attempt(*row) for row in rows]
