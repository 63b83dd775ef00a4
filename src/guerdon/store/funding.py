"""Funding: what a budget was given so far, and the transfers that give it more or take back what is free."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from guerdon.ledger.chart import FUNDING, POOL_OWNER
from guerdon.store.database import Transaction


def load_funded(tx: Transaction, program_id: int, names: Sequence[str]) -> dict[str, int]:
    """What each account was given from funding, less what it gave back."""
    rows = tx.execute(
        """
        select name, sum(amount)::bigint from (
          select to_account as name, amount from transfers
          where program_id = %(p)s and member_id = %(o)s and from_account = %(f)s and to_account = any(%(n)s)
          union all
          select from_account, -amount from transfers
          where program_id = %(p)s and member_id = %(o)s and to_account = %(f)s and from_account = any(%(n)s)
        ) moved group by name
        """,
        {"p": program_id, "o": POOL_OWNER, "f": FUNDING, "n": list(names)},
    ).fetchall()
    return dict(rows)


def record_funding(
    tx: Transaction, program_id: int, unit: str, changes: Mapping[str, int], at: datetime
) -> None:
    """A transfer per account that changes: from funding when it gets, to funding when it gives back."""
    if not changes:
        return
    tx.execute(
        """
        insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount,
                               happened_at, recorded_at)
        select %(p)s, %(o)s, nextval('event_id_seq'), 0,
               case when c > 0 then %(f)s else n end, case when c > 0 then n else %(f)s end, %(u)s, abs(c),
               %(at)s, %(at)s
        from unnest(%(n)s::text[], %(c)s::bigint[]) as f (n, c)
        """,
        {
            "p": program_id,
            "o": POOL_OWNER,
            "f": FUNDING,
            "u": unit,
            "n": list(changes),
            "c": list(changes.values()),
            "at": at,
        },
    )
