"""Returns: what comes back to a budget that no program has any more goes up to whoever gave it.

A reward's payer takes back what expires, is reversed or repaid, also long after it was taken out of the
program or got another unit. Nobody could use it there, so it goes to the nearest ancestor that the program
has in the same unit, else to funding: step by step, as it once came down. Whatever brings it back need not
know.
"""

from datetime import datetime
from itertools import pairwise

from guerdon.engine.budgets.allotments import Spread
from guerdon.engine.budgets.periods import LIVE, WORKER
from guerdon.ledger.chart import FUNDING
from guerdon.store import budgets
from guerdon.store.audit import record_audit
from guerdon.store.budgets import MoveRow
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.store.pools import record_pools
from guerdon.store.programs import list_programs


def send_returns(db: Connection, now: datetime) -> int:
    """Send up what came back to closed budgets, in every program; how many moves it took."""
    total = 0
    for program_id, key in list_programs(db):
        with transaction(db, program_id) as tx:
            # Asked again and again; hardly ever is there anything, and then nothing is locked.
            if budgets.load_ways_up(tx, program_id):
                total += send_returns_of(tx, program_id, key, now)
    return total


def send_returns_of(tx: Transaction, program_id: int, key: str, now: datetime) -> int:
    """Send up what came back to closed budgets of one program; how many moves it took."""
    locked = _lock_ways(tx, program_id)
    # Only now: publishing, which locks the same accounts, may have opened or closed one while we waited.
    ways = budgets.load_ways_up(tx, program_id)
    spread = Spread({account: balance.free for account, balance in locked.items()})
    for way in ways:
        # A way that came meanwhile is gone the next time.
        if not all(account in locked for account in way.keys):
            continue
        amount = spread.free[way.accounts[0], way.unit]
        for lower, upper in pairwise(way.accounts):
            spread.move(lower, upper, way.unit, amount)
    if not spread.moves:
        return 0
    ids = budgets.next_ids(tx, len(spread.moves))
    rows = [MoveRow(number, *move) for number, move in zip(ids, spread.moves, strict=True)]
    budgets.record_moves(tx, program_id, rows, now)
    to_funding = [(row.from_account, row.unit, row.amount) for row in rows if row.to_account == FUNDING]
    budgets.record_plans_returned(tx, program_id, to_funding)
    record_audit(tx, program_id, WORKER, "budget.returned", key, now, changes_minor=spread.changes())
    notify(tx, LIVE, program_id)
    return len(rows)


def _lock_ways(tx: Transaction, program_id: int) -> dict[budgets.AccountKey, budgets.Balance]:
    keys = {account for way in budgets.load_ways_up(tx, program_id) for account in way.keys}
    for unit in sorted({unit for name, unit in keys if name == FUNDING}):
        record_pools(tx, program_id, {FUNDING: unit})
    return budgets.lock_accounts(tx, program_id, keys)
