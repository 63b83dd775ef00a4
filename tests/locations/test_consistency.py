"""Does the same event give the same everywhere: what differs is found with its reason, and nothing else."""

from datetime import timedelta

import pytest
from tests.locations.house import House

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.queries.locations.consistency import (
    Compared,
    Gift,
    compare,
    count_differing,
    load_gifts,
)

WEEK = timedelta(days=7)


def compared(house: House, scope: Scope = WHOLE_PROGRAM) -> dict[str, Compared]:
    monday = house.today - timedelta(days=house.today.weekday())
    with house.sees(scope) as tx:
        gifts = load_gifts(tx, monday - 4 * WEEK, monday)
    return {each.rule: each for each in compare(house.program, gifts)}


def test_what_is_the_same_everywhere_is_said_to_be(house: House) -> None:
    for location in ("de-bonn", "de-celle", "de-celle", "fr-lyon"):
        house.happens(location, "boat.rowed", ago=1)
    found = compared(house)
    # Between markets amounts differ on purpose.
    assert [(each.market, each.value, each.n, each.of) for each in found["row"].usual] == [
        ("DE", 2_000, 3, 3),
        ("FR", 2_500, 1, 1),
    ]
    assert found["row"].differences == ()
    assert found["row"].placed
    assert (found["row"].locations, found["row"].n, found["row"].same) == (3, 4, True)
    # A rule that only takes back gives nothing to compare.
    assert list(found) == ["row", "oar", "race"]


def test_amounts_are_counted_exactly(house: House) -> None:
    for kind, said in (("gold", 3), ("silver", 2), ("tin", 1)):
        for _ in range(said):
            house.happens("de-bonn", "race.won", said={"class": kind})
    rows = house.rows(
        "select r.value, count(*) from rewards r where r.rule = 'race' group by 1 order by 2 desc"
    )
    assert rows == [(100, 3), (40, 2), (10, 1)]
    race = compared(house)["race"]
    assert [(each.value, each.n) for each in race.usual] == [(100, 3)]
    assert [(each.value, each.n, each.why) for each in race.differences] == [
        (40, 2, "table"),
        (10, 1, "table"),
    ]
    assert race.same


def test_what_a_budget_did_not_pay_is_told(house: House) -> None:
    house.happens("de-celle", "boat.rowed", times=4)
    house.happens("de-bonn", "boat.rowed", times=5)
    # Three of 20.00 are what Bonn's 60.00 pay.
    (difference,) = compared(house)["row"].differences
    assert (difference.location, difference.value, difference.n, difference.why) == (
        *("de-bonn", 2_000),
        *(2, "budget"),
    )
    refused = house.rows("select sum(refused) from rollups where location = 'de-bonn' and rule = 'row'")
    assert refused == [(2,)]


def test_another_version_is_the_reason(house: House) -> None:
    house.happens("de-celle", "boat.rowed", ago=1, times=3)
    house.publish_again('"DE": "20.00 EUR"', '"DE": "40.00 EUR"')
    house.happens("de-dresden", "boat.rowed")
    (difference,) = compared(house)["row"].differences
    assert (difference.location, difference.value, difference.why, difference.versions) == (
        *("de-dresden", 4_000),
        *("version", (2,)),
    )
    house.check()


def test_what_nothing_explains_is_what_needs_a_call(house: House) -> None:
    usual = Gift("row", "de-celle", "DE", "EUR", 2_000, 1, "rule", 9)
    gifts = [
        usual,
        Gift("row", "de-bonn", "DE", "EUR", 1_500, 1, "rule", 2),
        Gift("row", "de-emden", "DE", "EUR", 9_900, 1, "people", 1),
        # Agreed to by people, and the same as everywhere.
        Gift("row", "de-fulda", "DE", "EUR", 2_000, 1, "people", 3),
        Gift("row", "de-dresden", "DE", "EUR", 2_000, 1, "budget", 7),
    ]
    found = compare(house.program, gifts)
    assert [(each.location, each.why) for each in found[0].differences] == [
        ("de-bonn", "unknown"),
        ("de-emden", "people"),
        ("de-dresden", "budget"),
    ]
    assert count_differing(found) == {"de-bonn": 2, "de-emden": 1}
    assert not found[0].same


def test_rules_by_a_figure_of_the_event_are_not_compared(house: House) -> None:
    for price in (3, 5, 900):
        house.happens("de-bonn", "oar.bought", said={"price": price})
    assert house.rows("select * from location_gifts") == []
    assert compared(house)["oar"].rated
    assert compared(house)["oar"].n == 0


@pytest.mark.parametrize(("ago", "seen"), [(20, 1), (60, 0)])
def test_only_the_weeks_that_are_asked_for_count(house: House, ago: int, seen: int) -> None:
    house.happens("de-bonn", "boat.rowed", ago=ago)
    assert compared(house)["row"].n == seen


def test_somebody_of_one_location_compares_its_own_alone(house: House) -> None:
    house.happens("de-bonn", "boat.rowed")
    house.happens("de-celle", "boat.rowed")
    assert compared(house, Scope(locations=("de-bonn",)))["row"].n == 1
    assert compared(house, Scope(markets=("FR",)))["row"].n == 0
    assert compared(house, Scope(markets=("DE",)))["row"].n == 2
