"""Once a day the books of every account that lists its orders are asked for, and compared with ours."""

import logging
from datetime import datetime, timedelta

from guerdon.engine.library import NoLiveVersion
from guerdon.engine.orders.desk import Desk
from guerdon.engine.reconciling.taking import NotTaken, ask_statement
from guerdon.engine.reconciling.watching import watch_differences
from guerdon.engine.turns import Turns
from guerdon.store.database import Connection, transaction
from guerdon.store.orders.reconciling.statements import Wanted, give_up_statements, last_asked
from guerdon.store.programs import list_programs

log = logging.getLogger(__name__)
TURN_S = 60.0
EVERY = timedelta(days=1)
# One that was not read to its end is asked for again.
AGAIN = timedelta(hours=1)
# What they changed meanwhile is seen as long as this.
BACK = timedelta(days=31)
BY = "worker"


def keep_reconciling(db: Connection, desk: Desk, turns: Turns) -> None:
    """Ask for statements in their time until told to stop."""
    for _ in turns.every(db, TURN_S):
        reconcile_due(db, desk)


def reconcile_due(db: Connection, desk: Desk) -> int:
    """Ask for each statement whose time has come, and tell what differs; how many were read."""
    done = 0
    for program_id, key in list_programs(db):
        done += _ask_due(db, desk, program_id, key)
        with transaction(db, program_id) as tx:
            watch_differences(tx, program_id, desk.clock())
    return done


def _ask_due(db: Connection, desk: Desk, program_id: int, key: str) -> int:
    """Ask for the statements of a program whose time has come; how many were read."""
    done, now = 0, desk.clock()
    with transaction(db, program_id) as tx:
        give_up_statements(tx, program_id, now)
        try:
            program = desk.library.playbook(tx, program_id, now).program
        except NoLiveVersion as fault:
            log.warning("suppliers of %s are not reconciled: %s", key, fault)
            return 0
        asked = last_asked(tx, program_id)
    for name in program.suppliers:
        supplier = desk.open_account(program, name)
        if supplier is None or not supplier.abilities.lists_orders or not is_due(asked.get(name), now):
            continue
        wanted = Wanted(program_id, name, "asked", now - BACK, now, BY, now)
        try:
            ask_statement(db, supplier, wanted, desk.clock)
            done += 1
        except NotTaken as fault:
            log.warning("the statement of %s was not read: %s %s", name, fault.why, fault.said)
    return done


def is_due(last: tuple[str, datetime] | None, now: datetime) -> bool:
    """Whether a statement is asked for again after the latest, which stands like this since then."""
    if last is None:
        return True
    state, since = last
    return state != "reading" and now - since >= (EVERY if state == "read" else AGAIN)
