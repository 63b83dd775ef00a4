"""A case file: one audit row, or one decision that it stands for, proven to stand in the sealed audit.

Whoever is shown a case sees this decision and nobody else's, and can check it without us: by hashes from the
decision to its audit row, from the row to its seal, and from there to a seal that was told outside.
"""

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from guerdon.ledger.merkle import leaf_hash, root_from
from guerdon.ledger.trail import Anchor, AuditRow, Seal, anchor_of, check_anchor, row_hash, seal_hash


class Proof(msgspec.Struct, frozen=True):
    """Which leaf of how many, and the hashes beside the way to the root."""

    place: int
    size: int
    hashes: tuple[str, ...]


class Decided(msgspec.Struct, frozen=True):
    """An event's decision as it is stored, and its proof within the batch that the row stands for."""

    event: int
    decision: str
    proof: Proof


class Case(msgspec.Struct, frozen=True, tag_field="type", tag="case"):
    """All that is needed to check one row; `seals` go from the row's own to the one that was anchored."""

    program: int
    key: str
    decided: Decided | None
    row: AuditRow
    proof: Proof
    seals: tuple[Seal, ...]
    anchor: Anchor | None
    # Over all of the above: a slip of the pen is told from a forgery.
    sum: str = ""


class _Roots(msgspec.Struct):
    root: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Case).decode


def write_case(case: Case) -> bytes:
    """A case as a file, with its sum."""
    plain = msgspec.structs.replace(case, sum="")
    return _encode(msgspec.structs.replace(plain, sum=sha256(_encode(plain)).hexdigest()))


def read_case(text: bytes) -> Case | None:
    """Read a case; None when it is none, or not one letter is as it was written."""
    try:
        case = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return case if write_case(case) == text.rstrip(b"\n") else None


def check_case(case: Case, anchors: Iterable[Anchor] = ()) -> str | None:
    """What does not hold in a case, also against anchors that were kept elsewhere; None when all does."""
    told = [*anchors, *([case.anchor] if case.anchor else [])]
    return _check_decided(case) or _check_row(case) or _check_seals(case, told)


def _check_row(case: Case) -> str | None:
    if not case.seals:
        return "the row was not sealed yet: nothing proves it"
    first = case.seals[0]
    if _lead(case.proof, row_hash(case.row)) != first.root or case.proof.size != first.rows:
        return f"row {case.row.id} is not in seal {first.number} as it stands here"
    if {case.row.program, *(seal.program for seal in case.seals)} != {case.program}:
        return "row and seals are not of one program"
    return None


def _check_seals(case: Case, told: Iterable[Anchor]) -> str | None:
    for before, seal in zip(case.seals, case.seals[1:], strict=False):
        if seal.number != before.number + 1 or seal.previous != seal_hash(before).hex():
            return f"seal {seal.number} does not follow seal {before.number}"
    here = {seal.number: anchor_of(seal, "") for seal in case.seals}
    of_here = [anchor for anchor in told if anchor.program == case.program and anchor.number in here]
    return next((wrong for anchor in of_here if (wrong := check_anchor(here[anchor.number], anchor))), None)


def is_anchored(case: Case, anchors: Iterable[Anchor]) -> bool:
    """Whether one of the case's seals is among anchors that were kept elsewhere."""
    kept = {(anchor.program, anchor.number) for anchor in anchors}
    return any((seal.program, seal.number) in kept for seal in case.seals)


def _check_decided(case: Case) -> str | None:
    if case.decided is None:
        return None
    decided = case.decided
    leaf = leaf_hash(b"%d:%s" % (decided.event, decided.decision.encode()))
    try:
        root = msgspec.json.decode(case.row.detail or "{}", type=_Roots).root
    except msgspec.MsgspecError:
        root = ""
    if not root or _lead(decided.proof, leaf) != root:
        return f"the decision of event {decided.event} is not the one that audit row {case.row.id} stands for"
    return None


def _lead(proof: Proof, leaf: bytes) -> str | None:
    try:
        hashes = [bytes.fromhex(each) for each in proof.hashes]
    except ValueError:
        return None
    root = root_from(leaf, proof.place, proof.size, hashes)
    return root.hex() if root else None
