"""Claims on our own page and by the API: the scheme's own event, told by ourselves, the one way through.

What a browser or an app says of where it runs is kept as keyed hashes, and only to see who shares what.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.engine.referrals.codes import mark_of, read_code
from guerdon.engine.referrals.telling import OwnEvent, put_in
from guerdon.program.schemes import Scheme
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.referrals.marks import Mark, record_marks
from guerdon.store.referrals.pairs import load_own_ids
from guerdon.store.sealing import Vault
from guerdon.values.ids import derived_id, show

# Accepted: what becomes of it is decided like any other event. Repeated: the same code was claimed before.
Claimed = Literal["accepted", "repeated", "no_code", "no_member"]


@dataclass(frozen=True, slots=True)
class Origin:
    """From where somebody does something, where that is known."""

    device: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody says by whose code they came; `by` is who tells us, as the audit names them."""

    program_id: int
    scheme: Scheme
    member_id: int
    code: str
    origin: Origin
    by: str
    now: datetime


def claim(tx: Transaction, vault: Vault, given: Claim) -> Claimed:
    """Take a claim; the worker decides it."""
    code = read_code(given.code)
    if not code:
        return "no_code"
    ids = load_own_ids(tx, given.program_id, [given.member_id])
    if given.member_id not in ids:
        return "no_member"
    number = derived_id(given.member_id, "claim", given.scheme.key, code)
    event = OwnEvent(
        f"{number}.claim",
        given.scheme.claim_event,
        *ids[given.member_id],
        given.now,
        {given.scheme.claim_field: code},
        f"{given.member_id}.{given.scheme.key}.{code}",
    )
    said = ("referral.claimed", show("mem", given.member_id))
    record_audit(tx, given.program_id, given.by, *said, given.now, scheme=given.scheme.key)
    (verdict,) = put_in(tx, vault, given.program_id, [event], given.now)
    if verdict != "accepted":
        return "repeated"
    note_origin(tx, vault, (given.program_id, given.scheme.key, given.member_id), given.origin, given.now)
    return "accepted"


def note_origin(
    tx: Transaction, vault: Vault, whose: tuple[int, str, int], origin: Origin, now: datetime
) -> None:
    """Keep from where a member (program, scheme, member) made a claim, or had their code made."""
    program_id, scheme, member_id = whose
    marks = [
        Mark(member_id, kind, mark_of(vault, program_id, kind, value))
        for kind, value in (("device", origin.device), ("network", origin.network))
        if value
    ]
    record_marks(tx, program_id, scheme, marks, now)
