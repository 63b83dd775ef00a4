"""A bakery at work, whose oven asks for a badge: which says who somebody is."""

from collections.abc import Iterator

import pytest
from tests.why.conftest import Bakery

BADGE = ('    if: "member.employee"\n    promise', "    if: \"member.badge == 'a-1'\"\n    promise")


@pytest.fixture
def bakery(database: str, secret: str) -> Iterator[Bakery]:
    """Give a bakery with two members, whose books are checked when the test is done."""
    made = Bakery(database, secret)
    made.begin(BADGE)
    made.enroll_rows("crm,ada,DE,de-kiel,true,a-1", "crm,ben,DE,,true,b-1")
    yield made
    made.check()
