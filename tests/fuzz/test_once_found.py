"""What spoiled programs brought to light, one by one."""

import pytest
from tests.scenarios.pages import EXAMPLES

from guerdon.program.load import read_program

GYM = next(each for each in EXAMPLES if each.name == "gym")
TEXT = (GYM / "program.yaml").read_text("utf-8")


@pytest.mark.parametrize("zone", ["Foo/Bar", "~", "CET", "localtime", "+02:00"])
def test_conditions_about_days_bear_a_time_zone_that_is_none(zone: str) -> None:
    found = read_program(TEXT.replace("\ntime_zone: Australia/Sydney", f"\ntime_zone: {zone}"))
    assert isinstance(found, list)
    assert [(each.where, each.what) for each in found] == [("time_zone", f"unknown time zone {zone}")]
