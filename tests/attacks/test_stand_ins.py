"""Stand-ins bent to one's own ends: no scope grows by them, and in a circle nobody counts twice."""

from datetime import timedelta
from itertools import pairwise

import pytest
from tests.approvals.doors import Doors
from tests.approvals.house import NOW, House, adjustment

from guerdon.values.clock import utc_now
from guerdon.values.ids import show

HOUR = timedelta(hours=1)


def named(doors: Doors, by: str, away: str, instead: str) -> int:
    """Somebody names a stand-in through the page; the answer's status."""
    people, today = doors.house.people, utc_now().date()
    sent = {
        "act": "name_stand_in",
        "person": show("per", people[away]),
        "stand_in": show("per", people[instead]),
        "from": today.isoformat(),
        "to": (today + timedelta(days=2)).isoformat(),
    }
    return doors.visitor(by).send("people", **sent).status_code


def test_a_location_manager_lends_no_role_that_reaches_beyond_the_location(doors: Doors) -> None:
    house = doors.house
    # One of Kiel's managers signs for finance, too, and for the whole program.
    house.employ("uwe", "dealer_manager", ("DE", "de-kiel"))
    house.employ("uwe", "finance")
    request = house.asked("fay", adjustment(6_000), utc_now())
    assert named(doors, "kim", "uwe", "lea") == 404
    assert house.say("lea", request, now=utc_now()) == "no:role"
    assert house.rows("select count(*) from stand_ins") == [(0,)]
    # Of a manager who is nothing else it is theirs to say, and of everybody the operator's.
    assert named(doors, "kim", "karl", "lea") == 303
    assert named(doors, "opa", "uwe", "finn") == 303


def test_a_role_that_is_to_come_counts_as_one_that_is_there(doors: Doors) -> None:
    house = doors.house
    house.employ("uwe", "dealer_manager", ("DE", "de-kiel"))
    house.employ("uwe", "finance", since=utc_now() + HOUR)
    assert named(doors, "kim", "uwe", "lea") == 404


def test_a_role_that_is_given_later_is_not_lent_by_what_was_named_before(house: House) -> None:
    house.employ("uwe", "dealer_manager", ("DE", "de-kiel"))
    house.replace("uwe", "lea", NOW - HOUR, NOW + HOUR)
    house.employ("uwe", "finance", since=NOW - HOUR / 2)
    request = house.asked("fay", adjustment(6_000))
    assert house.say("lea", request) == "no:role"
    # Named again, by somebody who looks at what there is now, it is lent.
    house.replace("uwe", "lea", NOW - HOUR / 4, NOW + HOUR)
    assert house.say("lea", request) == "approved"


def test_who_stands_in_for_each_other_still_signs_once_each(house: House) -> None:
    for away, instead in (("fay", "finn"), ("finn", "fay")):
        house.replace(away, instead, NOW - HOUR, NOW + HOUR)
    request = house.asked("frida", adjustment(150_000))
    assert house.say("fay", request) == "open"
    assert house.say("fay", request) == "no:signed"
    assert house.say("finn", request) == "approved"
    assert house.rows("select person, instead_of from signatures where instead_of is not null") == []


def test_who_asked_signs_neither_for_nor_through_anybody_in_a_circle(house: House) -> None:
    for away, instead in (("fay", "finn"), ("finn", "frida"), ("frida", "fay")):
        house.replace(away, instead, NOW - HOUR, NOW + HOUR)
    request = house.asked("fay", adjustment(150_000))
    assert house.say("fay", request) == "no:maker"
    assert house.say("finn", request) == "open"
    # Frida stands in for Finn, who has spoken; she has a word of her own.
    assert house.say("frida", request) == "approved"


@pytest.mark.parametrize("links", [2, 3])
def test_a_stand_in_lends_nothing_on(house: House, links: int) -> None:
    chain = ["fay", "kim", "karl", "lea"][: links + 1]
    for away, instead in pairwise(chain):
        house.replace(away, instead, NOW - HOUR, NOW + HOUR)
    request = house.asked("frida", adjustment(6_000))
    assert house.say(chain[-1], request) == "no:role"
    assert house.say("kim", request) == "approved"
