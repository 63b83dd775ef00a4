"""Mails that come back: not delivered, complained about, or written by whoever wants no more of their topic.

What each says is kept once a mail, so a report that comes twice, or is sent again by somebody who has it,
changes nothing more. In the web role: what it may not do itself it notes, and the worker takes it. Whose
address a complaint or a dead mailbox stops is asked of the address of now; a mail that was written to another
one before stops none.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from guerdon.engine.messages.consents.consenting import Withdrawal, marketing_topics, withdraw
from guerdon.engine.messages.noticing.keeping import MAIL
from guerdon.program.model import Program
from guerdon.queries.messages.choices import who_is_left
from guerdon.store.database import Transaction
from guerdon.store.messages.consents import Method
from guerdon.store.messages.notices import COMPLAINT, Mailed, Told, find_mailed, note_once, note_told
from guerdon.values.ids import show
from guerdon.values.returns import Returning

UNSUBSCRIBED = "unsubscribe"
# Where it was said, as it stands in the proof.
SOURCE = "mail"


@dataclass(frozen=True, slots=True)
class Returned:
    """A mail of a program that came back, by what its address said."""

    program_id: int
    program: Program
    returning: Returning
    at: datetime


def note_undelivered(tx: Transaction, came: Returned, code: str, *, dead: bool) -> bool:
    """A mail was not delivered, and where none arrives nothing more is sent. False: there is no such mail."""
    mailed = _mailed(tx, came)
    if mailed is None:
        return False
    mark = _mark(mailed, came) if dead else None
    if mailed.provider_id is not None or mark is not None:
        told = Told(
            *(_digest("failed", came), came.at, mailed.provider_id, "failed", None, mark),
            reason=f"bounce:{code}",
            retires=mark is not None,
        )
        note_told(tx, came.program_id, MAIL, [told])
    return True


def note_complaint(tx: Transaction, came: Returned) -> bool:
    """Somebody complained about a mail: its address is written to no more. False: there is no such mail."""
    mailed = _mailed(tx, came)
    if mailed is None:
        return False
    mark = _mark(mailed, came)
    if mark is not None:
        told = Told(_digest(COMPLAINT, came), came.at, mailed.provider_id, None, COMPLAINT, mark)
        note_told(tx, came.program_id, MAIL, [told])
    elif note_once(tx, came.program_id, MAIL, _digest(COMPLAINT, came), COMPLAINT, came.at):
        # They are reached elsewhere now: that address is not stopped, and what they said holds all the same.
        _withdraw(tx, came, marketing_topics(came.program), "complaint")
    return True


def note_unsubscribed(tx: Transaction, came: Returned) -> bool:
    """Whoever got a mail wants no more of its topic by mail. False: there is no such mail.

    Each mail says so once: who agrees again later is not stopped by an old one that is sent again.
    """
    mailed = _mailed(tx, came)
    if mailed is None:
        return False
    if note_once(tx, came.program_id, MAIL, _digest(UNSUBSCRIBED, came), UNSUBSCRIBED, came.at):
        _withdraw(tx, came, [mailed.topic], "one_click")
    return True


def _withdraw(tx: Transaction, came: Returned, topics: list[str], method: Method) -> None:
    member_id = who_is_left(tx, came.program_id, came.returning.member_id)
    who = show("mem", member_id)
    withdraw(tx, Withdrawal(came.program_id, member_id, topics, [MAIL], method, who, SOURCE, None, came.at))


def _mailed(tx: Transaction, came: Returned) -> Mailed | None:
    return find_mailed(tx, came.program_id, *came.returning[:2])


def _mark(mailed: Mailed, came: Returned) -> bytes | None:
    begins = came.returning.mark
    return mailed.mark if mailed.mark is not None and mailed.mark.startswith(begins) else None


def _digest(what: str, came: Returned) -> bytes:
    member_id, message_id, *_ = came.returning
    return sha256(f"{what}|{member_id}|{message_id}".encode()).digest()
