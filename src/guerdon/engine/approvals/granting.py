"""Granting: the worker carries out what has all its signatures, if they still hold.

Everything is asked again in the transaction that does it, with grants locked: the hash of what was signed,
the request's time, and for each signature whether its person may still give it. What lost a signature goes
back to those who may sign; what cannot be carried out ends, says why, and its money is free.
"""

from collections.abc import Sequence
from datetime import datetime

from guerdon.engine.approvals.acting import ladder_of, may_ask, person_id_of
from guerdon.engine.approvals.announcements import INTERNAL, Granted, read_announcement
from guerdon.engine.approvals.asking import close
from guerdon.engine.approvals.changes import carry_out_change, moves_of
from guerdon.engine.approvals.ladders import first_rung
from guerdon.engine.approvals.papers import Paper, load_papers, load_signers_of
from guerdon.engine.approvals.posting import Approved, Posting
from guerdon.engine.approvals.signatures import Count, Signers, count_signatures
from guerdon.engine.bodies import open_body
from guerdon.engine.library import Library
from guerdon.ledger.contents import content_sha
from guerdon.rules.playbook import Playbook
from guerdon.store import inbox
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.approvals.requests import (
    RequestRow,
    RevisionRow,
    has_kind,
    load_revisions,
    lock_requests,
    record_done,
    record_rung,
    settle_requests,
)
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.inbox import InboxRow
from guerdon.store.versions.timeline import lock_timeline
from guerdon.values.ids import show

VALUE_KINDS = frozenset({"reward", "adjustment", "bulk"})
WORKER = "worker"


def grant_approved(
    tx: Transaction, library: Library, rows: Sequence[InboxRow], now: datetime, *, locked: bool = False
) -> None:
    """Carry out a batch of announcements of one program; each leaves the inbox, whatever came of it."""
    program_id = rows[0].program_id
    told = _read(tx, library, program_id, rows)
    if has_kind(tx, program_id, [granted.request for _, granted in told], "version"):
        # Before any other lock, as everybody takes it.
        lock_timeline(tx, program_id)
    playbook = library.playbook(tx, program_id, now)
    inbox.clear_inbox(tx, [row.id for row in rows])
    approved = _judge(tx, playbook, told, now)
    posting = Posting(tx, playbook, now)
    values = [each for each in approved if each.paper.request.kind in VALUE_KINDS]
    changes = {each.row.id: each for each in approved if each.paper.request.kind not in VALUE_KINDS}
    posting.load(values, locked=locked)
    for each in values:
        posting.carry_out(each)
    posted = {each.row.id for each in values}
    for row, _ in told:
        change = changes.get(row.id)
        if change is not None:
            _carry_out(tx, playbook, posting, change, now)
        elif row.id not in posted:
            posting.note(row, None)
    posting.write()
    _settle(tx, playbook, approved, posting, now)


def _carry_out(
    tx: Transaction, playbook: Playbook, posting: Posting, change: Approved, now: datetime
) -> None:
    """Do what is no member's, and keep it as an event of the program's own."""
    fault = carry_out_change(tx, playbook.program_id, playbook.program, change, now)
    posting.note(change.row, change.paper.request, () if fault else moves_of(change))
    if fault:
        posting.failed[change.number] = fault
    else:
        posting.done.append(change.number)


def _read(
    tx: Transaction, library: Library, program_id: int, rows: Sequence[InboxRow]
) -> list[tuple[InboxRow, Granted]]:
    sealed = inbox.load_bodies(tx, program_id, {row.delivery_id: row.recorded_at for row in rows})
    return [
        (row, read_announcement(open_body(library.vault, program_id, INTERNAL, sealed[row.delivery_id])))
        for row in rows
    ]


def _judge(
    tx: Transaction, playbook: Playbook, told: Sequence[tuple[InboxRow, Granted]], now: datetime
) -> list[Approved]:
    """Which of them still hold; those that do not are sent back or ended."""
    program, program_id = playbook.program, playbook.program_id
    found = lock_requests(tx, program_id, [granted.request for _, granted in told])
    live = {
        granted.request: (row, granted)
        for row, granted in told
        if granted.request in found and _is_announced(found[granted.request], granted)
    }
    revisions = load_revisions(tx, program_id, {number: found[number].revision for number in live})
    for number, revision in revisions.items():
        granted = live[number][1]
        if content_sha(revision.text) != revision.sha or revision.sha.hex() != granted.sha:
            _sound_alarm(tx, program_id, found[number], (revision, granted), now)
            del live[number]
    papers = load_papers(tx, program_id, program, [found[number] for number in sorted(live)])
    makers = [person_id_of(paper.request.maker) or 0 for paper in papers.values()]
    signers = load_signers_of(tx, program_id, papers.values(), makers, locked=True)
    approved = []
    for number, paper in papers.items():
        if paper.request.expires_at <= now:
            _end(tx, program_id, paper.request, ("expired", ""), now)
            continue
        count = count_signatures(paper.asked, paper.signatures, signers, now)
        fault = _why_open(program_id, paper, signers, count, now)
        if fault:
            _reopen(tx, program_id, paper.request, fault, now)
        else:
            approved.append(Approved(live[number][0], paper, count.signed_by))
    return approved


def _is_announced(request: RequestRow, granted: Granted) -> bool:
    return (request.state, request.revision) == ("approved", granted.revision)


def _why_open(program_id: int, paper: Paper, signers: Signers, count: Count, now: datetime) -> str:
    """Why a request does not have all its signatures any more, or nothing."""
    if paper.asked.rung.people == 0:
        maker = signers.people.get(person_id_of(paper.request.maker) or 0)
        kind = paper.request.kind
        allowed = maker is not None and may_ask(maker, program_id, kind, paper.asked.weight, now)
        return "" if allowed else f"role:{paper.request.maker}"
    if count.lacking.nothing:
        return ""
    # Where none of them lost its ground, the ladder itself asks for more than it did.
    return next((f"{why}:{person}" for person, why in sorted(count.void.items())), "ladder")


def _reopen(tx: Transaction, program_id: int, request: RequestRow, why: str, now: datetime) -> None:
    settle_requests(tx, program_id, [request.id], "open", now, why)
    _tell(tx, program_id, request, ("request.reopened", why), now)


def _end(tx: Transaction, program_id: int, request: RequestRow, said: tuple[str, str], now: datetime) -> None:
    state, why = said
    close(tx, program_id, request.id, state, now, why)
    _tell(tx, program_id, request, (f"request.{state}", why), now)


def _sound_alarm(
    tx: Transaction, program_id: int, request: RequestRow, said: tuple[RevisionRow, Granted], now: datetime
) -> None:
    """What would happen is not what was signed: nothing does, and somebody has to know."""
    revision, granted = said
    _end(tx, program_id, request, ("failed", "hash"), now)
    detail = {
        "signed": revision.sha.hex(),
        "announced": granted.sha,
        "stored": content_sha(revision.text).hex(),
    }
    alarm = AlarmRow("approval_hash", show("apr", request.id), str(request.revision), detail)
    record_alarms(tx, program_id, [alarm], now)


def _settle(
    tx: Transaction, playbook: Playbook, approved: Sequence[Approved], posting: Posting, now: datetime
) -> None:
    """Close what was carried out; end or send back what was not."""
    program_id = playbook.program_id
    done = {each.number: each.signed_by for each in approved if each.number in set(posting.done)}
    record_done(tx, program_id, done, now)
    for each in approved:
        request, number = each.paper.request, each.number
        if number in posting.failed:
            _end(tx, program_id, request, ("failed", posting.failed[number]), now)
        elif number in posting.limited:
            # Beyond a limit somebody has to sign, however little it is.
            ladder = ladder_of(playbook.program, request.kind)
            rung = first_rung(ladder, each.paper.asked.weight, held=True)
            record_rung(tx, program_id, number, rung, request.escalates_at)
            _reopen(tx, program_id, request, posting.limited[number], now)
        else:
            _tell(tx, program_id, request, ("request.done", ""), now)


def _tell(
    tx: Transaction, program_id: int, request: RequestRow, said: tuple[str, str], now: datetime
) -> None:
    (action, why), subject = said, show("apr", request.id)
    record_audit(
        tx, program_id, WORKER, action, subject, now,
        request_id=subject, revision=request.revision, why=why,
    )  # fmt: skip
