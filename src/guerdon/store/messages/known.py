"""What the conscience has to know of a round of messages: a statement a kind of fact, for all of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from guerdon.program.messages.nouns import ChannelKind, Contact
from guerdon.rules.conscience.nouns import LOOK_BACK, AddressState, Held, Known, Suppression, Told
from guerdon.store.database import Transaction

# A mailbox that was full of faults may be repaired: once so long after it bounced it is tried again.
BOUNCED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of whom it is asked, for what; `mark` is that of the address, None where there is none."""

    member_id: int
    message_id: int
    topic: str
    channel: ChannelKind
    mark: bytes | None = field(repr=False)
    address: AddressState


def load_known(
    tx: Transaction, program_id: int, contact: Contact, wanted: Sequence[Wanted], now: datetime
) -> dict[tuple[int, int], Known]:
    """What is known of each, by member and message; the members' reach is locked, so that it stays true."""
    members = sorted({each.member_id for each in wanted})
    consents = _consents(tx, program_id, members)
    told = _told(tx, program_id, members, now)
    bought = _bought(tx, program_id, members, contact.sales) if contact.sales else {}
    suppressed = _suppressed(tx, program_id, [each.mark for each in wanted if each.mark is not None], now)
    return {
        (each.member_id, each.message_id): Known(
            consents.get((each.member_id, each.topic, each.channel)),
            suppressed.get((each.channel, each.mark), "") if each.mark is not None else "",
            each.address,
            told.get(each.member_id, ()),
            bought.get(each.member_id),
        )
        for each in wanted
    }


def _consents(tx: Transaction, program_id: int, members: Sequence[int]) -> dict[tuple[int, str, str], Held]:
    rows = tx.execute(
        """
        select member_id, topic, channel, consent_id, state, since from standing_consents
        where program_id = %s and member_id = any(%s)
        """,
        (program_id, members),
    ).fetchall()
    return {(row[0], row[1], row[2]): Held(row[3], row[4], row[5]) for row in rows}


def _told(tx: Transaction, program_id: int, members: Sequence[int], now: datetime) -> dict[int, list[Told]]:
    rows = tx.execute(
        """
        select member_id, message_id, begun_at, day, marketing from message_attempts
        where program_id = %s and member_id = any(%s) and counts and begun_at > %s
        """,
        (program_id, members, now - LOOK_BACK),
    ).fetchall()
    told: dict[int, list[Told]] = defaultdict(list)
    for row in rows:
        told[row[0]].append(Told(*row[1:]))
    return told


def _bought(
    tx: Transaction, program_id: int, members: Sequence[int], sales: Sequence[str]
) -> dict[int, datetime]:
    rows = tx.execute(
        """
        select member_id, max(happened_at) from events
        where program_id = %s and member_id = any(%s) and type = any(%s) group by member_id
        """,
        (program_id, members, list(sales)),
    ).fetchall()
    return {row[0]: row[1] for row in rows}


def _suppressed(
    tx: Transaction, program_id: int, marks: Sequence[bytes], now: datetime
) -> dict[tuple[str, bytes], Suppression]:
    if not marks:
        return {}
    rows = tx.execute(
        """
        select channel, mark, reason from suppressions
        where program_id = %s and mark = any(%s) and (reason <> 'bounce' or since > %s)
        """,
        (program_id, list(marks), now - BOUNCED_FOR),
    ).fetchall()
    return {(row[0], bytes(row[1])): row[2] for row in rows}
