"""Accounts whose items are read once a day: when next, what stands in the way, and reading them now."""

from collections.abc import Sequence

from guerdon.store.audit import record_audit
from guerdon.store.catalog.pulls import PullRow, ask_pull, list_pulls
from guerdon.store.database import Transaction
from guerdon.suppliers import vendors
from guerdon.web.console.desk import Desk


def listing(desk: Desk) -> Sequence[str]:
    """The accounts of the program that can say what they have."""
    if not desk.program.catalog.kinds:
        return []
    kinds = vendors()
    return [
        key
        for key, account in desk.program.suppliers.items()
        if account.kind in kinds and kinds[account.kind].abilities.lists_items
    ]


def pulls_of(desk: Desk, tx: Transaction) -> Sequence[PullRow]:
    """Each of them as it stands; one that the worker has not met yet is read at once."""
    known = {each.account: each for each in list_pulls(tx, desk.program_id)} if desk.scope.whole else {}
    return [known.get(key, PullRow(key, desk.now)) for key in listing(desk)] if desk.scope.whole else []


def ask_now(desk: Desk) -> str:
    """Have an account read now; why nothing was done."""
    account = desk.request.POST.get("account", "")
    if account not in listing(desk):
        return "supplier"
    with desk.transaction() as tx:
        ask_pull(tx, desk.program_id, account, desk.actor, desk.now)
        record_audit(tx, desk.program_id, desk.actor, "catalog.asked", account, desk.now)
    return ""
