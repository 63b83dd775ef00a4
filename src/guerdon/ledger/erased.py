"""The certificate of an erasure: whose, at whose wish, when, what was erased where, and what is kept and why.

Its hash stands in the audit row of the erasure. With the case file of that row, which proves that the row
stands in a sealed audit, whoever is handed both can check them without us and without a database.
"""

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from guerdon.ledger.cases import Case, check_case
from guerdon.ledger.trail import Anchor

ACTION = "member.forgotten"


class Erased(msgspec.Struct, frozen=True):
    """A table of which rows were deleted, or emptied of these columns; how many rows."""

    table: str
    rows: int
    columns: tuple[str, ...] = ()


class Kept(msgspec.Struct, frozen=True):
    """Tables in which the member's number stays, and why: `store/privacy/stores.Why`, and in words."""

    tables: tuple[str, ...]
    why: str
    words: str


class Certificate(msgspec.Struct, frozen=True, tag_field="type", tag="certificate"):
    """What is certified; instants as ISO 8601 in UTC, the member as `mem_...`."""

    program: str
    member: str
    method: str
    asked_by: str
    asked_at: str
    done_at: str
    key_destroyed: bool
    attributes: tuple[str, ...]
    erased: tuple[Erased, ...]
    kept: tuple[Kept, ...]
    # What has no row of the member's and may name them all the same, and what becomes of it.
    elsewhere: tuple[Kept, ...]


class Certified(msgspec.Struct, frozen=True, tag_field="type", tag="erasure"):
    """A certificate as a file: exactly what was hashed, and the case of its audit row."""

    certificate: str
    case: Case


class _Detail(msgspec.Struct):
    certificate: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Certified).decode
_certificate = msgspec.json.Decoder(Certificate).decode


def write_certificate(certificate: Certificate) -> str:
    """A certificate as it is kept and hashed."""
    return _encode(certificate).decode()


def certificate_hash(text: str) -> bytes:
    """The hash of a certificate, 32 bytes; 0x03 keeps it apart from rows, nodes and seals."""
    return sha256(b"\3" + text.encode()).digest()


def write_certified(certified: Certified) -> bytes:
    """A certificate with its case, as a file of one line."""
    return _encode(certified)


def read_certified(text: bytes) -> Certified | None:
    """Read such a file; None when it is none, or not one letter is as it was written."""
    try:
        read = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return read if write_certified(read) == text.rstrip(b"\n") else None


def open_certificate(certified: Certified) -> Certificate | None:
    """What is certified; None when the text is no certificate."""
    try:
        return _certificate(certified.certificate)
    except msgspec.MsgspecError:
        return None


def check_certified(certified: Certified, anchors: Iterable[Anchor] = ()) -> str | None:
    """What does not hold in a certificate, also against anchors kept elsewhere; None when all does."""
    said, row = open_certificate(certified), certified.case.row
    if said is None:
        return "what stands in the certificate is no certificate of an erasure"
    if row.action != ACTION or (row.subject, certified.case.key) != (said.member, said.program):
        return f"audit row {row.id} does not tell of the erasure of {said.member} in {said.program}"
    try:
        told = msgspec.json.decode(row.detail or "{}", type=_Detail).certificate
    except msgspec.MsgspecError:
        told = ""
    if told != certificate_hash(certified.certificate).hex():
        return f"the certificate is not the one that audit row {row.id} stands for: one of them was changed"
    return check_case(certified.case, anchors)
