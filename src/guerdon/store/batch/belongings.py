"""What members have for a time, as rows: loaded for the members of a batch, written where it changed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction


class BelongingRow(NamedTuple):
    """One of them; `fields` is JSON text."""

    member_id: int
    kind: str
    key: str
    fields: str
    changed_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None


def load_belongings(
    tx: Transaction, program_id: int, members: Sequence[int], kinds: Collection[str]
) -> list[BelongingRow]:
    """All that these members have or had of these kinds."""
    rows = tx.execute(
        """
        select member_id, kind, key, fields::text, changed_at, opened_at, closed_at from member_holdings
        where program_id = %s and member_id = any(%s::text::bigint[]) and kind = any(%s::text::text[])
        """,
        (program_id, numbers(members), texts(sorted(kinds))),
        prepare=True,
    ).fetchall()
    return [BelongingRow(*row) for row in rows]


def record_belongings(tx: Transaction, program_id: int, rows: Sequence[BelongingRow]) -> None:
    """Write what changed; the members are locked, so nobody else wrote meanwhile."""
    if not rows:
        return
    rows = sorted(rows)
    tx.execute(
        """
        insert into member_holdings
          (program_id, member_id, kind, key, fields, changed_at, opened_at, closed_at)
        select %s, m, k, n, f::json, c, o, e from unnest(
          %s::text::bigint[], %s::text::text[], %s::text::text[], %s::text[], %s::timestamptz[],
          %s::timestamptz[], %s::timestamptz[]) as h (m, k, n, f, c, o, e)
        on conflict (program_id, member_id, kind, key) do update
        set fields = excluded.fields, changed_at = excluded.changed_at, opened_at = excluded.opened_at,
            closed_at = excluded.closed_at
        """,
        (
            program_id,
            numbers([row.member_id for row in rows]),
            texts([row.kind for row in rows]),
            texts([row.key for row in rows]),
            *([row[n] for row in rows] for n in (3, 4, 5, 6)),
        ),
        prepare=True,
    )
