"""Papers: requests with everything that a signature on them is judged by, loaded for many at once.

A rung that the live version of the program no longer has is its highest: the ladder that counts is the one
that holds now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.access.grants import Person
from guerdon.engine.approvals.acting import ladder_of, person_id_of, roles_of
from guerdon.engine.approvals.contents import members_of, weigh
from guerdon.engine.approvals.ladders import Weight, role_to_sign
from guerdon.engine.approvals.signatures import (
    Asked,
    Signers,
    count_signatures,
    lent_since,
    present,
    why_not,
)
from guerdon.ledger.contents import Content, read_content
from guerdon.program.model import Program, Rung
from guerdon.store.approvals.requests import (
    RequestRow,
    RevisionRow,
    SignatureRow,
    load_makers,
    load_revisions,
    load_signatures,
)
from guerdon.store.approvals.signers import load_signers, load_stand_ins
from guerdon.store.approvals.standings import load_places
from guerdon.store.database import Transaction
from guerdon.values.ids import show


@dataclass(frozen=True, slots=True)
class Paper:
    """A request, its current revision, what was said to it, and what that is judged by."""

    request: RequestRow
    revision: RevisionRow
    asked: Asked
    signatures: Sequence[SignatureRow]

    @property
    def content(self) -> Content:
        """What would happen, exactly."""
        return self.asked.content


@dataclass(frozen=True, slots=True)
class Voice:
    """For whom somebody speaks on a request, and under which role."""

    person: Person
    role: str


def load_papers(
    tx: Transaction,
    program_id: int,
    program: Program,
    requests: Sequence[RequestRow],
    *,
    light: bool = False,
) -> dict[int, Paper]:
    """The papers of requests, by request; light ones are for lists, and weighed as the request's row says."""
    current = {request.id: request.revision for request in requests}
    revisions = load_revisions(tx, program_id, current, light=light)
    signatures = load_signatures(tx, program_id, current)
    makers = load_makers(tx, program_id, list(current))
    contents = {number: read_content(row.text) for number, row in revisions.items()}
    members = {member for content in contents.values() for member in members_of(content)}
    places = load_places(tx, program_id, sorted(members))
    return {
        request.id: Paper(
            request,
            revisions[request.id],
            Asked(
                program_id,
                request.kind,
                contents[request.id],
                _weight_of(request) if light else weigh(program, contents[request.id], places),
                makers[request.id],
                rung_of(program, request),
            ),
            signatures[request.id],
        )
        for request in requests
    }


def _weight_of(request: RequestRow) -> Weight:
    amounts = {} if request.unit is None else {request.unit: abs(request.amount or 0)}
    return Weight(request.market, request.location, amounts)


def rung_of(program: Program, request: RequestRow) -> Rung:
    """The rung on which a request stands."""
    ladder = ladder_of(program, request.kind)
    return ladder[min(request.rung, len(ladder) - 1)]


def load_signers_of(
    tx: Transaction,
    program_id: int,
    papers: Iterable[Paper],
    also: Sequence[int] = (),
    *,
    locked: bool = False,
) -> Signers:
    """Everybody of whom signatures on these papers speak, and who is about to speak, with their grants."""
    said = [signature for paper in papers for signature in paper.signatures]
    named = {person_id_of(name) for each in said for name in (each.person, each.speaks_for)}
    ids = {number for number in named if number is not None} | set(also)
    stand_ins = load_stand_ins(tx, program_id, sorted(ids), locked=locked)
    ids |= {each.person_id for each in stand_ins}
    return Signers(load_signers(tx, program_id, sorted(ids), locked=locked), stand_ins)


def voice_of(paper: Paper, signers: Signers, person_id: int, now: datetime) -> Voice | str:
    """For whom somebody can sign a request now, themselves first; else why they cannot."""
    me = present(signers, show("per", person_id), now)
    if me is None:
        return "role"
    spoken = {signature.speaks_for for signature in paper.signatures}
    if any(signature.person == show("per", person_id) for signature in paper.signatures):
        return "signed"
    signed_as = count_signatures(paper.asked, paper.signatures, signers, now).signed_as
    lent = [
        (person, lent_since(signers, me, person, now))
        for person in signers.people.values()
        if present(signers, show("per", person.person_id), now)
    ]
    others = [(person, since) for person, since in lent if since is not None]
    faults = []
    for person, since in ((me, None), *others):
        fault = why_not(paper.asked, me, person)
        if fault is None and show("per", person.person_id) in spoken:
            fault = "signed"
        asked = paper.asked
        roles = roles_of(person, asked.program_id, asked.kind, asked.weight, now, since)
        role = role_to_sign(paper.asked.rung, roles, signed_as)
        if fault is None and role is not None:
            return Voice(person, role)
        faults.append(fault or "role")
    # What stands in the way of oneself is said; a colleague's reason is theirs.
    return faults[0]


def open_voices(
    papers: Mapping[int, Paper], signers: Signers, person_id: int, now: datetime
) -> dict[int, Voice]:
    """The papers that wait for this person's word, of those that are open."""
    found = {
        number: voice_of(paper, signers, person_id, now)
        for number, paper in papers.items()
        if paper.request.state == "open" and paper.request.expires_at > now
    }
    return {number: voice for number, voice in found.items() if isinstance(voice, Voice)}
