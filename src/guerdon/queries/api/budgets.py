"""The unit of a budget's account, where the key sees it."""

from guerdon.ledger.chart import POOL_OWNER
from guerdon.store.database import Transaction


def find_unit_of_pool(tx: Transaction, account: str) -> str | None:
    """The unit of a budget's account."""
    row = tx.execute(
        """
        select a.unit from budget_nodes n
        join accounts a on (a.program_id, a.member_id, a.name, a.unit) = (n.program_id, %s, n.name, n.unit)
        where n.program_id = (select this_program()) and n.name = %s
        order by n.closed_at desc nulls first limit 1
        """,
        (POOL_OWNER, account),
    ).fetchone()
    return None if row is None else str(row[0])
