"""The audit rows of what somebody changed about how they sign in, in every program that knows them.

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
    if not note_where_known(staff, done, **detail):
        raise PermissionDenied


def note_where_known(staff: Staff, done: str, **detail: Any) -> bool:
    """Write it down; whether any program knows them. Who is in none yet signs in all the same."""
    now, noted = utc_now(), False
    for program_id in room().programs():
        with room().reading(program_id) as tx:
            noted |= record_account_change(tx, program_id, staff.email, done, now, **detail)
    return noted
