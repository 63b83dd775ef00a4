"""A location asks for more: money out of what feeds its budget into that budget, and never the other way.

It is a request to move money like any other, asked for by whoever stands at the location; a second person,
who may approve budgets, signs it or does not (decision 47).
"""

from guerdon.engine.approvals.acting import PlaceActing, Refused, Stood
from guerdon.engine.approvals.asking import ask
from guerdon.engine.approvals.wishes import MoveWish, move_by_hand
from guerdon.ledger.chart import FUNDING
from guerdon.store.budgets import load_nodes
from guerdon.store.database import Transaction
from guerdon.values.problems import Problem


def ask_for_more(
    tx: Transaction, acting: PlaceActing, account: str, amount: str, reason: str
) -> Stood | Refused:
    """Ask for an amount, as it was typed, for a budget (`budget:...`) of the location where somebody acts."""
    node = load_nodes(tx, acting.program_id).get(account)
    if node is None or node.location != acting.location:
        return Refused("wrong", [Problem("account", None, f"there is no budget {account[:60]} here")])
    wish = MoveWish(account, node.parent or FUNDING, amount, inward=True)
    content = move_by_hand(tx, acting.program_id, acting.program, wish)
    if isinstance(content, list):
        return Refused("wrong", content)
    return ask(tx, acting, content, reason)
