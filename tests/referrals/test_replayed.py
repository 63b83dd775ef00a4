"""A replay computes referrals by the scheme of the text that is tried, and shows what would have changed."""

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from tests.referrals.house import NOW, PROGRAM, House
from tests.replay import trying

from guerdon.engine.replay import running
from guerdon.queries.replay import history

TEXT = PROGRAM.read_text(encoding="utf-8")
FRIEND = "      friend: { event: welcome.given, fields: { pair: pair, code: code } }\n"
FRIEND_GONE = "      friend: { event: welcome.gone, fields: { pair: pair } }\n"


def days(house: House, number: int) -> None:
    house.now = NOW + timedelta(days=number)


def live_a_while(house: House) -> None:
    """Ben, cyd and ida buy, dan is held and released, eva gives back, fay is late, gil was a customer."""
    people = {
        name: {"card": name} for name in ("ada", "ben", "cyd", "dan", "eva", "fay", "gil", "hal", "ida")
    }
    house.enroll_all({**people, "dan": {"card": "ada"}, "hal": {"card": "ada"}})
    codes = house.codes(["ada", "ben"])
    house.buy("gil", -1)
    for name in ("ben", "cyd", "dan", "eva", "fay", "gil", "hal", "ida"):
        house.use(name, codes["ada"])
    house.work()
    days(house, 1)
    house.use("cyd", codes["ben"])
    house.buy("ben", price=2_000_000)
    house.buy("gil")
    house.work()
    days(house, 2)
    for name in ("dan", "eva", "hal", "ida"):
        house.buy(name)
    house.work()
    days(house, 3)
    house.settle("release", house.pair_id("dan"))
    house.settle("refuse", house.pair_id("hal"))
    house.work()
    days(house, 6)
    house.give_back("eva")
    house.work()
    days(house, 60)
    house.buy("cyd", price=9_000_000)
    house.work()
    days(house, 300)
    house.buy("fay")
    house.work()


def tried(
    house: House, folder: Path, *changes: tuple[str, str], since: int = -400
) -> tuple[Any, dict[str, int]]:
    """What a changed text comes to: the result, and by name how much more."""
    draft = trying.changed(TEXT, *changes)
    result, members = trying.tried(
        cast("Any", house), folder, draft, NOW + timedelta(days=since), NOW + timedelta(days=900)
    )
    names = {number: name for name, number in house.members.items()}
    return result, {names[each.member_id]: (each.draft - each.live) // 100 for each in members}


@pytest.fixture
def lived(house: House) -> House:
    live_a_while(house)
    return house


def test_the_text_that_was_live_comes_to_the_same_from_any_day(
    lived: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lived.pairs() == {
        "ben": ("qualified", []),
        "cyd": ("qualified", []),
        "cyd/": ("refused", ["second_claim"]),
        "dan": ("released", ["same_payment"]),
        "eva": ("undone", []),
        "fay": ("refused", ["late"]),
        "gil": ("refused", ["customer"]),
        "hal": ("refused", ["same_payment"]),
        "ida": ("qualified", []),
    }
    assert lived.purses() == {"ada": 1400, "ben": 200, "cyd": 200, "dan": 200, "ida": 200}
    for batch, since in (
        (2_000, -400),
        (3, -400),
        (2_000, 1),
        (2_000, 2),
        (2_000, 3),
        (2_000, 6),
        (1, 30),
        (2_000, 200),
    ):
        # In small hands, with a checkpoint after each.
        monkeypatch.setattr(history, "BATCH", batch)
        monkeypatch.setattr(running, "CHECKPOINT_EVENTS", 1)
        result, moved = tried(lived, tmp_path, since=since)
        assert (since, result["otherwise"], moved) == (since, 0, {})
    result, _ = tried(lived, tmp_path)
    (unit,) = result["units"]
    assert unit["draft"]["granted_minor"] == unit["live"]["granted_minor"] == 5 * 55_000
    assert unit["draft"]["back_minor"] == 55_000


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        # Nobody is welcomed any more.
        ([(FRIEND, "")], {"ben": -200, "cyd": -200, "dan": -200, "ida": -200}),
        # A dearer boat is needed: ben, dan, eva and ida bought a cheaper one.
        ([("price >= 100000", "price >= 6000000")], {"ada": -1050, "ben": -200, "dan": -200, "ida": -200}),
        # Two months are too long.
        ([("within: 6 months", "within: 30 days")], {"ada": -350, "cyd": -200}),
        # A year is not: fay comes in time.
        ([("within: 6 months", "within: 12 months")], {"ada": 350, "fay": 200}),
        # Nobody looks at cards: hal is rewarded, and dan is without asking anybody.
        ([("payment: card, ", "")], {"ada": 350, "hal": 200}),
        # The second of a quarter is looked at, as nobody did.
        ([("household: held", "household: held\n      successes: 1")], {"ada": -350, "ida": -200}),
        # What was given back after four days stays.
        ([("within: 14 days", "within: 2 days")], {"ada": 350, "eva": 200}),
    ],
)
def test_another_scheme_shows_what_it_would_have_changed(
    lived: House, tmp_path: Path, changes: list[tuple[str, str]], moved: dict[str, int]
) -> None:
    _, found = tried(lived, tmp_path, *changes)
    assert found == moved


def test_what_only_the_text_tells_is_decided_by_its_own_rules(house: House, tmp_path: Path) -> None:
    live = trying.changed(TEXT, (FRIEND, ""), (f"  {FRIEND_GONE}", ""))
    house.publish(live)
    house.enroll_all({"ada": {"card": "1"}, "ben": {}, "cyd": {"card": "1"}})
    code = house.code("ada")
    for name in ("ben", "cyd"):
        house.use(name, code)
    house.work()
    days(house, 1)
    for name in ("ben", "cyd"):
        house.buy(name)
    house.work()
    days(house, 2)
    house.settle("release", house.pair_id("cyd"))
    house.work()
    assert house.purses() == {"ada": 700}
    result, moved = tried(house, tmp_path)
    assert moved == {"ben": 200, "cyd": 200}
    # The events of the history alone are counted: claims, purchases, and what one side was told of each.
    assert result["events"] == 6
    assert result["silent_rules"] == ["bringer_back", "welcome_back"]
