"""Posting: what goes to the app is laid out there in the transaction that decides it, without a provider.

A notice lies there exactly once: the row leaves the outbox in the same commit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from guerdon.engine.library import Library
from guerdon.engine.messages.beginning import Channelled, begin, consult, in_the_app
from guerdon.engine.messages.desk import ClaimUrl, Desk
from guerdon.engine.messages.falling import Ending, settled
from guerdon.engine.messages.hindrance import LOOKED_AT
from guerdon.engine.messages.inapp import Notice, post_notices
from guerdon.engine.messages.telling import moment_of
from guerdon.program.model import Program
from guerdon.rules.conscience.nouns import Go
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.store.messages.attempts import AttemptEnd, end_attempts
from guerdon.store.messages.broadcasts.rows import list_called_off
from guerdon.store.messages.outbox import (
    Claim,
    Due,
    Postponement,
    Settlement,
    claim_due,
    settle_messages,
    settle_postponed,
)
from guerdon.store.persons import Person, load_persons

ROWS_MAX = 500
# No claim outlives its transaction.
LEASE = timedelta(seconds=120)
LIVE = "guerdon_live"


@dataclass(frozen=True, slots=True)
class NoticeBoard:
    """What posting needs."""

    library: Library
    claim_url: ClaimUrl
    clock: Callable[[], datetime]


def post_due(connection: Connection, program_id: int, board: NoticeBoard) -> int:
    """Lay out what is due for the app; returns how many rows it took."""
    now = board.clock()
    with transaction(connection, program_id) as tx:
        claim = Claim(program_id, "inapp", uuid4(), now, now + LEASE, ROWS_MAX)
        due = claim_due(tx, claim)
        if not due:
            return 0
        playbook = board.library.playbook(tx, program_id, now)
        called_off = list_called_off(tx, program_id, due)
        desk = Desk(program_id, playbook.program, board.claim_url, called_off=called_off)
        persons = load_persons(tx, board.library.vault, program_id, {row.member_id for row in due})
        round_ = Channelled("inapp", is_open=True, persons=persons, place_of=in_the_app)
        begun = begin(tx, desk, due, round_, now)
        rows = [each.row for each in begun.going]
        post_notices(tx, program_id, _notices(playbook.program, rows, playbook.version, now))
        end_attempts(tx, program_id, "inapp", [_lies(row, now) for row in rows])
        endings: list[Ending] = [settled(row, "delivered", None, now) for row in rows]
        endings.extend(begun.ended.values())
        _settle(tx, claim, endings)
    return len(due)


def post_beside(
    tx: Transaction, desk: Desk, version: int, rows: Sequence[tuple[Due, Person]], now: datetime
) -> None:
    """Lay out in the app as well what a program says goes there beside its channels, as it is tried first."""
    beside = [(row, person, in_the_app(row, person)) for row, person in rows if _is_beside(desk, row)]
    if not beside:
        return
    round_ = Channelled("inapp", is_open=True, persons={}, place_of=in_the_app)
    advised = consult(tx, desk, beside, round_, now)
    posted = [row for (row, _, _), each in zip(beside, advised, strict=True) if isinstance(each.answer, Go)]
    post_notices(tx, desk.program_id, _notices(desk.program, posted, version, now))
    end_attempts(tx, desk.program_id, "inapp", [_lies(row, now) for row in posted])


def _is_beside(desk: Desk, row: Due) -> bool:
    message = desk.program.messages.get(row.message)
    return message is not None and "inapp" in message.beside and row.step == 0 and row.attempts == 1


def _notices(program: Program, rows: Sequence[Due], version: int, now: datetime) -> list[Notice]:
    made = partial(Notice, version=version, created_at=now)
    return [
        made(
            member_id=row.member_id,
            id=row.id,
            message=row.message,
            reward_id=row.reward.id if row.reward else None,
            event_id=row.event_id,
            stays=row.message in LOOKED_AT or moment_of(row.message, program) == "reversed",
        )
        for row in rows
    ]


def _lies(row: Due, now: datetime) -> AttemptEnd:
    return AttemptEnd(row.member_id, row.id, "delivered", None, None, now, handed=True)


def _settle(tx: Transaction, claim: Claim, endings: Sequence[Ending]) -> None:
    postponed = [each for each in endings if isinstance(each, Postponement)]
    ended = [each for each in endings if isinstance(each, Settlement)]
    if postponed:
        settle_postponed(tx, claim.program_id, claim.fence, postponed)
    if ended:
        settle_messages(tx, claim.program_id, claim.fence, ended)
        notify(tx, LIVE, claim.program_id)
