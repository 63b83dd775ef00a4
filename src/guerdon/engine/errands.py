"""What a batch leaves to be asked of CRMs, and which of its events another one has told already.

All of it is written in the batch's own commit, and nothing where the program declares no such thing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from guerdon.engine.arrivals import Element, Errand, Meaning, Unusable
from guerdon.program.model import Program
from guerdon.store.crm.errands import NewErrand, record_errands, wake_errands
from guerdon.store.crm.happenings import claim_happenings
from guerdon.store.database import Transaction
from guerdon.store.inbox import InboxRow, WaitingRow
from guerdon.store.intake import record_counts

Heard = list[tuple[InboxRow, Element]]
# What came of an event that is none of a member: counted, and nothing else.
TOLD_TWICE, FOLLOWED = "told_twice", "followed"


def heard_first(tx: Transaction, program_id: int, program: Program, meant: Heard, now: datetime) -> Heard:
    """A batch without what another event told before: webhooks, or the journal."""
    if not any(connection.journal for connection in program.connections.values()):
        return meant
    keys = {
        row.id: _key(row.connection, element.happening)
        for row, element in meant
        if isinstance(element, Meaning | Unusable | Errand) and element.happening
    }
    late = claim_happenings(tx, program_id, keys, now) if keys else set()
    counts: dict[tuple[str, str], int] = {}
    for row, _ in meant:
        if row.id in late:
            counts[row.connection, TOLD_TWICE] = counts.get((row.connection, TOLD_TWICE), 0) + 1
    record_counts(tx, program_id, counts, now)
    return [(row, element) for row, element in meant if row.id not in late]


def _key(connection: str, happening: str) -> str:
    return blake2b(f"{len(connection)}:{connection}{happening}".encode(), digest_size=16).hexdigest()


def leave_errands(
    tx: Transaction,
    program_id: int,
    program: Program,
    meant: Heard,
    waiting: Sequence[WaitingRow],
    now: datetime,
) -> None:
    """Leave what is to be read or followed of a batch, and of the contacts that its events wait for."""
    reads = {c.subject: c.key for c in program.connections.values() if c.contacts is not None}
    errands = [(row, element) for row, element in meant if isinstance(element, Errand)]
    if not errands and not (waiting and reads):
        return
    new = [NewErrand(reads[w.source], "contact", w.external_id, "read") for w in waiting if w.source in reads]
    woken, counts = [], dict[tuple[str, str], int]()
    for row, errand in errands:
        if errand.step == "again":
            woken.append((row.connection, errand.kind, errand.object))
            counts[row.connection, FOLLOWED] = counts.get((row.connection, FOLLOWED), 0) + 1
            continue
        new.append(NewErrand(row.connection, errand.kind, errand.object, errand.step, row, errand.others))
        if errand.step == "join" and program.connections[row.connection].contacts is not None:
            # Who was joined to whom is told by the contact itself as well, and what it is from now on.
            new.append(NewErrand(row.connection, "contact", errand.object, "read"))
    record_errands(tx, program_id, new, now)
    wake_errands(tx, program_id, woken, now)
    record_counts(tx, program_id, counts, now)


def counted(connections: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """So many events of each connection as followed."""
    return {(connection, FOLLOWED): n for connection, n in connections.items()}
