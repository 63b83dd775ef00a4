"""Following: what was given and ordered since the last turn is taken over in sets, and counted once it ended.

Nobody who decides or redeems waits for it: it reads behind them. It keeps no state of its own: killed
anywhere, the next turn goes on from what was committed.
"""

import logging
from datetime import datetime, timedelta

from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.turns import Turns
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.deliveries import marks
from guerdon.store.deliveries.counts import MOST, count_ended
from guerdon.store.deliveries.marks import Progress, Stretch
from guerdon.store.programs import list_programs

TURN_S = 5.0
STEP = timedelta(hours=6)
log = logging.getLogger(__name__)


def follow_deliveries(db: Connection, library: Library, now: datetime, turns: Turns | None = None) -> int:
    """Take over what is new in every program; how many rewards and orders that was."""
    taken = 0
    for program_id, key in list_programs(db):
        more = True
        while more and not (turns and turns.stop.is_set()):
            with transaction(db, program_id) as tx:
                try:
                    playbook = library.playbook(tx, program_id, now)
                except NoLiveVersion as fault:
                    log.warning("deliveries of %s are not followed: %s", key, fault)
                    break
                n, more = _step(tx, playbook, now)
                taken += n
    return taken


def _step(tx: Transaction, playbook: Playbook, now: datetime) -> tuple[int, bool]:
    """One commit of it; how many, and whether there is more."""
    program, program_id = playbook.program, playbook.program_id
    progress = marks.lock_progress(tx, program_id)
    if progress is None:
        return 0, False
    upto = marks.settled_until(tx, now)
    saved = [unit for unit in program.units if playbook.is_balance(unit)]
    after, taken = progress.rewards_to, 0
    if after is None or upto - after > STEP:
        # Where nothing was decided for long, nothing is gone through.
        first = marks.first_decision(tx, program_id, after)
        after = upto if first is None else first - timedelta(microseconds=1)
    # Never beyond what has settled, and back where that went back: what is known already is passed over.
    reached = min(after + STEP, upto)
    if after < reached:
        taken = marks.record_rewards(tx, program_id, Stretch(after, reached), saved)
    behind = reached < upto
    orders_to = progress.orders_to
    if not behind:
        taken += marks.record_orders(tx, program_id, orders_to, now)
        marks.record_opened(tx, program_id, orders_to)
        # Not `now`: an order has no place until its reward has, however long somebody holds that up.
        orders_to = upto
    counted = count_ended(tx, program_id, program.time_zone, program.deliveries)
    marks.record_progress(tx, program_id, Progress(reached, orders_to))
    return taken, behind or counted == MOST
