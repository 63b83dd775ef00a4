"""What somebody wanted and may not: told to the audit, once a minute for each person or key and kind.

In a transaction of its own, because what was refused is undone, and that it was refused is to stay.
"""

import logging

from guerdon.store.audit import record_refusal
from guerdon.store.database import UNAVAILABLE
from guerdon.values.clock import utc_now
from guerdon.web.rooms import room

log = logging.getLogger(__name__)
# An address that one's role or key does not open; a request that one may not ask for, sign or take back.
ACCESS, REQUEST = "access.refused", "request.refused"
# Refusals of the engine that are about who asks, and not about what.
OF_RIGHTS = frozenset({"role", "maker", "beneficiary"})


def note_refusal(program_id: int, actor: str, action: str, subject: str, **detail: object) -> None:
    """Tell it; while the database is away the log has it alone, and the answer stays what it is."""
    try:
        with room().reading(program_id) as tx:
            record_refusal(tx, program_id, actor, action, subject, utc_now(), **detail)
    except UNAVAILABLE:
        log.warning("not written down: %s was refused %s of %s", actor, action, subject)
