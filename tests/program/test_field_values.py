"""Values from outside: which instants fit a field of the world, and which can be when something happened."""

from datetime import UTC, datetime

import pytest

from guerdon.program.fields import Read, read_field, read_instant
from guerdon.program.model import Field

DAY = Field("born", "date")
FIT: list[tuple[object, datetime]] = [
    ("1998-05-03", datetime(1998, 5, 3, tzinfo=UTC)),
    ("1900-01-01", datetime(1900, 1, 1, tzinfo=UTC)),
    ("1964-02-29T22:00:00-04:00", datetime(1964, 3, 1, 2, tzinfo=UTC)),
    (883612800000, datetime(1998, 1, 1, tzinfo=UTC)),
    ("883612800000", datetime(1998, 1, 1, tzinfo=UTC)),
    ("-126230400000", datetime(1966, 1, 1, tzinfo=UTC)),
    # A whole day of the first weeks of 1970.
    (3024000000, datetime(1970, 2, 5, tzinfo=UTC)),
    ("2099-12-31", datetime(2099, 12, 31, tzinfo=UTC)),
]
UNFIT: list[object] = [
    *(
        "1899-12-31",
        "2100-01-01",
        "1900-01-01T00:00:00+01:00",
        "1900-02-29",
        "",
        "soon",
        "-1",
        True,
        None,
        1.5,
    ),
    # Seconds where milliseconds are meant, a day without its lines, and nothing at all.
    *(1700000000, "1700000000", 20260101, 0, "0", -2208988800001, 10**400),
]


@pytest.mark.parametrize(("given", "meant"), FIT)
def test_a_date_of_the_world_may_lie_before_our_time(given: object, meant: datetime) -> None:
    assert read_field(DAY, given) == Read(meant)


@pytest.mark.parametrize("given", UNFIT)
def test_what_is_no_date_of_anybody_alive_is_refused(given: object) -> None:
    told = read_field(DAY, given)
    assert isinstance(told, str)
    assert "is not a date between 1900 and 2100" in told


def test_when_something_happened_is_of_our_time() -> None:
    assert read_instant("2000-01-01T00:00:00Z") == datetime(2000, 1, 1, tzinfo=UTC)
    for given in ("1999-12-31T23:59:59Z", "1998-05-03", 883612800000, "2100-01-01"):
        assert read_instant(given) is None, given
