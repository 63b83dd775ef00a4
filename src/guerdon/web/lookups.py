"""Who looked for whom, and who took a list as a file: both are told to the audit.

What was typed is not told, only whom it led to: an e-mail has no place where nothing is ever erased.
"""

from collections.abc import Mapping, Sequence

from guerdon.store.audit import record_audit
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.rooms import room

LOOKED_UP = "member.looked_up"
EXPORTED = "list.exported"
MEMBERS = "members"


def note_lookup(program_id: int, actor: str, found: Sequence[int]) -> None:
    """Tell it: about the one who was found, or about how many there were."""
    ids = [show("mem", number) for number in found]
    subject = ids[0] if len(ids) == 1 else MEMBERS
    with room().reading(program_id) as tx:
        record_audit(tx, program_id, actor, LOOKED_UP, subject, utc_now(), found=ids)


def note_export(program_id: int, actor: str, listed: str, form: str, narrowed: Mapping[str, str]) -> None:
    """Tell it: which list, as what kind of file, and by what it was narrowed."""
    with room().reading(program_id) as tx:
        record_audit(
            tx, program_id, actor, EXPORTED, listed, utc_now(), form=form, narrowed=dict(narrowed) or None
        )
