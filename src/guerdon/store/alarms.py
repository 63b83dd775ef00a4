"""Alarms: what somebody should know at once, said once for its kind, subject and mark.

They are settled when what they say does not hold any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """What is to be said of a subject (an account); the mark sets it apart from what was said before."""

    kind: str
    subject: str
    mark: str
    detail: Mapping[str, object]


def record_alarms(tx: Transaction, program_id: int, rows: Sequence[AlarmRow], at: datetime) -> int:
    """Raise alarms that were not raised yet; how many they were."""
    if not rows:
        return 0
    return tx.execute(
        """
        insert into alarms (program_id, kind, subject, mark, detail, raised_at)
        select %(p)s, k, s, m, d::json, %(at)s
        from unnest(%(k)s::text[], %(s)s::text[], %(m)s::text[], %(d)s::text[])
             with ordinality as r (k, s, m, d, n)
        where not exists (
          select from alarms a where a.program_id = %(p)s and a.kind = k and a.subject = s and a.mark = m)
        order by n
        on conflict on constraint alarms_are_said_once do nothing
        """,
        {
            "p": program_id,
            "at": at,
            "k": [row.kind for row in rows],
            "s": [row.subject for row in rows],
            "m": [row.mark for row in rows],
            "d": [msgspec.json.encode(row.detail).decode() for row in rows],
        },
    ).rowcount


def list_marks(tx: Transaction, program_id: int, kind: str, subjects: Sequence[str]) -> list[str]:
    """What alarms of a kind say of subjects, and of what these say, and so on: open or settled."""
    rows = tx.execute(
        """
        with recursive said (subject) as (
          select unnest(%(subjects)s::text[])
          union
          select a.mark from said s
          join alarms a on a.program_id = %(program)s and a.kind = %(kind)s and a.subject = s.subject
        )
        select subject from said where subject <> all(%(subjects)s::text[]) order by 1
        """,
        {"program": program_id, "kind": kind, "subjects": list(subjects)},
    ).fetchall()
    return [str(row[0]) for row in rows]


def list_subjects(tx: Transaction, program_id: int, kind: str, marks: Sequence[str]) -> list[tuple[str, str]]:
    """Of whom alarms of a kind say these marks, and who of those, and so on: (mark, subject)."""
    rows = tx.execute(
        """
        with recursive said (mark, subject, id) as (
          select m, m, 0::bigint from unnest(%(marks)s::text[]) as n (m)
          union
          select s.mark, a.subject, a.id from said s
          join alarms a on a.program_id = %(program)s and a.kind = %(kind)s and a.mark = s.subject
        )
        select mark, subject from said where id > 0 order by id, mark
        """,
        {"program": program_id, "kind": kind, "marks": list(marks)},
    ).fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


def settle_alarms(tx: Transaction, program_id: int, subjects: Sequence[str], at: datetime) -> None:
    """Settle everything open about these subjects: their new period makes it old."""
    tx.execute(
        """
        update alarms set settled_at = %s
        where program_id = %s and subject = any(%s) and settled_at is null
        """,
        (at, program_id, list(subjects)),
    )


def settle_others(
    tx: Transaction, program_id: int, kinds: Sequence[str], standing: Sequence[AlarmRow], at: datetime
) -> int:
    """Settle what is open of these kinds and does not hold any more; how many they were."""
    return tx.execute(
        """
        update alarms a set settled_at = %(at)s
        where a.program_id = %(p)s and a.settled_at is null and a.kind = any(%(kinds)s)
          and not exists (
            select from unnest(%(k)s::text[], %(s)s::text[], %(m)s::text[]) as r (k, s, m)
            where r.k = a.kind and r.s = a.subject and r.m = a.mark)
        """,
        {
            "p": program_id,
            "at": at,
            "kinds": list(kinds),
            "k": [row.kind for row in standing],
            "s": [row.subject for row in standing],
            "m": [row.mark for row in standing],
        },
    ).rowcount
