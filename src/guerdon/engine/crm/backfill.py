"""Reading over the contacts of a connection, page by page: what was missed is made good, all are members.

Where it is asked for, what happened since a day is brought as well: contacts' and deals' changes, as the
CRM's history has them, arrive as a journal would have told them. The place of the next page moves in the
commit that keeps a page. One process reads at a time; canceled, failed or killed, it goes on from the page
it was at.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from guerdon.engine.crm.accounts import Looking
from guerdon.engine.crm.contacts import Reading, keep_contacts
from guerdon.engine.crm.pages import Begun, Page, begin_page, bring, count, finish_page, heard_of, place_of
from guerdon.engine.crm.past import Span, span_of
from guerdon.engine.crm.port import Closed, No, NotNow, Opened
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.process import POISON
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.crm import backfills
from guerdon.store.crm.backfills import Backfill, Brought, Wish
from guerdon.store.crm.cursors import forget_missed
from guerdon.store.crm.tellings import close_compared
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.programs import list_programs

TURN_S = 1.0
# Longer than a page takes; who takes longer is overtaken, and writes nothing down.
LEASE = timedelta(seconds=90)
# What was listed longer ago is listed again.
STALE = timedelta(minutes=1)
CLOSED_S = 30.0
FAULT_LETTERS_MAX = 300

log = logging.getLogger(__name__)


class Overtaken(Exception):  # noqa: N818  an answer, not a fault
    """It was canceled meanwhile, or is somebody else's by now: what was read is not kept."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading over needs, and pages that were begun: with few questions allowed, none is asked twice."""

    library: Library
    open: Opened
    clock: Callable[[], datetime]
    begun: dict[tuple[int, str], Begun] = field(default_factory=dict)

    def turn(self, db: Connection) -> bool:
        """Read a page of every program that wants one; whether any was read."""
        return True in [self.read(db, program_id) for program_id, _ in list_programs(db)]

    def read(self, db: Connection, program_id: int) -> bool:
        """Read a page of what is due, if anything is."""
        now, fence = self.clock(), uuid4()
        with transaction(db, program_id) as tx:
            close_compared(tx, program_id, now)
            taken = backfills.lease_backfill(tx, program_id, fence, now, now + LEASE)
            program = self._program(tx, program_id) if taken is not None else None
            span = self._span(tx, program_id, taken) if taken is not None and program is not None else None
        if taken is None or program is None:
            return False
        declared = program.connections.get(taken.connection)
        if declared is None or declared.contacts is None:
            return self._fail(db, program_id, taken, "undeclared")
        crm = self.open(db, program_id, taken.connection)
        if isinstance(crm, Closed | NotNow):
            return self._wait(db, (program_id, taken.connection), fence, crm)
        where = (program_id, taken.connection)
        begun = self.begun.pop(where, None)
        if begun is None or begun.place != place_of(taken) or self.clock() - begun.asked_at > STALE:
            listed = begin_page(crm, declared, taken, span, self.clock())
            if not isinstance(listed, Begun):
                return self._put_off(db, taken, (program_id, fence), listed)
            begun = listed
        page = finish_page(crm, declared, begun, span)
        if not isinstance(page, Page):
            self.begun[where] = begun
            return self._put_off(db, taken, (program_id, fence), page)
        reading = Reading(program_id, program, declared, begun.contacts, begun.asked_at)
        return self._keep(db, reading, taken, (begun, page), fence)

    def _put_off(
        self, db: Connection, taken: Backfill, by: tuple[int, UUID], told: NotNow | No | Closed
    ) -> bool:
        program_id, fence = by
        if isinstance(told, No):
            return self._fail(db, program_id, taken, f"{told.category}: {told.message}")
        return self._wait(db, (program_id, taken.connection), fence, told)

    def _keep(
        self, db: Connection, reading: Reading, taken: Backfill, of: tuple[Begun, Page], fence: UUID
    ) -> bool:
        (begun, page), program_id, connection = of, reading.program_id, taken.connection
        try:
            with transaction(db, program_id) as tx:
                now = self.clock()
                members = self._enroll(tx, reading, taken, now)
                heard = heard_of(tx, program_id, reading.connection.subject, page)
                if taken.dry:
                    came = count(tx, program_id, heard)
                else:
                    came = bring(tx, self.library.vault, (program_id, connection), heard, now)
                part, after = begun.goes_on or (taken.part, None)
                judged = page.judged
                brought = Brought(
                    *(part, after, len(begun.contacts), members, came.events, came.known),
                    *(judged.early, judged.ours, judged.clipped, not begun.whole),
                )
                self._move(tx, (program_id, taken), begun, brought, (fence, now))
        except Overtaken:
            return True
        except POISON as fault:
            # The same page would fail the same way for ever, and nobody would see it.
            return self._fail(db, program_id, taken, type(fault).__name__)
        return True

    def _enroll(self, tx: Transaction, reading: Reading, taken: Backfill, now: datetime) -> int:
        if taken.dry or taken.part == "deals":
            return 0
        kept = keep_contacts(tx, self.library.vault, reading, now)
        return kept.new + kept.updated

    def _move(
        self,
        tx: Transaction,
        of: tuple[int, Backfill],
        begun: Begun,
        brought: Brought,
        by: tuple[UUID, datetime],
    ) -> None:
        (program_id, taken), (fence, now) = of, by
        connection = taken.connection
        if not backfills.move_on(tx, program_id, connection, fence, brought):
            raise Overtaken
        if begun.goes_on is not None:
            backfills.postpone(tx, program_id, connection, fence, now, "")
            return
        cut = taken.cut or brought.cut
        if backfills.record_settled(tx, program_id, connection, "done", now, "cut" if cut else ""):
            if not taken.dry and not cut:
                forget_missed(tx, program_id, connection)
            record_audit(tx, program_id, "worker", "backfill.ended", connection, now)

    def _program(self, tx: Transaction, program_id: int) -> Program | None:
        try:
            return self.library.playbook(tx, program_id, self.clock()).program
        except NoLiveVersion:
            return None

    def _span(self, tx: Transaction, program_id: int, taken: Backfill) -> Span | None:
        if taken.events_since is None:
            return None
        # What happens from then on is told by webhooks.
        times = (taken.events_since, taken.asked_at)
        return span_of(tx, self.library, program_id, taken.connection, times)

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


def ask_backfill(
    tx: Transaction,
    looking: Looking,
    connection: str,
    since: datetime | None = None,
    events_since: datetime | None = None,
    *,
    dry: bool = False,
) -> bool:
    """Have all contacts read over, or those changed since; whether none was under way.

    With `events_since` what happened since then becomes events, too. `dry`: it is only counted.
    """
    wish, by = Wish(since, events_since, dry), (looking.actor, looking.now)
    if not backfills.record_asked(tx, looking.program_id, connection, wish, by):
        return False
    after: dict[str, object] = {"since": since.isoformat() if since is not None else None}
    if events_since is not None:
        after["events_since"] = events_since.isoformat()
    if dry:
        after["dry"] = True
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
