"""The ways back: a scheduled version is called off, and the text of an earlier one is live again at once.

Whoever may publish does either alone, or a key with the scope, with a reason: nothing becomes live by it
that was not live before (docs/decisions/0018). Nothing is undone: what was decided stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.apply import LIVE
from guerdon.engine.approvals.acting import Acting, Refused
from guerdon.engine.approvals.mistakes import REASON_LETTERS_MAX
from guerdon.engine.intake import INBOX
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.store.programs import NewVersion, StoredVersion, load_versions, record_version
from guerdon.store.versions.timeline import (
    Timeline,
    first_free_instant,
    lock_timeline,
    record_calloff,
    record_origin,
)


@dataclass(frozen=True, slots=True)
class Returned:
    """An earlier text that is live again: as which version, from when."""

    version: int
    live_from: datetime


def may_publish(acting: Acting) -> bool:
    """Whether somebody may approve versions of the whole program."""
    return acting.holds("approve")


def call_off(tx: Transaction, acting: Acting, version: int, reason: str) -> Refused | None:
    """Let a scheduled version not become live; one whose time has come is rolled back instead."""
    timeline = lock_timeline(tx, acting.program_id)
    fault = _refused(acting, reason)
    if fault is not None:
        return fault
    found = next((era for era in timeline.eras if era.version == version), None)
    if found is None:
        return Refused("unknown")
    # Not by our own clock alone: a worker may have decided by it while we waited for the timeline.
    if found.live_from <= first_free_instant(tx, acting.program_id, acting.now) or found.opened:
        return Refused("live")
    record_calloff(tx, acting.program_id, version, acting.name, (reason.strip(), acting.now))
    record_audit(
        tx, acting.program_id, acting.name, "program.called_off", acting.program.key, acting.now,
        reason=reason.strip(), version=version, live_from=found.live_from.isoformat(),
    )  # fmt: skip
    notify(tx, LIVE, acting.program_id)
    return None


def roll_back(tx: Transaction, acting: Acting, version: int, reason: str) -> Returned | Refused:
    """Make the text of a version that was live before the next version, live from now on.

    Its budgets are opened by the worker, before anything is decided by it.
    """
    timeline = lock_timeline(tx, acting.program_id)
    fault = _refused(acting, reason)
    if fault is not None:
        return fault
    stored = _text_of(tx, acting, timeline, version)
    if isinstance(stored, Refused):
        return stored
    made = record_version(
        tx, acting.program_id, NewVersion(stored.bundle, stored.sha, acting.name, acting.now)
    )
    record_origin(tx, acting.program_id, made.version, of=(version, reason.strip()))
    record_audit(
        tx, acting.program_id, acting.name, "program.rolled_back", acting.program.key, acting.now,
        reason=reason.strip(), version=made.version, of_version=version,
    )  # fmt: skip
    notify(tx, LIVE, acting.program_id)
    tx.execute("select pg_notify(%s, '')", (INBOX,))
    return Returned(made.version, made.live_from)


def _text_of(tx: Transaction, acting: Acting, timeline: Timeline, version: int) -> StoredVersion | Refused:
    live = timeline.live(acting.now)
    was = next((era for era in timeline.eras if era.version == version), None)
    if live is None or was is None or was.live_from > acting.now:
        return Refused("unknown")
    if was.sha == live.sha:
        return Refused("live")
    (stored,) = load_versions(tx, acting.program_id, [version])
    # A release that reads it no more would leave the program without a version.
    made = read_program(stored.bundle, None, stored.key)
    return stored if isinstance(made, Program) else Refused("wrong", made)


def _refused(acting: Acting, reason: str) -> Refused | None:
    if not may_publish(acting):
        return Refused("role")
    if not reason.strip() or len(reason) > REASON_LETTERS_MAX or "\0" in reason:
        return Refused("reason")
    return None
