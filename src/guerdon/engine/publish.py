"""Publishing a program: its text becomes the next version, its accounts are opened, its budgets funded.

All of it is audited, and publishing the same text again changes nothing. A budget whose amount rose is
given the difference from funding; one that fell gives back what is free, and never more, so no reward
that was promised loses its cover.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.chart import FUNDING, budget_account
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction
from guerdon.store.funding import load_funded, record_funding
from guerdon.store.pools import lock_pools, record_pools, settle_pools
from guerdon.store.programs import record_program, record_version


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did."""

    program_id: int
    version: int
    funded_minor: dict[str, int]


def publish(db: Connection, program: Program, by: str, now: datetime) -> Published:
    """Make a checked program the live version, in one commit."""
    with db.transaction():
        program_id = record_program(db, program.key, now)
        db.execute("select set_config('guerdon.program_id', %s, true)", (str(program_id),))
        version = record_version(db, program_id, program.text, program.sha, by, now)
        funded = _fund_budgets(db, program_id, program, now)
        record_audit(
            db, program_id, by, "program.published", program.key, now, version=version, funded_minor=funded
        )
    return Published(program_id, version, funded)


def _fund_budgets(tx: Transaction, program_id: int, program: Program, now: datetime) -> dict[str, int]:
    wanted = {
        budget_account(budget.key, market): (budget.unit, amount)
        for budget in program.budgets.values()
        for market, amount in budget.amounts_minor.items()
    }
    units = sorted({unit for unit, _ in wanted.values()})
    assert len(units) <= 1, "one money unit pays rewards until conversion tables exist"
    if not units:
        return {}
    record_pools(
        tx,
        program_id,
        {name: unit for name, (unit, _) in wanted.items()} | {FUNDING: units[0]},
    )
    left = lock_pools(tx, program_id, [*wanted, FUNDING])
    funded = load_funded(tx, program_id, list(wanted))
    changes = {}
    for name, (_, amount) in wanted.items():
        change = max(amount - funded.get(name, 0), -left[name])
        if change:
            changes[name] = change
    record_funding(tx, program_id, units[0], changes, now)
    settle_pools(
        tx,
        program_id,
        {**changes, FUNDING: -sum(changes.values())},
        {n: min(c, 0) for n, c in changes.items()},
    )
    return changes
