"""Announcements: what tells the worker that a request has all its signatures, as an event like any other.

It stands in the inbox of our own connection, under an id of its own for each time that a revision was
complete: one whose signer lost the role meanwhile goes back, and may become complete again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from guerdon.engine.arrivals import Arrival, arrival
from guerdon.engine.bodies import seal_body
from guerdon.engine.intake import INBOX
from guerdon.store.database import Transaction
from guerdon.store.intake import IntakeRow, record_intake
from guerdon.store.sealing import Vault
from guerdon.values.ids import show

# The connection of what we tell ourselves; no program may declare it.
INTERNAL = "guerdon"
GRANTED = "approval.granted"


class Granted(msgspec.Struct, frozen=True):
    """The body of an announcement."""

    type: str
    request: int
    revision: int
    sha: str


@dataclass(frozen=True, slots=True)
class Complete:
    """A revision that is complete, by so many signatures."""

    request_id: int
    revision: int
    sha: bytes
    beneficiary: int
    signatures: int


def announce(
    tx: Transaction, vault: Vault, program_id: int, complete: Sequence[Complete], now: datetime
) -> None:
    """Put complete requests before the worker, in this transaction."""
    if not complete:
        return
    bodies = [_body(each) for each in complete]
    sealed = [(INTERNAL, seal_body(vault, program_id, INTERNAL, body)) for body in bodies]
    rows = [
        IntakeRow(n, a.position, a.key, a.payload_hash, a.lane, a.external_id)
        for n, a in enumerate(map(_arrival, complete, bodies), start=1)
    ]
    verdicts = record_intake(tx, program_id, sealed, rows, now)
    assert set(verdicts) == {"accepted"}, f"announced before: {verdicts}"
    tx.execute("select pg_notify(%s, '')", (INBOX,))


def read_announcement(body: bytes) -> Granted:
    """What `announce` wrote."""
    return msgspec.json.decode(body, type=Granted)


def announcement_id(request_id: int, revision: int, signatures: int) -> str:
    """The id of an announcement, as our own system knows it."""
    return f"{show('apr', request_id)}.{revision}.{signatures}"


def announcement_keys(request_id: int, revision: int, signatures: int) -> list[str]:
    """The keys in the inbox of every announcement that there can be of a revision with so many signatures."""
    ids = (announcement_id(request_id, revision, number) for number in range(signatures + 1))
    # A key is over the id alone; the rest of an arrival does not matter here.
    return [arrival(0, INTERNAL, external_id, "", "").key for external_id in ids]


def _body(complete: Complete) -> bytes:
    return msgspec.json.encode(Granted(GRANTED, complete.request_id, complete.revision, complete.sha.hex()))


def _arrival(complete: Complete, body: bytes) -> Arrival:
    external_id = announcement_id(complete.request_id, complete.revision, complete.signatures)
    return arrival(0, INTERNAL, external_id, str(complete.beneficiary), body.decode())
