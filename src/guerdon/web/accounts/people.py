"""Staff as the command line changes them: enrolled, dismissed, listed."""

from guerdon.values.clock import utc_now
from guerdon.web.accounts.models import Staff
from guerdon.web.accounts.sign_in import folded


def enroll_staff(email: str, name: str, password: str) -> None:
    """Let somebody sign in; who is there already gets this name and password, and their sessions end."""
    found = Staff.objects.filter(email=folded(email)).first()
    staff = found or Staff(email=folded(email), created_at=utc_now())
    staff.name, staff.is_active = name, True
    staff.set_password(password)
    staff.save()


def dismiss_staff(email: str) -> bool:
    """Let somebody sign in no longer; whether there was anybody."""
    return Staff.objects.filter(email=folded(email)).update(is_active=False) > 0


def list_staff() -> list[tuple[str, str, bool]]:
    """Everybody, by address: e-mail, name, and whether they may sign in."""
    return [(staff.email, staff.name, staff.is_active) for staff in Staff.objects.order_by("email")]
