"""Versions of a program as a list: from when to when each was live, who wrote it, and by whose word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version; `live_to` None: until further notice. Who signed is there where people were asked."""

    version: int
    sha: str
    live_from: datetime
    live_to: datetime | None
    published_at: datetime
    published_by: str
    called_by: str | None
    called_reason: str | None
    request_id: int | None
    signed_by: Sequence[str]
    of_version: int | None
    reason: str

    def state(self, now: datetime) -> str:
        """Where it stands in its life: scheduled, live, retired or called_off."""
        if self.called_by is not None:
            return "called_off"
        if self.live_from > now:
            return "scheduled"
        return "live" if self.live_to is None or self.live_to > now else "retired"


def list_versions(tx: Transaction, program_id: int) -> list[VersionLine]:
    """All versions, those that are live last first."""
    rows = tx.execute(
        """
        with ahead as (
          select v.version, lead(v.live_from) over (order by v.live_from, v.version) as live_to
          from program_versions v
          where v.program_id = %(program)s and not exists (
            select from version_calloffs c where c.program_id = v.program_id and c.version = v.version)
        )
        select v.version, v.sha, v.live_from, a.live_to, v.published_at, v.published_by, c.called_by,
               c.reason, o.request_id, coalesce(r.signed_by, '{}'), o.of_version,
               coalesce(nullif(o.reason, ''), r.reason, '')
        from program_versions v
        left join ahead a on a.version = v.version
        left join version_calloffs c on c.program_id = v.program_id and c.version = v.version
        left join version_origins o on o.program_id = v.program_id and o.version = v.version
        left join requests r on r.program_id = v.program_id and r.id = o.request_id
        where v.program_id = %(program)s order by v.live_from desc, v.version desc
        """,
        {"program": program_id},
    ).fetchall()
    return [VersionLine(*row) for row in rows]
