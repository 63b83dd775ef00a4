"""Marks: of whom is asked, how far around a claim, among how many; and visits are known for a week."""

from datetime import date, timedelta

import pytest
from tests.referrals.house import NOW, SCHEME, House

from guerdon.engine.library import Library
from guerdon.engine.timers import keep_time
from guerdon.store.database import connect
from guerdon.store.referrals import marks
from guerdon.store.referrals.codes import record_visit
from guerdon.store.referrals.marks import Asked, SharedMark, count_of_networks, find_shared
from guerdon.worker import MAPPERS


def test_claims_of_a_network_are_counted_a_week_around_each_that_is_asked_for(house: House) -> None:
    days = {"f0": 0, "f1": 5, "f2": 10, "f3": 30, "f4": 37}
    house.enroll(["ada", "dan", "near", *days])
    codes = house.codes(["ada", "dan"])
    for name, day in days.items():
        house.now = NOW + timedelta(days=day)
        house.claim(name, codes["ada"], network="one")
    house.now = NOW + timedelta(days=5)
    house.claim("near", codes["dan"], network="one")
    house.now = NOW + timedelta(days=40)
    house.work()
    asked = {
        name: Asked(house.members[name], house.members["ada"], house.members[name], codes["ada"], at)
        for name, at in ((name, NOW + timedelta(days=day)) for name, day in days.items())
    }

    def counted(*names: str) -> dict[str, int]:
        with house.web() as tx:
            found = count_of_networks(tx, house.program_id, SCHEME, [asked[name] for name in names])
        return {name: found[house.members[name]] for name in days if house.members[name] in found}

    assert counted(*days) == {"f0": 2, "f1": 3, "f2": 2, "f3": 2, "f4": 2}
    assert counted("f1") == {"f1": 3}
    assert counted("f0", "f4") == {"f0": 2, "f4": 2}


def test_a_device_that_very_many_have_is_looked_for_with_the_newest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.enroll(["ada", "dan", "ben"])
    house.enroll(["cyd"])
    house.enroll(["eva"])
    codes = house.codes(["ada", "dan"])
    for name, one in (("ben", "ada"), ("cyd", "ada"), ("eva", "dan")):
        house.claim(name, codes[one], device="phone")
    house.work()
    ben, ada = house.members["ben"], house.members["ada"]

    def shared() -> list[SharedMark]:
        with house.web() as tx:
            asked = [Asked(ben, ada, ben, codes["ada"], house.now)]
            return find_shared(tx, house.program_id, SCHEME, asked, [(ben, ben), (ada, ada)])

    assert house.members["eva"] > house.members["cyd"]
    assert shared() == [SharedMark(ben, "device", with_referrer=False, with_others=True)]
    monkeypatch.setattr(marks, "DEVICES_MAX", 1)
    assert shared() == []


def test_who_visited_is_forgotten_after_a_week_though_nobody_visits_again(house: House) -> None:
    house.enroll(["ada"])
    code = house.code("ada")
    with house.web() as tx:
        for day in (0, 1):
            record_visit(
                *(tx, house.program_id, SCHEME, code, bytes([day]) * 16),
                (NOW + timedelta(days=day)).date(),
            )
    library, days = Library(house.vault, MAPPERS), dict[int, date]()
    left = []
    with connect(house.url, house.secret, "worker") as db:
        for day in (7, 8, 9):
            keep_time(db, library, days, NOW + timedelta(days=day))
            left.append(house.count("select count(*) from referral_visits"))
    assert left == [2, 1, 0]
    assert house.count("select visits from referral_codes") == 2
