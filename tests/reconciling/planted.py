"""Differences as a comparison leaves them, for tests that only read and settle them."""

import psycopg

from guerdon.values.ids import show


def plant(url: str, program_id: int, subjects: list[str], supplier: str = "cards") -> list[str]:
    """A difference of each of these numbers of theirs, worth 25.00 EUR; their ids, in this order."""
    with psycopg.connect(url, options="-c search_path=guerdon") as db:
        db.execute(
            "insert into audit (program_id, actor, action, subject, recorded_at)"
            " values (%s, 'test', 'statement.compared', 's', now())",
            (program_id,),
        )
        rows = db.execute(
            "insert into order_differences (program_id, supplier, kind, subject, currency, theirs_minor,"
            " stake_minor, their_state, at, statement_id, found_at)"
            " select %s, %s, 'not_with_us', s, 'EUR', 2500, 2500, 'placed', now(), 1, now()"
            " from unnest(%s::text[]) with ordinality as n (s, place) order by place returning id",
            (program_id, supplier, subjects),
        ).fetchall()
    return [show("dif", row[0]) for row in rows]
