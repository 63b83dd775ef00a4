"""Asking: somebody wants something done, and says why; it waits for those who may sign it.

What it needs in money is set aside at once, so that what gets its signatures can be paid. Where the ladder
asks for nobody on that rung it is complete as it is asked; it still goes the worker's way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.engine.apply import LIVE
from guerdon.engine.approvals.acting import Acting, Refused, Stood, ladder_of, person_id_of
from guerdon.engine.approvals.announcements import Complete, announce
from guerdon.engine.approvals.contents import beneficiary_of, gains, members_of, reserves_for, weigh
from guerdon.engine.approvals.ladders import Weight, first_rung, next_rung
from guerdon.engine.approvals.mistakes import REASON_LETTERS_MAX, check_content
from guerdon.engine.approvals.payers import Payers
from guerdon.ledger.contents import Content, GiveReward, kind_of, read_content, write_content
from guerdon.program.model import Program
from guerdon.store.approvals.requests import (
    NewRequest,
    RequestRow,
    load_revisions,
    lock_requests,
    next_request_id,
    record_requests,
    record_revision,
    settle_requests,
)
from guerdon.store.approvals.reserves import record_reserves, settle_reserves
from guerdon.store.approvals.standings import load_places
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.values.ids import show

# A request that somebody may still do something about.
WAITING = frozenset({"open", "returned"})


@dataclass(frozen=True, slots=True)
class Times:
    """When a request moves up, and when it ends."""

    escalates_at: datetime | None
    expires_at: datetime


def times_of(program: Program, kind: str, rung: int, market: str | None, now: datetime) -> Times:
    """The times of a request that is asked for, or asked anew, now."""
    above = next_rung(ladder_of(program, kind), rung, market)
    return Times(
        None if above is None else now + timedelta(hours=program.approval.escalate_hours),
        now + timedelta(hours=program.approval.expire_hours),
    )


def ask(
    tx: Transaction, acting: Acting, content: Content, reason: str, request_id: int | None = None
) -> Stood | Refused:
    """Ask for something; with a `request_id` of the caller's own, asking twice is asking once."""
    known = lock_requests(tx, acting.program_id, [request_id] if request_id is not None else [])
    for found in known.values():
        return Stood(found.id, found.state, found.revision)
    weight = _weighed(tx, acting, content, reason)
    if isinstance(weight, Refused):
        return weight
    made = _request(acting, content, reason, weight, request_id or next_request_id(tx))
    if record_reserves(tx, acting.program_id, made.id, reserves_for(content, made.id, 1), acting.now):
        return Refused("budget")
    record_requests(tx, acting.program_id, [made])
    record_audit(
        tx, acting.program_id, acting.name, "request.made", show("apr", made.id), acting.now,
        reason=reason, request_id=show("apr", made.id), kind=made.kind, revision=1, sha=made.sha.hex(),
        unit=made.unit, amount=made.amount, rung=made.rung,
    )  # fmt: skip
    return _stood(tx, acting, made, 1)


def edit(
    tx: Transaction, acting: Acting, shown: tuple[int, int], content: Content, reason: str
) -> Stood | Refused:
    """Ask for something else instead of the revision that was `shown`: nobody has signed the new one.

    It is also the answer to what was asked back, and begins all times anew.
    """
    request_id, revision = shown
    found = lock_requests(tx, acting.program_id, [request_id]).get(request_id)
    fault = _fault_of_edit(found, acting, revision)
    if fault is not None:
        return Refused(fault)
    before = load_revisions(tx, acting.program_id, {request_id: revision})[request_id]
    if not _same_wish(read_content(before.text), content):
        return Refused("wrong")
    weight = _weighed(tx, acting, content, reason)
    if isinstance(weight, Refused):
        return weight
    made, number = _request(acting, content, reason, weight, request_id), revision + 1
    if record_reserves(
        tx, acting.program_id, request_id, reserves_for(content, request_id, number), acting.now
    ):
        return Refused("budget")
    record_revision(tx, acting.program_id, made, number)
    record_audit(
        tx, acting.program_id, acting.name, "request.edited", show("apr", request_id), acting.now,
        reason=reason, request_id=show("apr", request_id),
        before={"revision": revision, "sha": before.sha.hex()},
        after={"revision": number, "sha": made.sha.hex(), "unit": made.unit, "amount": made.amount},
    )  # fmt: skip
    return _stood(tx, acting, made, number)


def withdraw(tx: Transaction, acting: Acting, request_id: int, reason: str = "") -> Stood | Refused:
    """Take back what one asked for, while it waits; its money is free again."""
    found = lock_requests(tx, acting.program_id, [request_id]).get(request_id)
    if found is None:
        return Refused("unknown")
    if found.state not in WAITING:
        return Refused("closed")
    if found.maker != acting.name:
        return Refused("role")
    close(tx, acting.program_id, found.id, "withdrawn", acting.now)
    record_audit(
        tx, acting.program_id, acting.name, "request.withdrawn", show("apr", request_id), acting.now,
        reason=reason, request_id=show("apr", request_id), revision=found.revision,
    )  # fmt: skip
    notify(tx, LIVE, acting.program_id)
    return Stood(request_id, "withdrawn", found.revision)


def close(
    tx: Transaction, program_id: int, request_id: int, state: str, now: datetime, why: str = ""
) -> None:
    """End a request that is not carried out, and free its money in the same transaction."""
    settle_requests(tx, program_id, [request_id], state, now, why)
    settle_reserves(tx, program_id, [request_id], "expired" if state == "expired" else "released", now)


def was_held(content: Content) -> bool:
    """Whether a batch held it back: then it exceeds something, and never passes by itself."""
    return isinstance(content, GiveReward) and content.event_id != 0


def _weighed(tx: Transaction, acting: Acting, content: Content, reason: str) -> Weight | Refused:
    if not reason.strip() or len(reason) > REASON_LETTERS_MAX or "\0" in reason:
        return Refused("reason")
    payers = Payers(acting.program, acting.spends(kind_of(content)))
    problems = check_content(tx, acting.program_id, content, payers, acting.now)
    if problems:
        return Refused("wrong", problems)
    places = load_places(tx, acting.program_id, sorted(members_of(content)))
    weight = weigh(acting.program, content, places)
    if not acting.may_ask(kind_of(content), weight):
        return Refused("role")
    # Who asks never gains by it: not even where nobody has to sign.
    return Refused("beneficiary") if gains(content, acting.name, acting.own_member) else weight


def _request(acting: Acting, content: Content, reason: str, weight: Weight, request_id: int) -> NewRequest:
    kind, written = kind_of(content), write_content(content)
    rung = first_rung(ladder_of(acting.program, kind), weight, held=was_held(content) or acting.never_alone)
    times = times_of(acting.program, kind, rung, weight.market, acting.now)
    return NewRequest(
        id=request_id,
        kind=kind,
        maker=acting.name,
        reason=reason,
        text=written.text,
        sha=written.sha,
        created_at=acting.now,
        expires_at=times.expires_at,
        escalates_at=times.escalates_at,
        beneficiary=beneficiary_of(content),
        market=weight.market,
        location=weight.location,
        unit=weight.unit,
        amount=weight.amount,
        rung=rung,
    )


def _stood(tx: Transaction, acting: Acting, made: NewRequest, revision: int) -> Stood:
    """Where a revision stands once it was asked for: where the rung asks for nobody, it is complete."""
    notify(tx, LIVE, acting.program_id)
    if ladder_of(acting.program, made.kind)[made.rung].people:
        return Stood(made.id, "open", revision)
    settle_requests(tx, acting.program_id, [made.id], "approved", acting.now)
    complete = Complete(made.id, revision, made.sha, made.beneficiary or 0, 0)
    announce(tx, acting.vault, acting.program_id, [complete], acting.now)
    return Stood(made.id, "approved", revision)


def _fault_of_edit(found: RequestRow | None, acting: Acting, revision: int) -> str | None:
    if found is None:
        return "unknown"
    if found.state not in WAITING:
        return "closed"
    if found.revision != revision:
        return "edited"
    if found.expires_at <= acting.now:
        return "expired"
    # What asked by itself cannot answer: whoever may ask for such a thing answers for it, and then made it.
    asked_by_itself = person_id_of(found.maker) is None
    return None if found.maker == acting.name or asked_by_itself else "role"


def _same_wish(before: Content, after: Content) -> bool:
    """Whether an edit is about the same thing: its kind, and for a reward which one it is."""
    if isinstance(before, GiveReward) and isinstance(after, GiveReward):
        same = ("member", "rule", "reward_id", "event_id", "market", "location", "happened_at", "reference")
        return all(getattr(before, name) == getattr(after, name) for name in same)
    return type(before) is type(after) and beneficiary_of(before) == beneficiary_of(after)
