"""Cases that wait for an answer, as figures: the words of members stay sealed."""

from datetime import datetime

from guerdon.store.database import Transaction


def list_newest_cases(tx: Transaction, market: str | None, limit: int) -> list[tuple[datetime, int]]:
    """When the newest open cases were opened, and their ids; newest first."""
    rows = tx.execute(
        """
        select c.opened_at, c.id
        from order_cases c
        join members m on m.program_id = c.program_id and m.member_id = c.member_id
        where c.program_id = (select this_program()) and c.state = 'open'
          and (%(market)s::text is null or m.market = %(market)s)
        order by c.opened_at desc, c.id desc limit %(limit)s
        """,
        {"market": market, "limit": limit},
    ).fetchall()
    return [(row[0], int(row[1])) for row in rows]
