"""The audit as people read it: newest first, what changed from what to what, and under which seal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction

Side = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A row of the audit; `seal` is the number of its seal, None while it waits for one."""

    id: int
    actor: str
    on_behalf_of: str | None
    action: str
    subject: str
    reason: str
    before: Side | None
    after: Side | None
    detail: Side | None
    request_id: str | None
    at: datetime
    seal: int | None
    sealed_at: datetime | None

    @property
    def changes(self) -> list[tuple[str, object, object]]:
        """What changed: field, before, after."""
        before, after = self.before or {}, self.after or {}
        names = dict.fromkeys([*before, *after])
        return [(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)]


@dataclass(frozen=True, slots=True)
class AuditAsked:
    """Which rows: of whom or about what (exactly), of one kind, in a time; `before` is the last one seen."""

    about: str = ""
    action: str = ""
    first: datetime | None = None
    end: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Sealing:
    """How far the audit is sealed, and what was told outside of it."""

    rows: int
    seals: int
    sealed_at: datetime | None
    waiting: int
    anchored: int | None
    anchored_at: datetime | None


def list_audit(tx: Transaction, asked: AuditAsked, limit: int) -> list[AuditEntry]:
    """Rows of the audit, newest first."""
    rows = tx.execute(
        """
        select a.id, a.actor, a.on_behalf_of, a.action, a.subject, a.reason, a.before, a.after, a.detail,
               a.request_id, a.recorded_at, s.number, s.sealed_at
        from (
          select * from audit
          where program_id = this_program()
            and (%(about)s = '' or actor = %(about)s or subject = %(about)s or on_behalf_of = %(about)s
                 or request_id = %(about)s)
            and (%(action)s = '' or action = %(action)s)
            and (%(first)s::timestamptz is null or recorded_at >= %(first)s)
            and (%(end)s::timestamptz is null or recorded_at < %(end)s)
            and (%(before)s::bigint is null or id < %(before)s)
          order by id desc limit %(limit)s
        ) a
        left join lateral (
          select number, sealed_at from seals
          where program_id = a.program_id and (last_era, last_tx, last_id) >= (a.era, a.tx, a.id)
          order by last_era, last_tx, last_id limit 1
        ) s on true
        order by a.id desc
        """,
        {
            "about": asked.about,
            "action": asked.action,
            "first": asked.first,
            "end": asked.end,
            "before": asked.before,
            "limit": limit,
        },
    ).fetchall()
    return [AuditEntry(*row) for row in rows]


def load_sealing(tx: Transaction) -> Sealing:
    """How far the audit is sealed."""
    row = tx.execute(
        """
        with last as (
          select number, total_rows, last_era, last_tx, last_id, sealed_at from seals
          where program_id = this_program() order by number desc limit 1
        ),
        told as (
          select number, anchored_at from anchors
          where program_id = this_program() order by number desc limit 1
        )
        select coalesce((select total_rows from last), 0), coalesce((select number from last), 0),
               (select sealed_at from last),
               (select count(*) from audit where program_id = this_program()
                and (era, tx, id) > (coalesce((select last_era from last), 0),
                                     coalesce((select last_tx from last), '0'::xid8),
                                     coalesce((select last_id from last), 0))),
               (select number from told), (select anchored_at from told)
        """
    ).fetchone()
    assert row is not None
    return Sealing(*row)
