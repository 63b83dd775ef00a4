"""Mails of invitations: written once somebody has signed for what they bring, sent with no transaction open.

The link is made when its mail is, and committed as a hash before the mail leaves. A worker that dies between
leaves a link that nobody has; the next mail, five minutes later, has another.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Accepted, Outcome, Rejected, Unsure
from guerdon.engine.turns import Turns
from guerdon.queries.people import list_names
from guerdon.store.access.invitations import (
    DueMail,
    lock_due,
    put_off_mail,
    record_links,
    settle_mail,
)
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.programs import list_programs
from guerdon.text.letters.staff import Invited, render_invitation
from guerdon.values.ids import derived_id, read
from guerdon.values.texts import text_in

TURN_S = 5.0
LINK_BYTES = 24
PATH = "/account/invitation/"
# After so many tries it is left to people, who see why and can have it sent again.
TRIES_MAX = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Postbox:
    """Where the mails go, and where their links lead."""

    send: Callable[[Letter], Outcome]
    public_url: str


def keep_inviting(db: Connection, library: Library, postbox: Postbox, turns: Turns) -> None:
    """Write what is due, each turn."""
    for now in turns.every(db, TURN_S):
        for program_id, _ in list_programs(db):
            with suppress(NoLiveVersion):
                invite_due(db, library, postbox, program_id, now)


def invite_due(db: Connection, library: Library, postbox: Postbox, program_id: int, now: datetime) -> int:
    """Write and send what is due in a program; how many mails that were."""
    with transaction(db, program_id) as tx:
        due = lock_due(tx, program_id, now)
        if not due:
            return 0
        tokens = {mail.id: secrets.token_urlsafe(LINK_BYTES) for mail in due}
        record_links(tx, program_id, {number: link_sha(token) for number, token in tokens.items()}, now)
        names = list_names(tx, [number for mail in due if (number := read("per", mail.invited_by))])
        program = library.playbook(tx, program_id, now).program
    for mail in due:
        inviter = names.get(read("per", mail.invited_by) or 0, "")
        told = Invited(
            text_in(program.name, mail.language),
            inviter,
            f"{postbox.public_url}{PATH}{tokens[mail.id]}",
        )
        outcome = postbox.send(_letter(program_id, mail, told, now))
        with transaction(db, program_id) as tx:
            _note(tx, program_id, mail, outcome, now)
    return len(due)


def link_sha(token: str) -> bytes:
    """What is stored of a link."""
    return hashlib.sha256(token.encode()).digest()


def _letter(program_id: int, mail: DueMail, told: Invited, now: datetime) -> Letter:
    number = derived_id(mail.id, "invitation", str(mail.tries))
    written = render_invitation(told, mail.language)
    return Letter(number, program_id, told.program, "", mail.login, written, now)


def _note(tx: Transaction, program_id: int, mail: DueMail, outcome: Outcome, now: datetime) -> None:
    match outcome:
        # What may have arrived is not mailed twice by itself: a second link would void the first.
        case Accepted() | Unsure():
            settle_mail(tx, program_id, mail, ("sent", ""), now)
        case Rejected(reason=reason):
            settle_mail(tx, program_id, mail, ("refused", reason), now)
        case _:
            reason = str(getattr(outcome, "reason", ""))
            log.warning("an invitation was not mailed yet: %s", reason)
            if mail.tries + 1 >= TRIES_MAX:
                settle_mail(tx, program_id, mail, ("refused", reason), now)
            else:
                pause = timedelta(minutes=2 ** min(mail.tries, 6))
                put_off_mail(tx, program_id, mail, reason, now + pause)
