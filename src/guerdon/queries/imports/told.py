"""What was imported, as the audit tells of it: each import once, however many commits it took."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.store.database import Transaction

Kind = Literal["members", "codes", "rates"]
# The rows that are looked at of each kind: an import of members has one for each 5,000 of them.
ROWS_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Told:
    """An import: of what, by whom, and how many rows were new, and changed what was known."""

    kind: Kind
    by: str
    at: datetime
    new: int
    changed: int


def list_imports(tx: Transaction, program_key: str, at_most: int) -> list[Told]:
    """The latest imports, newest first; who was enrolled by a connection is not among them."""
    rows = tx.execute(
        """
        select case action when 'members.enrolled' then 'members' when 'rates.imported' then 'rates'
                    else 'codes' end,
               actor, recorded_at, sum(new)::bigint, sum(changed)::bigint
        from (
          select distinct on (id) id, actor, action, recorded_at,
                 coalesce((detail ->> 'new')::bigint, (detail ->> 'rates')::bigint, 0) as new,
                 coalesce((detail ->> 'updated')::bigint, (detail ->> 'ends')::bigint, 0) as changed
          from (
            -- The command tells its imports by this name.
            (select id, actor, action, recorded_at, detail from audit
             where program_id = (select this_program()) and actor = 'import'
               and action in ('members.enrolled', 'codes.imported') order by id desc limit %(rows)s)
            union all
            (select id, actor, action, recorded_at, detail from audit
             where program_id = (select this_program()) and subject = 'codes'
               and action = 'codes.imported' order by id desc limit %(rows)s)
            union all
            (select id, actor, action, recorded_at, detail from audit
             where program_id = (select this_program()) and subject = %(key)s
               and action = 'rates.imported' order by id desc limit %(rows)s)
          ) found
          order by id
        ) once
        group by action, actor, recorded_at
        order by recorded_at desc, max(id) desc limit %(most)s
        """,
        {"key": program_key, "rows": ROWS_LOOKED_AT, "most": at_most},
    ).fetchall()
    return [Told(*row) for row in rows]
