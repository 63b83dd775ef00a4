"""Data requests: begun when a member asks, closed once with a reason, access only with what proves it.

An erasure is asked for and done in `erasing`; here is what people answer.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.privacy.erasures import list_enrolled
from guerdon.store.privacy.requests import (
    Ended,
    NewRequest,
    Outcome,
    close_request,
    find_handed_over,
    lock_waiting,
    record_request,
)
from guerdon.values.ids import show

BEGUN, CLOSED = "data_request.begun", "data_request.closed"
REASON_MAX = 1_000
# What reached us longer ago is a slip of the hand.
ASKED_AT_MOST = timedelta(days=366)
# nobody: there is no such member. day: not a day of the last year. unproven: nothing was handed over since.
Why = Literal["nobody", "reason", "day", "closed", "unproven"]


@dataclass(frozen=True, slots=True)
class Closing:
    """How a request ended: whose, which, how, by whom (`per_...`), and what was answered."""

    member_id: int
    number: int
    outcome: Outcome
    by: str
    reason: str


def begin_request(tx: Transaction, program_id: int, new: NewRequest, reason: str, today: date) -> Why | None:
    """Write a request down and tell the audit; why not, or None. Asked for twice it waits once."""
    if not _is_reason(reason):
        return "reason"
    if not today - ASKED_AT_MOST <= new.asked_on <= today:
        return "day"
    if not list_enrolled(tx, program_id, [new.member_id]):
        return "nobody"
    number = record_request(tx, program_id, new)
    if number is not None:
        record_audit(
            *(tx, program_id, new.recorded_by, BEGUN, show("mem", new.member_id), new.recorded_at),
            reason=reason,
            request_id=show("drq", number),
            after={"kind": new.kind, "came_by": new.came_by, "asked_on": new.asked_on.isoformat()},
        )
    return None


def end_request(tx: Transaction, program_id: int, closing: Closing, now: datetime) -> Why | None:
    """Close a request and tell the audit; why not, or None."""
    if not _is_reason(closing.reason):
        return "reason"
    waiting = lock_waiting(tx, program_id, closing.member_id, closing.number)
    if waiting is None:
        return "closed"
    member, proof = show("mem", closing.member_id), None
    if waiting.kind == "access" and closing.outcome == "done":
        proof = find_handed_over(tx, program_id, member, waiting.recorded_at)
        if proof is None:
            return "unproven"
    close_request(tx, program_id, waiting, Ended(closing.outcome, proof, closing.by, now))
    record_audit(
        *(tx, program_id, closing.by, CLOSED, member, now),
        reason=closing.reason,
        request_id=show("drq", closing.number),
        before={"outcome": None},
        after={
            "outcome": closing.outcome,
            "kind": waiting.kind,
            "proof": show("aud", proof) if proof is not None else None,
        },
    )
    return None


def _is_reason(reason: str) -> bool:
    return 0 < len(reason) <= REASON_MAX and "\0" not in reason
