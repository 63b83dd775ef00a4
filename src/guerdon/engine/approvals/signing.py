"""Signing: people approve, reject, or ask back, one request or many at once.

Each request is locked first, so of two checkers at the same moment the second counts the first one's
signature too, and whoever makes it complete announces it, once. Of many, one that is refused is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.engine.apply import LIVE
from guerdon.engine.approvals.acting import Acting, Refused, Stood
from guerdon.engine.approvals.announcements import Complete, announce
from guerdon.engine.approvals.asking import close
from guerdon.engine.approvals.contents import reserves_for
from guerdon.engine.approvals.mistakes import REASON_LETTERS_MAX
from guerdon.engine.approvals.papers import Paper, load_papers, load_signers_of, voice_of
from guerdon.engine.approvals.signatures import Signers, count_signatures
from guerdon.ledger.contents import PublishVersion
from guerdon.store.approvals.requests import (
    RequestRow,
    SignatureRow,
    lock_requests,
    record_signature,
    settle_requests,
)
from guerdon.store.approvals.reserves import load_reserves, record_reserves
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.values.ids import show

Verdict = Literal["approve", "reject", "ask"]
_SAID: Mapping[Verdict, str] = {
    "approve": "request.signed",
    "reject": "request.rejected",
    "ask": "request.asked_back",
}


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says to a revision that they were shown; who rejects or asks back says why."""

    request_id: int
    revision: int
    verdict: Verdict
    reason: str = ""


def sign(tx: Transaction, acting: Acting, words: Sequence[Word]) -> dict[int, Stood | Refused]:
    """Say something to requests; what became of each, or why nothing did."""
    found = lock_requests(tx, acting.program_id, [word.request_id for word in words])
    told: dict[int, Stood | Refused] = {}
    clear: dict[int, Word] = {}
    for word in words:
        fault = _fault_of(found.get(word.request_id), word, acting)
        if fault is None:
            clear[word.request_id] = word
        else:
            told[word.request_id] = Refused(fault)
    papers = load_papers(tx, acting.program_id, acting.program, [found[number] for number in clear])
    signers = load_signers_of(tx, acting.program_id, papers.values(), [acting.person.person_id])
    complete: list[Complete] = []
    for number in sorted(clear):
        done = _say(tx, acting, papers[number], signers, clear[number])
        if isinstance(done, Complete):
            complete.append(done)
            done = Stood(number, "approved", clear[number].revision)
        told[number] = done
    settle_requests(tx, acting.program_id, [each.request_id for each in complete], "approved", acting.now)
    announce(tx, acting.vault, acting.program_id, complete, acting.now)
    # Whoever has one of them open sees at once that somebody was there.
    if any(isinstance(each, Stood) for each in told.values()):
        notify(tx, LIVE, acting.program_id)
    return told


def _fault_of(request: RequestRow | None, word: Word, acting: Acting) -> str | None:
    if request is None:
        return "unknown"
    checks = (
        (request.state != "open", "closed"),
        (request.revision != word.revision, "edited"),
        (request.expires_at <= acting.now, "expired"),
        (word.verdict != "approve" and not word.reason.strip(), "reason"),
        (len(word.reason) > REASON_LETTERS_MAX or "\0" in word.reason, "reason"),
    )
    return next((reason for holds, reason in checks if holds), None)


def _say(
    tx: Transaction, acting: Acting, paper: Paper, signers: Signers, word: Word
) -> Stood | Complete | Refused:
    signature = _signature(acting, paper, signers, word)
    if isinstance(signature, Refused):
        return signature
    signed = [*paper.signatures, signature]
    complete = (
        word.verdict == "approve"
        and count_signatures(paper.asked, signed, signers, acting.now).lacking.nothing
    )
    if complete and not _covered(tx, acting, paper):
        return Refused("budget")
    record_signature(tx, acting.program_id, paper.revision, signature)
    record_audit(
        tx, acting.program_id, acting.name, _SAID[word.verdict], show("apr", word.request_id), acting.now,
        reason=word.reason, on_behalf_of=signature.instead_of, request_id=show("apr", word.request_id),
        revision=word.revision, sha=paper.revision.sha.hex(), role=signature.role, rung=signature.rung,
        complete=complete,
    )  # fmt: skip
    if complete:
        return Complete(
            word.request_id, word.revision, paper.revision.sha, paper.revision.beneficiary, len(signed)
        )
    if word.verdict == "reject":
        close(tx, acting.program_id, word.request_id, "rejected", acting.now)
        return Stood(word.request_id, "rejected", word.revision)
    if word.verdict == "ask":
        settle_requests(tx, acting.program_id, [word.request_id], "returned", acting.now)
        return Stood(word.request_id, "returned", word.revision)
    return Stood(word.request_id, "open", word.revision)


def _signature(acting: Acting, paper: Paper, signers: Signers, word: Word) -> SignatureRow | Refused:
    voice = voice_of(paper, signers, acting.person.person_id, acting.now)
    if isinstance(voice, str):
        return Refused(voice)
    if word.verdict == "approve" and _too_late(paper, acting.now):
        return Refused("late")
    me = signers.people[acting.person.person_id]
    speaks_for = show("per", voice.person.person_id)
    return SignatureRow(
        word.request_id,
        word.revision,
        acting.name,
        None if speaks_for == acting.name else speaks_for,
        me.memberships.get(acting.program_id, -1),
        voice.role,
        paper.request.rung,
        word.verdict,
        word.reason,
        acting.now,
    )


def _too_late(paper: Paper, now: datetime) -> bool:
    """Whether a version should be live by now: what nobody signed in time is asked for anew."""
    content = paper.content
    return isinstance(content, PublishVersion) and content.live_from is not None and content.live_from <= now


def _covered(tx: Transaction, acting: Acting, paper: Paper) -> bool:
    """Whether what it needs is set aside; what was held for an empty budget is covered now or not signed."""
    number = paper.request.id
    # Not under the request's own number, which belongs to what is set aside as it is asked for.
    wanted = reserves_for(paper.content, number, 0)
    if not wanted or load_reserves(tx, acting.program_id, [number])[number]:
        return True
    return not record_reserves(tx, acting.program_id, number, wanted, acting.now)
