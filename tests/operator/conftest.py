"""What tests of the operator's pages ask for: a house with shops, its console, and who runs it."""

import pytest
from tests.access.people import grant_of, hire
from tests.locations.conftest import PASSWORD, Doors, doors, house

from guerdon.store.database import connect

__all__ = ["Doors", "doors", "house"]
OPERATOR, AUDITOR = "olga.operator@example.com", "aud.itor@example.com"


@pytest.fixture
def staffed(doors: Doors) -> Doors:
    """Give the console with somebody who runs the installation and nothing else, and one who only reads."""
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415  Django is prepared by then

    with connect(doors.house.url, doors.house.secret, "web") as db:
        hire(db, doors.house.program_id, OPERATOR, [grant_of(doors.house.program_id, "operator")])
        hire(db, doors.house.program_id, AUDITOR, [grant_of(doors.house.program_id, "auditor")])
    for email, name in ((OPERATOR, "Olga Operator"), (AUDITOR, "Aud Itor")):
        enroll_staff(email, name, PASSWORD, waived=True)
    return doors
