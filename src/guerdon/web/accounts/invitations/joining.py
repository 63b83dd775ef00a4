"""Becoming an account: by the link of an invitation, or by an address that a provider has verified.

The invitation is closed before the account is there, inside the account's transaction: of two who come at
once one has it, and who has it has an account.
"""

from django.db import transaction

from guerdon.store.access.invitations import (
    Invitation,
    accept_invitation,
    find_by_link,
    find_by_login,
)
from guerdon.values.clock import utc_now
from guerdon.web.accounts.models import OidcLink, Staff, StaffSession
from guerdon.web.accounts.second_factor import reset_second_factor
from guerdon.web.rooms import room

NAME_LETTERS_MAX = 120


def find_invitation(link_sha: bytes) -> Invitation | None:
    """The invitation behind a link, in whichever program it is."""
    for program_id in room().programs():
        with room().reading(program_id) as tx:
            found = find_by_link(tx, program_id, link_sha)
        if found is not None:
            return found
    return None


def join(found: Invitation, name: str, password: str | None) -> Staff | None:
    """Accept, and give them an account under this name; None where somebody was quicker.

    Without a password they come by a passkey or a provider. Who has an account keeps it as it is.
    """
    now = utc_now()
    with transaction.atomic():
        staff = Staff.objects.select_for_update().filter(email=found.login).first()
        kept = staff is not None and staff.is_active
        with room().reading(found.program_id) as tx:
            if not accept_invitation(tx, found, "" if kept else name, now):
                return None
        if staff is not None and kept:
            return staff
        # Who was here before comes back with nothing of what they signed in by.
        staff = staff or Staff(email=found.login, created_at=now)
        staff.name, staff.is_active, staff.second_factor_waived = name, True, False
        if password is None:
            staff.set_unusable_password()
        else:
            staff.set_password(password)
        staff.save()
        reset_second_factor(staff)
        OidcLink.objects.filter(staff=staff).delete()
        StaffSession.objects.filter(staff_id=staff.pk).delete()
    return staff


def accept_by_address(login: str, name: str) -> Staff | None:
    """The account of somebody whose address a provider has verified and whom we invited; None for nobody."""
    now = utc_now()
    for program_id in room().programs():
        with room().reading(program_id) as tx:
            found = find_by_login(tx, program_id, login)
        if found is not None and found.opens(now):
            called = " ".join(name.split())[:NAME_LETTERS_MAX]
            return join(found, called or login, None)
    return None
