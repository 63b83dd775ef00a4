"""Alarms as people read them: open ones first, then the latest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Alarm:
    """What was raised, about what, and since when it is over."""

    id: int
    kind: str
    subject: str
    mark: str
    detail: Mapping[str, object]
    raised_at: datetime
    settled_at: datetime | None


def list_alarms(
    tx: Transaction,
    at_most: int,
    subject: str | None = None,
    *,
    kinds: Sequence[str] = (),
    only_open: bool = False,
) -> list[Alarm]:
    """Alarms of the program, or of one subject."""
    rows = tx.execute(
        """
        select id, kind, subject, mark, detail, raised_at, settled_at from alarms
        where program_id = this_program() and (%(s)s::text is null or subject = %(s)s)
          and (%(k)s::text[] = '{}' or kind = any(%(k)s)) and (not %(o)s or settled_at is null)
        order by settled_at is not null, raised_at desc, id desc limit %(n)s
        """,
        {"s": subject, "k": list(kinds), "o": only_open, "n": at_most},
    ).fetchall()
    return [Alarm(*row) for row in rows]
