"""What was approved and is no member's: moves between budgets, a version of the program, a grant.

Each is done by the same code that does it elsewhere; why one cannot be done any more is told and kept.
"""

from collections.abc import Callable
from datetime import datetime

from guerdon.access.grants import Grant
from guerdon.access.roles import ROLES
from guerdon.engine.approvals.acting import person_id_of
from guerdon.engine.approvals.posting import Approved
from guerdon.engine.budgets import Move, apply_moves
from guerdon.engine.publish import record_publication
from guerdon.ledger.contents import ChangeGrant, MoveBudgets, PublishVersion
from guerdon.ledger.effects import Post
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.access.grants import record_grant, revoke_grant
from guerdon.store.approvals.reserves import settle_reserves
from guerdon.store.approvals.signers import load_signers
from guerdon.store.database import Transaction
from guerdon.store.versions.timeline import record_origin
from guerdon.values.ids import derived_id

Change = Callable[[Transaction, int, Program, Approved, datetime], str]


def carry_out_change(
    tx: Transaction, program_id: int, program: Program, approved: Approved, now: datetime
) -> str:
    """Do what was approved; why it was not done, or nothing."""
    match approved.paper.content:
        case MoveBudgets():
            return _move(tx, program_id, approved, approved.paper.content, now)
        case PublishVersion():
            return _publish(tx, program_id, program, approved, now)
        case ChangeGrant():
            return _grant(tx, program_id, approved, approved.paper.content, now)
        case _:
            raise AssertionError("what changes balances is posted")


def moves_of(approved: Approved) -> list[Post]:
    """The transfers that moving money between budgets makes, as the event tells them."""
    content = approved.paper.content
    moves = content.moves if isinstance(content, MoveBudgets) else ()
    return [
        Post(
            derived_id(approved.row.id, "move", str(number)), move.source, move.target, move.unit, move.amount
        )
        for number, move in enumerate(moves)
    ]


def _move(tx: Transaction, program_id: int, approved: Approved, content: MoveBudgets, now: datetime) -> str:
    # What was set aside is what moves now.
    settle_reserves(tx, program_id, [approved.number], "released", now)
    moves = [Move(move.source, move.target, move.unit, move.amount) for move in content.moves]
    refused = apply_moves(tx, program_id, moves, now, approved.row.id)
    return f"move:{refused[0].reason}" if refused else ""


def _publish(tx: Transaction, program_id: int, program: Program, approved: Approved, now: datetime) -> str:
    content = approved.paper.content
    assert isinstance(content, PublishVersion)
    made = read_program(content.bundle, None, program.key)
    if not isinstance(made, Program) or made.sha != content.bundle_sha:
        return "version"
    # Signed in time and carried out too late, it is live from now on: never for what happened already.
    maker = approved.paper.request.maker
    published = record_publication(tx, program_id, made, maker, now, content.live_from)
    record_origin(tx, program_id, published.version, approved.number)
    return ""


def _grant(tx: Transaction, program_id: int, approved: Approved, content: ChangeGrant, now: datetime) -> str:
    by = approved.paper.request.maker
    if content.revoke is not None:
        reason = approved.paper.request.reason
        return "" if revoke_grant(tx, program_id, content.revoke, by, reason, now) else "revoked"
    number = person_id_of(content.person)
    person = load_signers(tx, program_id, [number or 0], locked=True).get(number or 0)
    role = next((role for role in ROLES if role == content.role), None)
    if person is None or person.left_at is not None or role is None:
        return "left"
    grant = Grant(
        program_id,
        role,
        content.valid_from,
        content.valid_to,
        content.market,
        content.location,
        content.unit,
        content.amount_max,
    )
    record_grant(tx, person.person_id, grant, by, now)
    return ""
