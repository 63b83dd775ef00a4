"""What a key asked for, also where somebody else changed it since."""

from datetime import datetime

from guerdon.store.approvals.requests import RequestRow
from guerdon.store.database import Transaction


def list_asked_by(
    tx: Transaction, maker: str, state: str | None, limit: int, after: tuple[datetime, int] | None
) -> list[RequestRow]:
    """The requests that somebody asked for, newest first, also those that others changed since."""
    after_at, after_id = after or (None, None)
    rows = tx.execute(
        """
        select r.id, r.kind, r.state, r.revision, r.maker, r.beneficiary, r.market, r.location, r.unit,
               r.amount, r.reason, r.rung, r.created_at, r.escalates_at, r.expires_at, r.closed_at, r.why
        from requests r
        where r.program_id = (select this_program()) and (%(state)s::text is null or r.state = %(state)s)
          and (%(at)s::timestamptz is null or (r.created_at, r.id) < (%(at)s, %(id)s::bigint))
          and exists (select from revisions v
                      where v.program_id = r.program_id and v.request_id = r.id and v.maker = %(maker)s)
        order by r.created_at desc, r.id desc limit %(limit)s
        """,
        {"maker": maker, "state": state, "at": after_at, "id": after_id, "limit": limit},
    ).fetchall()
    return [RequestRow(*row) for row in rows]


def was_asked_by(tx: Transaction, maker: str, request_id: int) -> bool:
    """Whether somebody asked for a request, at first or later."""
    row = tx.execute(
        """
        select 1 from revisions
        where program_id = (select this_program()) and request_id = %s and maker = %s limit 1
        """,
        (request_id, maker),
    ).fetchone()
    return row is not None
