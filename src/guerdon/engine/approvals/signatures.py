"""Which signatures count at a moment, and why the others do not.

Pure. A signature is judged as things stand now, not as they stood when it was given: who left, lost the role,
is no stand-in any more or turned out to be the beneficiary no longer counts. A role that was given anew after
the signature does not bring it back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.access.grants import Person
from guerdon.engine.approvals.acting import person_id_of, roles_of
from guerdon.engine.approvals.contents import gains
from guerdon.engine.approvals.ladders import Lacking, Weight, lacking
from guerdon.ledger.contents import Content
from guerdon.program.model import Rung
from guerdon.store.access.grants import StandIn
from guerdon.store.approvals.requests import SignatureRow
from guerdon.values.ids import show


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as signatures are judged against it."""

    program_id: int
    kind: str
    content: Content
    weight: Weight
    makers: frozenset[str]
    rung: Rung


@dataclass(frozen=True, slots=True)
class Signers:
    """The people that signatures speak of, and who stands in for whom."""

    people: Mapping[int, Person]
    stand_ins: Sequence[StandIn]


@dataclass(frozen=True, slots=True)
class Count:
    """The roles that signed and count, whose they are, why others do not, and what is lacking."""

    signed_as: tuple[str, ...]
    signed_by: tuple[str, ...]
    void: Mapping[str, str]
    lacking: Lacking


def count_signatures(
    asked: Asked, signatures: Sequence[SignatureRow], signers: Signers, now: datetime
) -> Count:
    """Count the approvals of one revision."""
    signed_as: list[str] = []
    signed_by: list[str] = []
    void: dict[str, str] = {}
    for signature in signatures:
        if signature.verdict != "approve":
            continue
        fault = why_void(asked, signature, signers, now)
        if fault is None and signature.role in asked.rung.roles:
            signed_as.append(signature.role)
            signed_by.append(signature.person)
        else:
            void[signature.person] = fault or "rung"
    return Count(tuple(signed_as), tuple(signed_by), void, lacking(asked.rung, signed_as))


def why_void(asked: Asked, signature: SignatureRow, signers: Signers, now: datetime) -> str | None:
    """Why a signature does not count now, or None: left, stand_in, role, maker, beneficiary."""
    signer = present(signers, signature.person, now)
    voice = present(signers, signature.speaks_for, now)
    if signer is None or voice is None:
        return "left"
    since: datetime | None = signature.signed_at
    if signature.instead_of is not None:
        then, lent = (lent_since(signers, signer, voice, at) for at in (signature.signed_at, now))
        since = min(then, lent, signature.signed_at) if then and lent else None
    if since is None:
        return "stand_in"
    if signature.role not in roles_of(voice, asked.program_id, asked.kind, asked.weight, now, since=since):
        return "role"
    return why_not(asked, signer, voice)


def why_not(asked: Asked, signer: Person, voice: Person) -> str | None:
    """Why these two may not speak on this request at all: they asked for it, or it is about them."""
    for person in (signer, voice):
        name = show("per", person.person_id)
        if name in asked.makers:
            return "maker"
        if gains(asked.content, name, person.memberships.get(asked.program_id)):
            return "beneficiary"
    return None


def lent_since(signers: Signers, signer: Person, voice: Person, at: datetime) -> datetime | None:
    """Since when one person stands in for another who is away at an instant; None: they do not.

    What was given to a person later is not lent: whoever named the stand-in had not looked at it.
    """
    return max(
        (
            each.named_at
            for each in signers.stand_ins
            if each.stand_in == signer.person_id
            and each.person_id == voice.person_id
            and each.valid_from <= at < each.valid_to
        ),
        default=None,
    )


def present(signers: Signers, name: str, now: datetime) -> Person | None:
    """A person (`per_...`) who still works here."""
    person = signers.people.get(person_id_of(name) or 0)
    if person is None or (person.left_at is not None and person.left_at <= now):
        return None
    return person
