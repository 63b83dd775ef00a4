"""Forgetting members: in one commit with whatever asked for it, and told to the audit by number.

What was given to them stays: the books, what was decided, and what events said are a number's. A tombstone is
on disk before the commit, and each erasure has a certificate, whose hash stands in its audit row.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from guerdon.engine.privacy.tombstones import Graveyard, bury
from guerdon.ledger.erased import (
    ACTION,
    Certificate,
    Erased,
    Kept,
    certificate_hash,
    write_certificate,
)
from guerdon.store.alarms import list_marks
from guerdon.store.audit import record_audit
from guerdon.store.crm.contacts import JOINED
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.privacy.erasures import Asked, Done, Method, list_waiting, record_done
from guerdon.store.privacy.forgetting import (
    erase_members,
    list_half_forgotten,
    list_personal,
    list_unforgotten,
)
from guerdon.store.privacy.stores import ELSEWHERE, ERASED, KEPT, WORDS
from guerdon.store.programs import list_programs
from guerdon.values.ids import read, show

REQUESTED = "privacy_request"
# An attribute says who somebody is by a version that is younger than their wish.
MARKED = "marked_personal"
# A backup knew them still.
RESTORED = "restored"
AT_MOST = 1_000
WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Wish:
    """Why members are forgotten, where no request of theirs waits: the reason for the audit, and by what way.

    `buried`: their tombstones are what it is done by, and are not written again.
    """

    reason: str = REQUESTED
    method: Method = "crm"
    asked_by: str = WORKER
    buried: bool = False


IN_THE_CRM = Wish()


def forget(
    tx: Transaction,
    graveyard: Graveyard,
    program_id: int,
    member_ids: Sequence[int],
    now: datetime,
    wish: Wish = IN_THE_CRM,
) -> int:
    """Forget members, and close what requests of theirs wait; how many there was anything to do for.

    Their tombstones are on disk when this returns: nothing is to be committed without.
    """
    if not member_ids:
        return 0
    if not wish.buried:
        bury(tx, graveyard, program_id, member_ids, now)
    personal = list_personal(tx, program_id)
    waiting = list_waiting(tx, program_id, member_ids)
    erased = erase_members(tx, program_id, member_ids, personal, now)
    if not erased and not waiting:
        return 0
    key = dict(list_programs(tx))[program_id]
    done = []
    for member_id in sorted({*erased, *waiting}):
        asked = waiting.get(member_id) or Asked(member_id, 0, wish.method, wish.asked_by, now)
        text = write_certificate(_certify(key, asked, erased.get(member_id, Counter()), personal, now))
        done.append(Done(asked, text, certificate_hash(text)))
        record_audit(
            *(tx, program_id, WORKER, ACTION, show("mem", member_id), now),
            reason=wish.reason,
            on_behalf_of=asked.asked_by if asked.asked_by != WORKER else None,
            attributes=personal,
            certificate=done[-1].sha.hex(),
        )
    record_done(tx, program_id, done, now)
    return len(done)


def _certify(
    program: str, asked: Asked, erased: Mapping[str, int], personal: Sequence[str], now: datetime
) -> Certificate:
    return Certificate(
        program=program,
        member=show("mem", asked.member_id),
        method=asked.method,
        asked_by=asked.asked_by,
        asked_at=_written(asked.asked_at),
        done_at=_written(now),
        key_destroyed=erased.get("persons", 0) > 0,
        attributes=tuple(personal),
        erased=tuple(Erased(table, erased.get(table, 0), columns) for table, columns in ERASED.items()),
        kept=tuple(Kept(tables, why, WORDS[why]) for why, tables in KEPT.items()),
        elsewhere=tuple(Kept((table,), "elsewhere", words) for table, words in ELSEWHERE.items()),
    )


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def with_joined(tx: Transaction, program_id: int, member_ids: Iterable[int]) -> list[int]:
    """Members and whoever was joined into them: the same person, though no contact leads there any more."""
    members = {*member_ids}
    joined = list_marks(tx, program_id, JOINED, [show("mem", each) for each in members]) if members else []
    return sorted(members | {number for each in joined if (number := read("mem", each)) is not None})


def forget_what_is_left(
    db: Connection, graveyard: Graveyard, program_id: int, now: datetime, stop: Event
) -> int:
    """Forget of whoever was or is to be forgotten what is kept of them still; of how many.

    Versions mark attributes as personal later; and before attributes were, names alone were forgotten.
    """
    listed: list[tuple[Wish, Callable[[Transaction, int], list[int]]]] = [
        (Wish(method="retention"), lambda tx, after: list_unforgotten(tx, program_id, after, AT_MOST)),
        (
            Wish(MARKED, "retention"),
            lambda tx, after: list_half_forgotten(
                *(tx, program_id, list_personal(tx, program_id), after, AT_MOST)
            ),
        ),
    ]
    forgotten = 0
    for wish, list_next in listed:
        after: int | None = 0
        while after is not None and not stop.is_set():
            with transaction(db, program_id) as tx:
                due = list_next(tx, after)
                forgotten += forget(tx, graveyard, program_id, with_joined(tx, program_id, due), now, wish)
            after = due[-1] if len(due) == AT_MOST else None
    return forgotten
