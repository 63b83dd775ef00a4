"""What must always hold in a program's tables, whatever was sent, lost, doubled or killed: what auditors ask.

It is the daily controls, asked in the middle of the day: all but those that only time can breach, because
a lot that ended a minute ago may wait for the worker's next tick. Tests end with it, restores begin with it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from guerdon.queries.controls.control import Control
from guerdon.queries.controls.run import CONTROLS, run_controls
from guerdon.store.database import Transaction

# What is due stands still until the worker comes by; only the daily run may call it late.
OF_TIME = frozenset({"lots.expiry", "lots.maturing", "holds.late"})
SHOWN_MAX = 10
_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)


def check_invariants(tx: Transaction, controls: Sequence[Control] = CONTROLS) -> list[str]:
    """Whatever is wrong with the program of this transaction, in words; nothing, if all is well."""
    found = []
    for checked in run_controls(tx, _NO_TIME, controls).breached:
        if checked.key in OF_TIME:
            continue
        found += [f"{checked.key}: {breach}" for breach in checked.breaches[:SHOWN_MAX]]
        if checked.total > SHOWN_MAX:
            found.append(f"{checked.key}: and {checked.total - SHOWN_MAX} more")
    return found
