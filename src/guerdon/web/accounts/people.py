"""Accounts as the command line changes them: enrolled, dismissed, listed.

An account is only how somebody signs in; who they are and what they may do is written beside it, by
`store/people.py` and `store/grants.py`.
"""

from guerdon.values.clock import utc_now
from guerdon.web.accounts.attempts import folded
from guerdon.web.accounts.models import OidcLink, Staff, StaffSession
from guerdon.web.accounts.second_factor import reset_second_factor


def enroll_staff(email: str, name: str, password: str, *, waived: bool = False) -> None:
    """Let somebody sign in; who is there already gets this name and password, and their sessions end.

    `waived`: by password alone, which counts only on an installation that nobody else reaches.
    """
    found = Staff.objects.filter(email=folded(email)).first()
    staff = found or Staff(email=folded(email), created_at=utc_now())
    staff.name, staff.is_active, staff.second_factor_waived = name, True, waived
    staff.set_password(password)
    staff.save()
    StaffSession.objects.filter(staff_id=staff.pk).delete()


def dismiss_staff(email: str) -> bool:
    """Let somebody sign in no longer and end their sessions; whether there was anybody."""
    found = Staff.objects.filter(email=folded(email)).first()
    if found is None:
        return False
    Staff.objects.filter(pk=found.pk).update(is_active=False)
    StaffSession.objects.filter(staff_id=found.pk).delete()
    return True


def forget_second_factor(email: str) -> bool:
    """Let somebody set up a new authenticator at the next sign-in; whether there was anybody.

    Who they are at a provider is forgotten with it, so that another account there may become theirs.
    """
    found = Staff.objects.filter(email=folded(email)).first()
    if found is None:
        return False
    reset_second_factor(found)
    OidcLink.objects.filter(staff=found).delete()
    StaffSession.objects.filter(staff_id=found.pk).delete()
    return True


def end_sessions(email: str) -> None:
    """End whatever sessions somebody has, at once."""
    for staff in Staff.objects.filter(email=folded(email)):
        StaffSession.objects.filter(staff_id=staff.pk).delete()


def list_staff() -> list[tuple[str, str, bool]]:
    """Everybody, by address: e-mail, name, and whether they may sign in."""
    return [(staff.email, staff.name, staff.is_active) for staff in Staff.objects.order_by("email")]
