"""The audit rows of what somebody changed about their passkeys, in every program that knows them.

Accounts lie in Django's schema and belong to no program. The rows are committed before the change is, inside
its transaction: a change without its row is impossible, a row whose change was lost with the machine is not.
"""

from typing import Any

from django.core.exceptions import PermissionDenied

from guerdon.store.access.people import record_account_change
from guerdon.values.clock import utc_now
from guerdon.web.accounts.models import Staff
from guerdon.web.rooms import room


def note_change(staff: Staff, done: str, **detail: Any) -> None:
    """Write it down; refuses the request where no program knows them, and so no audit could."""
    now, noted = utc_now(), False
    for program_id in room().programs():
        with room().reading(program_id) as tx:
            noted |= record_account_change(tx, program_id, staff.email, done, now, **detail)
    if not noted:
        raise PermissionDenied
