"""Reading a CRM's journal: what webhooks tell comes again from there, in order, and nothing twice.

The place from which to go on moves in the commit that keeps what was read, so a worker killed anywhere has
lost nothing and doubles nothing. What webhooks told too is found out where it is processed, by what happened.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from guerdon.engine.crm.port import Closed, Edge, Heard, JournalPage, No, NotNow, Opened
from guerdon.engine.intake import Delivery, keep_sealed, seal_deliveries
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.turns import Turns
from guerdon.store.crm.cursors import Cursor, begin_cursor, move_cursor, record_heard
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import list_programs

TURN_S = 1.0
# With nothing newer, or in trouble.
QUIET_S = 5.0
TROUBLE_S = 30.0
# That it answered is kept so often.
HEARD_EVERY = timedelta(seconds=30)
# Another process may read the version for a moment by which there was no journal yet.
BEGIN_AFTER = timedelta(seconds=5)

log = logging.getLogger(__name__)


@dataclass
class Listener:
    """What reading journals needs; `waits` says until when a connection is left alone."""

    library: Library
    open: Opened
    clock: Callable[[], datetime]
    waits: dict[tuple[int, str], float] = field(default_factory=dict)

    def turn(self, db: Connection) -> bool:
        """Read a page of every journal that is due; whether there is more to read at once."""
        more = False
        for program_id, _ in list_programs(db):
            for connection in self._declared(db, program_id):
                place = (program_id, connection)
                if self.waits.get(place, 0.0) <= monotonic():
                    wait = self.read(db, program_id, connection)
                    self.waits[place] = monotonic() + wait
                    more |= wait == 0
        return more

    def read(self, db: Connection, program_id: int, connection: str) -> float:
        """Read one page; for how many seconds the journal is left alone then."""
        now = self.clock()
        with transaction(db, program_id) as tx:
            cursor = begin_cursor(tx, program_id, connection, now + BEGIN_AFTER)
        crm = self.open(db, program_id, connection)
        if isinstance(crm, Closed | NotNow):
            return self._trouble(db, program_id, cursor, crm)
        told = crm.next_journal(cursor.position, cursor.since)
        if isinstance(told, NotNow | No | Closed):
            return self._trouble(db, program_id, cursor, told)
        page = told.answer
        if isinstance(page, JournalPage):
            self._keep(db, program_id, cursor, page)
            return 0.0
        if page is Edge.OFFSET_GONE:
            self._begin_anew(db, program_id, cursor)
            return 0.0
        if cursor.trouble or cursor.heard_at is None or now - cursor.heard_at >= HEARD_EVERY:
            with transaction(db, program_id) as tx:
                record_heard(tx, program_id, connection, now, "")
        return QUIET_S

    def _declared(self, db: Connection, program_id: int) -> list[str]:
        with transaction(db, program_id) as tx:
            try:
                program = self.library.playbook(tx, program_id, self.clock()).program
            except NoLiveVersion:
                return []
        return [key for key, declared in program.connections.items() if declared.journal]

    def _keep(self, db: Connection, program_id: int, cursor: Cursor, page: JournalPage) -> None:
        now = self.clock()
        kept = [_delivery(cursor, heard) for heard in page.bodies]
        sealed = seal_deliveries(self.library.vault, program_id, kept)
        with transaction(db, program_id) as tx:
            # First, so that of two who read the same page one keeps it.
            if not move_cursor(tx, program_id, cursor, page.offset, now, missed=page.missed):
                return
            if kept:
                keep_sealed(tx, program_id, kept, sealed, now)

    def _begin_anew(self, db: Connection, program_id: int, cursor: Cursor) -> None:
        log.warning("the journal of %s was not read for so long that its place is gone", cursor.connection)
        with transaction(db, program_id) as tx:
            move_cursor(tx, program_id, cursor, None, self.clock(), missed=True)

    def _trouble(self, db: Connection, program_id: int, cursor: Cursor, told: NotNow | No | Closed) -> float:
        why = told.why if isinstance(told, NotNow) else getattr(told, "reason", "") or "refused"
        if why != cursor.trouble:
            with transaction(db, program_id) as tx:
                record_heard(tx, program_id, cursor.connection, None, why)
        return max(told.after_s, TURN_S) if isinstance(told, NotNow) else TROUBLE_S


def keep_listening(db: Connection, listener: Listener, turns: Turns) -> None:
    """Read journals until told to stop."""
    for _ in turns.every(db, TURN_S):
        while listener.turn(db) and not turns.stop.is_set():
            pass


def _delivery(cursor: Cursor, heard: Heard) -> Delivery:
    return Delivery(cursor.connection, heard.body, heard.elements)
