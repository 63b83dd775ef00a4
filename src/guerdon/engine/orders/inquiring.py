"""Asking by itself: what a supplier says of an order that does not work soon stands at the case about it.

That a case is asked about is written down before anybody is, so two workers do not ask the same at once, and
whoever is killed in between leaves it to be asked again a while later. It is a question and changes nothing,
so one too many does no harm. Where nothing is learned it is asked less and less often, and after a day it is
left to staff, who may ask at any time.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from guerdon.engine.library import NoLiveVersion
from guerdon.engine.orders.cases import (
    SAYS_MAX,
    Inquiry,
    Looked,
    ask_account,
    ask_of,
    attach,
    learned_of,
)
from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.lanes import breaker
from guerdon.engine.orders.lanes.shut import tell_shut
from guerdon.engine.orders.lanes.turnstile import Patience, by_turns, turns_of
from guerdon.engine.orders.port import Later, Shut, Supplier, Told
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import CROWDED, UNAVAILABLE, Connection, transaction
from guerdon.store.orders.cases import WORKER, Askable, CaseDue, Tries, claim_cases
from guerdon.store.orders.lanes import lock_lane, settle_lane
from guerdon.values.ids import show

log = logging.getLogger(__name__)
ASKED = "case.asked"
# So many cases are asked about at once, each of another account: so many more threads the pool has.
AT_ONCE = 4
# Seven times: at once, and when it is half a minute, 2, 10, 42 minutes, 3 and 11 hours old.
TRIES = Tries(lasts=timedelta(days=1), least=timedelta(seconds=30))
# How often cases are looked for; how long a turn is waited for, and how much of that is left to orders.
LOOK_S, TURN_S, YIELDS_S = 1.0, 15.0, 5.0
# What an account says as long as it does not know itself.
UNSETTLED = ("unknown", "pending")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A case about which an account is asked just now."""

    program_id: int
    due: CaseDue
    supplier: Supplier


@dataclass(slots=True)
class Inquiries:
    """The cases that a loop asks about: the connection is its own thread's, those of the pool only ask."""

    db: Connection
    desk: Desk
    pool: ThreadPoolExecutor
    under_way: dict[Future[Told], _Asked] = field(default_factory=dict)
    # When cases were looked for last; None: they are now.
    looked_at: datetime | None = None

    def look(self, program_ids: Sequence[int], now: datetime) -> None:
        """Begin to ask about what is due of these programs, unless that was looked for just now."""
        if self.looked_at is not None and 0 <= (now - self.looked_at).total_seconds() < LOOK_S:
            return
        self.looked_at = now
        for program_id in program_ids:
            self.begin(program_id, now)

    def begin(self, program_id: int, now: datetime) -> int:
        """Begin to ask about what is due of a program; of how many cases."""
        room = AT_ONCE - len(self.under_way)
        if room <= 0:
            return 0
        with transaction(self.db, program_id) as tx:
            try:
                program = self.desk.library.playbook(tx, program_id, now).program
            except NoLiveVersion:
                return 0
            free = self._free(program_id, program)
            due = claim_cases(tx, program_id, _askable(free), TRIES, now, room) if free else []
            for each in due:
                case, order = show("cas", each.case_id), show("ord", each.order_id)
                record_audit(tx, program_id, WORKER, ASKED, case, now, order=order)
        for each in due:
            self._submit(program, _Asked(program_id, each, free[each.traced.supplier]))
        return len(due)

    def settle_done(self, now: datetime, timeout_s: float | None) -> None:
        """Attach what was answered by now, waiting so long for the first; None: until one is answered."""
        done, _ = wait(self.under_way, timeout_s, FIRST_COMPLETED)
        for future in done:
            asked, told = self.under_way.pop(future), future.result()
            # Another case of this account may have waited for it.
            self.looked_at = None
            try:
                self._settle(asked, told, now)
            except CROWDED as fault:
                # Somebody else has its member for a while. Orders do not wait for that; it is asked again.
                log.warning("what was said of a case is not kept: %s", str(fault).strip())
            except UNAVAILABLE:
                raise
            except Exception:
                log.exception("what was said of case %s is not kept", show("cas", asked.due.case_id))

    def _free(self, program_id: int, program: Program) -> dict[str, Supplier]:
        """The accounts that can be asked and are not just now; our own pool and staff have none."""
        busy = {each.due.traced.supplier for each in self.under_way.values() if each.program_id == program_id}
        opened = {key: self.desk.open_account(program, key) for key in program.suppliers if key not in busy}
        return {key: account for key, account in opened.items() if account is not None}

    def _submit(self, program: Program, asked: _Asked) -> None:
        traced = asked.due.traced
        ask, in_turn = ask_of(program, asked.due.order_id, traced), self._in_turn(asked)
        future = self.pool.submit(ask_account, asked.supplier, in_turn, ask, traced.their_id)
        self.under_way[future] = asked

    def _in_turn(self, asked: _Asked) -> AbstractContextManager[None]:
        """Each request of it takes a turn of its account's lane; orders that are due go first."""
        desk = self.desk
        if desk.opens is None:
            return nullcontext()
        patience = Patience(desk.clock, TURN_S, YIELDS_S, desk.sleep)
        return by_turns(turns_of(desk.opens, asked.program_id, asked.supplier, patience))

    def _settle(self, asked: _Asked, told: Told, now: datetime) -> None:
        due, program_id = asked.due, asked.program_id
        _settle_lane(self.db, program_id, due.traced.supplier, told, now)
        looked = learned_of(told)
        if not isinstance(looked, Looked) or (looked.came in UNSETTLED and not due.last):
            # They may say more another time; what they said last stands there for staff.
            return
        with transaction(self.db, program_id) as tx:
            tx.execute("set local lock_timeout = '200ms'")
            inquiry = Inquiry(program_id, due.member_id, due.order_id, due.case_id, WORKER)
            attach(tx, self.desk.vault, inquiry, (due.traced.supplier, looked), now)


def _askable(accounts: dict[str, Supplier]) -> list[Askable]:
    return [
        Askable(key, account.account.asked_of, account.abilities.finds) for key, account in accounts.items()
    ]


def _settle_lane(db: Connection, program_id: int, supplier: str, told: Told, now: datetime) -> None:
    """Orders wait as well where an account is asked too often, or may not be asked at all."""
    if not isinstance(told, Shut) and not (isinstance(told, Later) and told.why == "limit"):
        return
    with transaction(db, program_id) as tx:
        tx.execute("set local lock_timeout = '200ms'")
        lane = lock_lane(tx, program_id, supplier)
        if isinstance(told, Later):
            lane = breaker.resting(lane, now + timedelta(seconds=told.after_s))
        else:
            lane = breaker.shut(lane, now, told.says[:SAYS_MAX])
            tell_shut(tx, program_id, supplier, told.says[:SAYS_MAX], now)
        settle_lane(tx, program_id, lane)
