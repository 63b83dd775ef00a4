"""Deadlines: a request that nobody signs moves up its ladder, and one whose time is over ends.

What ends frees its money in the same transaction. A request that somebody is at in this moment is left for
the next round, and one that has all its signatures is the worker's: only where its announcement got lost on
the way (set apart as poison, say) it fails here. Asking back stops the first clock, not the second.
"""

from datetime import datetime, timedelta

from guerdon.engine.approvals.acting import ladder_of
from guerdon.engine.approvals.announcements import announcement_keys
from guerdon.engine.approvals.asking import close
from guerdon.engine.approvals.ladders import next_rung
from guerdon.engine.library import Library
from guerdon.program.model import Program
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.approvals.requests import (
    RequestRow,
    Stranded,
    find_escalating,
    find_expired,
    find_stranded,
    find_undecided,
    lock_requests,
    record_rung,
)
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.programs import list_programs, load_live
from guerdon.values.ids import show

AT_ONCE_MAX = 200
WORKER = "worker"
# An announcement that waits its turn gets so much longer; after that nobody takes it any more.
LATE = timedelta(days=1)
STRANDED_ALARM, STRANDED = "approval_stranded", "announcement"


def expire_requests(db: Connection, now: datetime) -> int:
    """End what nobody decided in time, or nobody carried out, in every program; returns how many ended."""
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
        with transaction(db, program_id) as tx:
            total += _fail_stranded(tx, program_id, now)
    return total


def _fail_stranded(tx: Transaction, program_id: int, now: datetime) -> int:
    """End what was signed and never carried out, so that its money is not held for ever; somebody is told."""
    found = find_stranded(tx, program_id, now, AT_ONCE_MAX)
    keys = {each.id: announcement_keys(each.id, each.revision, each.signatures) for each in found}
    waiting = find_undecided(tx, program_id, [key for named in keys.values() for key in named])
    lost = [each for each in found if waiting.isdisjoint(keys[each.id]) or each.expires_at <= now - LATE]
    for each in lost:
        close(tx, program_id, each.id, "failed", now, STRANDED)
        record_audit(
            tx, program_id, WORKER, "request.failed", show("apr", each.id), now,
            request_id=show("apr", each.id), revision=each.revision, why=STRANDED,
        )  # fmt: skip
    record_alarms(tx, program_id, [_alarm(each) for each in lost], now)
    return len(lost)


def _alarm(lost: Stranded) -> AlarmRow:
    detail = {"expired_at": lost.expires_at.isoformat(), "signatures": lost.signatures}
    return AlarmRow(STRANDED_ALARM, show("apr", lost.id), str(lost.revision), detail)


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
