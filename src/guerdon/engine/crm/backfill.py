"""Reading over the contacts of a connection, page by page: what was missed is made good, all are members.

The place of the next page moves in the commit that keeps a page. One process reads at a time; canceled,
failed or killed, it goes on from the page it was at.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from guerdon.engine.crm.accounts import Looking
from guerdon.engine.crm.contacts import Reading, keep_contacts
from guerdon.engine.crm.port import Closed, ContactPage, No, NotNow, Opened
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.process import POISON
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.crm import backfills
from guerdon.store.crm.backfills import Backfill
from guerdon.store.crm.cursors import forget_missed
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.programs import list_programs

TURN_S = 1.0
# Longer than a page takes.
LEASE = timedelta(seconds=90)
CLOSED_S = 30.0
FAULT_LETTERS_MAX = 300

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading over needs."""

    library: Library
    open: Opened
    clock: Callable[[], datetime]

    def turn(self, db: Connection) -> bool:
        """Read a page of every program that wants one; whether any was read."""
        return True in [self.read(db, program_id) for program_id, _ in list_programs(db)]

    def read(self, db: Connection, program_id: int) -> bool:
        """Read a page of what is due, if anything is."""
        now, fence = self.clock(), uuid4()
        with transaction(db, program_id) as tx:
            taken = backfills.lease_backfill(tx, program_id, fence, now, now + LEASE)
            program = self._program(tx, program_id) if taken is not None else None
        if taken is None or program is None:
            return False
        declared = program.connections.get(taken.connection)
        if declared is None or declared.contacts is None:
            return self._fail(db, program_id, taken, "undeclared")
        crm = self.open(db, program_id, taken.connection)
        if isinstance(crm, Closed | NotNow):
            return self._wait(db, (program_id, taken.connection), fence, crm)
        asked_at = self.clock()
        told = crm.page_contacts(taken.after, declared.contacts.properties, taken.since)
        if isinstance(told, No):
            return self._fail(db, program_id, taken, f"{told.category}: {told.message}")
        if isinstance(told, NotNow | Closed):
            return self._wait(db, (program_id, taken.connection), fence, told)
        contacts = {each.id: each for each in told.answer.contacts}
        reading = Reading(program_id, program, declared, contacts, asked_at)
        return self._keep(db, reading, taken, told.answer, fence)

    def _keep(
        self, db: Connection, reading: Reading, taken: Backfill, page: ContactPage, fence: UUID
    ) -> bool:
        program_id = reading.program_id
        try:
            with transaction(db, program_id) as tx:
                now = self.clock()
                kept = keep_contacts(tx, self.library.vault, reading, now)
                self._move(tx, (program_id, taken), page, kept.new + kept.updated, (fence, now))
        except POISON as fault:
            # The same page would fail the same way for ever, and nobody would see it.
            return self._fail(db, program_id, taken, type(fault).__name__)
        return True

    def _move(
        self,
        tx: Transaction,
        of: tuple[int, Backfill],
        page: ContactPage,
        members: int,
        by: tuple[UUID, datetime],
    ) -> None:
        (program_id, taken), (fence, now) = of, by
        read = (len(page.contacts), members)
        if not backfills.move_on(tx, program_id, taken.connection, fence, page.after, read):
            # Canceled meanwhile, or somebody else's: what was read is no harm.
            return
        if page.after is not None:
            backfills.postpone(tx, program_id, taken.connection, fence, now, "")
        elif backfills.record_settled(
            tx, program_id, taken.connection, "done", now, "" if page.whole else "cut"
        ):
            forget_missed(tx, program_id, taken.connection)
            record_audit(tx, program_id, "worker", "backfill.ended", taken.connection, now)

    def _program(self, tx: Transaction, program_id: int) -> Program | None:
        try:
            return self.library.playbook(tx, program_id, self.clock()).program
        except NoLiveVersion:
            return None

    def _wait(self, db: Connection, of: tuple[int, str], fence: UUID, told: NotNow | Closed) -> bool:
        program_id, connection = of
        after_s = told.after_s if isinstance(told, NotNow) else CLOSED_S
        why = told.why if isinstance(told, NotNow) else told.reason
        with transaction(db, program_id) as tx:
            until = self.clock() + timedelta(seconds=after_s)
            backfills.postpone(tx, program_id, connection, fence, until, why)
        return False

    def _fail(self, db: Connection, program_id: int, taken: Backfill, why: str) -> bool:
        log.error("reading over %s failed: %s", taken.connection, why)
        fault, now = why[:FAULT_LETTERS_MAX], self.clock()
        with transaction(db, program_id) as tx:
            if backfills.record_settled(tx, program_id, taken.connection, "failed", now, fault):
                record_audit(tx, program_id, "worker", "backfill.failed", taken.connection, now, fault=fault)
        return False


def keep_reading(db: Connection, reader: Reader, turns: Turns) -> None:
    """Read over whatever is asked for until told to stop."""
    for _ in turns.every(db, TURN_S):
        while reader.turn(db) and not turns.stop.is_set():
            pass


def ask_backfill(tx: Transaction, looking: Looking, connection: str, since: datetime | None) -> bool:
    """Have all contacts read over, or those changed since; whether none was under way."""
    by = (looking.actor, looking.now)
    if not backfills.record_asked(tx, looking.program_id, connection, since, by):
        return False
    after: dict[str, object] = {"since": since.isoformat() if since is not None else None}
    _tell(tx, looking, "backfill.asked", connection, after=after)
    return True


def cancel_backfill(tx: Transaction, looking: Looking, connection: str) -> bool:
    """Stop one where it is; whether one was under way."""
    if not backfills.record_settled(tx, looking.program_id, connection, "canceled", looking.now):
        return False
    _tell(tx, looking, "backfill.canceled", connection)
    return True


def resume_backfill(tx: Transaction, looking: Looking, connection: str) -> bool:
    """Go on with one that was canceled or failed; whether it was."""
    if not backfills.record_resumed(tx, looking.program_id, connection, looking.now):
        return False
    _tell(tx, looking, "backfill.resumed", connection)
    return True


def _tell(
    tx: Transaction,
    looking: Looking,
    action: str,
    connection: str,
    after: dict[str, object] | None = None,
) -> None:
    record_audit(tx, looking.program_id, looking.actor, action, connection, looking.now, after=after)
