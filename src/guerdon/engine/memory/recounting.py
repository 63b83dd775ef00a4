"""What is kept of members, made anew out of all events there are, where a version needs it otherwise."""

from datetime import datetime

from guerdon.engine.memory.belongings import make_anew
from guerdon.engine.memory.keeping import is_kept
from guerdon.rules.belongings import kinds_of
from guerdon.rules.playbook import Playbook
from guerdon.store.audit import record_audit
from guerdon.store.batch.days import recount_days
from guerdon.store.batch.memory import Kept, hold_kept, record_kept
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import load_live


def count_anew(db: Connection, playbook: Playbook, now: datetime) -> None:
    """Make of all events there are what a version needs and is not kept so; one commit, or nothing.

    For the live version, or for an earlier one that stands beside it. Where another is live by now, whoever
    goes by that one does it.
    """
    present = playbook.present or playbook
    program_id, zone = present.program_id, present.program.time_zone
    with transaction(db, program_id) as tx:
        kept, live = hold_kept(tx, program_id), load_live(tx, program_id, now)
        if live is None or live.version != present.version or is_kept(kept, playbook.counted, present):
            return
        counted = kept.counted | playbook.counted
        new = counted if kept.zone != zone else counted - kept.counted
        if new:
            recount_days(tx, program_id, new, zone)
        begun, ended = present.held - kept.held, kept.held - present.held
        if begun or ended:
            make_anew(tx, present, kinds_of(ended), kinds_of(begun))
        made = Kept(counted, zone if counted else "", present.held)
        record_kept(tx, program_id, made, present.version)
        record_audit(
            tx, program_id, "worker", "days.counted", present.program.key, now,
            version=playbook.version, new=sorted(new), held=sorted(kinds_of(begun)),
        )  # fmt: skip
