"""Who looked for whom: told to the audit whenever somebody finds people by what says who they are.

What was typed is not told, only whom it led to: an e-mail has no place where nothing is ever erased.
"""

from collections.abc import Sequence

from guerdon.store.audit import record_audit
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.rooms import room

LOOKED_UP = "member.looked_up"
MEMBERS = "members"


def note_lookup(program_id: int, actor: str, found: Sequence[int]) -> None:
    """Tell it: about the one who was found, or about how many there were."""
    ids = [show("mem", number) for number in found]
    subject = ids[0] if len(ids) == 1 else MEMBERS
    with room().reading(program_id) as tx:
        record_audit(tx, program_id, actor, LOOKED_UP, subject, utc_now(), found=ids)
