"""Deadlines: a request that nobody signs moves up its ladder, and one whose time is over ends.

What ends frees its money in the same transaction. A request that somebody is at in this moment is left for
the next round, and one that has all its signatures is the worker's. Asking back stops the first clock, not
the second.
"""

from datetime import datetime, timedelta

from guerdon.engine.approvals.acting import ladder_of
from guerdon.engine.approvals.asking import close
from guerdon.engine.approvals.ladders import next_rung
from guerdon.engine.library import Library
from guerdon.program.model import Program
from guerdon.store.approvals.requests import (
    RequestRow,
    find_escalating,
    find_expired,
    lock_requests,
    record_rung,
)
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.programs import list_programs, load_live
from guerdon.values.ids import show

AT_ONCE_MAX = 200
WORKER = "worker"


def expire_requests(db: Connection, now: datetime) -> int:
    """End what nobody decided in time, in every program; returns how many ended."""
    total = 0
    for program_id, _ in list_programs(db):
        while True:
            with transaction(db, program_id) as tx:
                over = find_expired(tx, program_id, now, AT_ONCE_MAX)
                for request_id in over:
                    close(tx, program_id, request_id, "expired", now)
                    record_audit(
                        tx, program_id, WORKER, "request.expired", show("apr", request_id), now,
                        request_id=show("apr", request_id),
                    )  # fmt: skip
            total += len(over)
            if len(over) < AT_ONCE_MAX:
                break
    return total


def escalate_requests(db: Connection, library: Library, now: datetime) -> int:
    """Move what nobody signed in time up its ladder, in every program; returns how many moved."""
    total = 0
    for program_id, _ in list_programs(db):
        with transaction(db, program_id) as tx:
            late = find_escalating(tx, program_id, now, AT_ONCE_MAX)
            # Without a version there is no ladder; whoever processes its events says so.
            if late and load_live(tx, program_id, now) is not None:
                program = library.playbook(tx, program_id, now).program
                for request in lock_requests(tx, program_id, late).values():
                    _move_up(tx, program_id, program, request, now)
                total += len(late)
    return total


def _move_up(tx: Transaction, program_id: int, program: Program, request: RequestRow, now: datetime) -> None:
    ladder = ladder_of(program, request.kind)
    above = next_rung(ladder, request.rung, request.market)
    if above is None:
        # The ladder lost its upper rungs meanwhile: those who are asked now are the highest there are.
        record_rung(tx, program_id, request.id, request.rung, None)
    else:
        further = next_rung(ladder, above, request.market)
        again = now + timedelta(hours=program.approval.escalate_hours)
        record_rung(tx, program_id, request.id, above, None if further is None else again)
    record_audit(
        tx, program_id, WORKER, "request.escalated", show("apr", request.id), now,
        request_id=show("apr", request.id), before={"rung": request.rung}, after={"rung": above},
    )  # fmt: skip
