"""A reward extended on its page: who may, what it needs, that it counts once, and what is told of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.approvals.doors import Doors, opened_doors, plain
from tests.approvals.house import BONN, KIEL, House
from tests.approvals.test_granting import work

from guerdon.queries.invariants import check_invariants
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

PATH = f"members/{show('mem', KIEL)}"


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """The console of a house whose books are checked when the test is done."""
    house = House(database, secret)
    house.open()
    with opened_doors(house, tmp_path) as opened:
        yield opened
    with house.opened("web") as tx:
        assert check_invariants(tx) == []


def extension(house: House, value: int = 2_000) -> tuple[str, dict[str, str]]:
    """A member is given a reward: the address of its page, and what extends it there."""
    now = utc_now()
    number = house.asked("lea", house.reward(value, happened_at=now), now)
    assert house.say("kim", number, now=now) == "approved"
    work(house, utc_now())
    path, ends = reward_of(house)
    return path, form_of(ends)


def form_of(ends: datetime, days: int = 60) -> dict[str, str]:
    later = (ends + timedelta(days=days)).date().isoformat()
    return {"was": ends.astimezone(UTC).isoformat(), "last_day": later, "reason": "The shop was closed"}


def reward_of(house: House) -> tuple[str, datetime]:
    ((number, ends),) = house.rows("select id, expires_at from rewards")
    assert isinstance(number, int)
    assert isinstance(ends, datetime)
    return f"{PATH}/rewards/{show('rwd', number)}", ends


def told(house: House) -> list[tuple[object, ...]]:
    return house.rows("select actor, reason from audit where action = 'reward.extended'")


def test_a_reward_is_extended_once_and_the_member_page_the_history_and_the_audit_say_so(doors: Doors) -> None:
    house = doors.house
    path, form = extension(house)
    before = reward_of(house)[1]
    fay = doors.visitor("fay")
    assert path in fay.page(PATH)
    assert "Extend the reward" in fay.page(path)
    answers = [fay.send(path, **form) for _ in range(2)]
    assert {(each.status_code, urlsplit(each["Location"]).path) for each in answers} == {
        (303, fay.home + PATH)
    }
    after = reward_of(house)[1]
    assert after > before
    # The end of that day where the program is.
    assert (after - timedelta(microseconds=1)).date().isoformat() == form["last_day"]
    assert told(house) == [(show("per", house.people["fay"]), "The shop was closed")]
    text = fay.plain(PATH)
    assert "Reward extended" in text
    assert "Done by hand" in text
    assert "Lasts until" in text
    assert "Chosen by the member" not in text
    assert "Reward extended" in fay.plain("audit")


def test_who_may_not_adjust_by_hand_is_offered_nothing(doors: Doors) -> None:
    path, form = extension(doors.house)
    for name in ("olga", "kim", "lea", "ava", "cora", "dora", "opa"):
        visitor = doors.visitor(name)
        assert "/rewards/rwd_" not in visitor.page(PATH), name
        assert visitor.get(path).status_code == 404, name
        assert visitor.send(path, form=PATH, **form).status_code == 404, name
    assert told(doors.house) == []


WRONG = [
    ({"last_day": ""}, "Give the last day"),
    ({"last_day": "31.12.2030"}, "Give the last day"),
    ({"last_day": "2020-01-01"}, "must be later than the present one"),
    ({"last_day": "9999-12-31"}, "ten years from today at most"),
    ({"reason": "  "}, "A reason is needed"),
    ({"reason": "x" * 1_001}, "A reason is needed"),
    ({"reason": "a\0b"}, "A reason is needed"),
    ({"was": "2020-01-01T00:00:00+00:00"}, "changed meanwhile"),
]


def test_what_is_wrong_comes_back_beside_what_was_typed(doors: Doors) -> None:
    path, form = extension(doors.house)
    fay = doors.visitor("fay")
    before = reward_of(doors.house)
    for changes, said in WRONG:
        answer = fay.send(path, **{**form, **changes})
        assert answer.status_code == 422, changes
        assert said in plain(answer.content.decode()), changes
    for was in ("", "yesterday", "2020-01-01"):
        assert fay.send(path, **{**form, "was": was}).status_code == 404
    assert reward_of(doors.house) == before
    assert told(doors.house) == []


def test_whoever_was_slower_is_told(doors: Doors) -> None:
    path, form = extension(doors.house)
    fay, finn = doors.visitor("fay"), doors.visitor("finn")
    assert fay.send(path, **form).status_code == 303
    for changes in ({"reason": "Another"}, {"last_day": "2031-01-01"}):
        answer = finn.send(path, **{**form, **changes})
        assert answer.status_code == 422
        assert "changed meanwhile" in plain(answer.content.decode())
    assert len(told(doors.house)) == 1
    # With what it shows by now it goes on.
    assert finn.send(path, **form_of(reward_of(doors.house)[1])).status_code == 303


def test_nobody_extends_what_is_their_own_or_more_than_they_may(doors: Doors) -> None:
    house = doors.house
    path, form = extension(house)
    house.tell_membership("fay", KIEL)
    own = doors.visitor("fay").send(path, **form)
    assert own.status_code == 422
    assert "your own reward" in plain(own.content.decode())
    house.employ("jo", "finance", most=("EUR", 1_999))
    jo = doors.visitor("jo")
    assert "does not reach so far" in jo.plain(path)
    assert jo.send(path, form=PATH, **form).status_code == 403
    house.employ("al", "finance", node=("NO", None))
    assert doors.visitor("al").get(path).status_code == 404
    assert told(house) == []
    refused = house.rows("select actor from audit where action = 'access.refused' order by id")
    names = [show("per", house.people[name]) for name in ("fay", "jo")]
    assert [actor for (actor,) in refused] == names
    house.employ("mo", "finance", node=("DE", None), most=("EUR", 2_000))
    assert doors.visitor("mo").send(path, **form).status_code == 303


def test_a_reward_under_another_member_is_not_there(doors: Doors) -> None:
    path, form = extension(doors.house)
    fay, name = doors.visitor("fay"), path.rpartition("/")[2]
    for other in (f"members/{show('mem', BONN)}/rewards/{name}", f"{PATH}/rewards/rwd_0000000000001"):
        assert fay.get(other).status_code == 404
        assert fay.send(other, form=path, **form).status_code == 404
    assert fay.get(f"{PATH}/rewards/nonsense").status_code == 404


def test_what_is_used_up_has_no_form(doors: Doors) -> None:
    house = doors.house
    path, _ = extension(house)
    with house.opened("worker") as tx:
        house.spoiled = True
        tx.execute("update rewards set state = 'redeemed', remaining = 0, redeemed_at = now()")
    page = doors.visitor("fay").page(path)
    assert "This reward was used already." in page
    assert 'name="last_day"' not in page
    with house.opened("worker") as tx:
        tx.execute("update rewards set state = 'ready', remaining = value, redeemed_at = null")


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_page_is_there_in_every_language(doors: Doors, language: str) -> None:
    path, _ = extension(doors.house)
    page = doors.visitor("fay").page(path, language)
    assert f'<html lang="{language}"' in page
    assert "%(" not in page
    assert ("Extend the reward" in page) is (language == "en")
