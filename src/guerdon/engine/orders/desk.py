"""The desk at which orders are worked off: whom it asks, what it knows programs by, and what is its own."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from guerdon.engine.library import Clock, Library
from guerdon.engine.orders.port import Supplier
from guerdon.program.model import Program
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault

LEASE = timedelta(seconds=8)
# What was renewed this long ago may be somebody else's by now; two clocks may be two seconds apart.
SURE_S = 4.0
IN_FLIGHT = 16

OpensAccount = Callable[[Program, str], Supplier | None]
OpensAside = Callable[[int], AbstractContextManager[Transaction]]


def by_lot() -> bool:
    """Heads or tails."""
    return random.random() < 0.5  # noqa: S311  it is fair, and hides nothing


@dataclass
class Desk:
    """What ordering needs. `open_account` asks nobody; None: the account cannot be asked (no key for it).

    `toss` says whether those that nobody was asked for have the first turn. `fence` names whatever this desk
    has claimed; `renewed` is when it last said that all of that is its own. `opens` opens short transactions
    for threads that ask, `sleep` (seconds) is how these wait for their turns.
    """

    open_account: OpensAccount
    library: Library
    clock: Clock
    in_flight: int = IN_FLIGHT
    tick: Callable[[], float] = time.monotonic
    toss: Callable[[], bool] = by_lot
    fence: UUID = field(default_factory=uuid4)
    renewed: float = 0.0
    opens: OpensAside | None = None
    sleep: Callable[[float], object] = time.sleep

    @property
    def vault(self) -> Vault:
        """What opens and seals."""
        return self.library.vault

    def is_sure(self, taken: float) -> bool:
        """Whether what it took then cannot be anybody else's yet."""
        return self.tick() - max(taken, self.renewed) < SURE_S
