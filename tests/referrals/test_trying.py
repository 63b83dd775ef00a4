"""An event that is tried tells what would become of its member's referral, and what both would have of it."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.referrals.doors import OWNER, Doors, opened_doors, text_of
from tests.referrals.house import House

from guerdon.engine.why.accounts import Account, PairTried
from guerdon.engine.why.trying import Invented, Trial, try_event
from guerdon.rules.playbook import Playbook
from guerdon.values.ids import show


def tried(house: House, who: str | Invented, of: str, by: str | None = None, **fields: Any) -> Any:
    member = who if isinstance(who, Invented) else house.members[who]
    inviter = None if by is None else house.members[by]
    trial = Trial(of, fields, member, house.now, inviter, house.vault)
    with house.web() as tx:
        return try_event(tx, Playbook(house.program, house.program_id, 1), trial, house.now)


def pair_of(found: object) -> PairTried:
    assert isinstance(found, Account), found
    (pair,) = found.pairs
    return pair


def given(pair: PairTried) -> list[tuple[str, str, int]]:
    return [
        (side, story.rule, story.value)
        for side, account in pair.told
        for story in account.stories
        if story.outcome == "given"
    ]


BOTH = [("referrer", "bringer", 35000), ("friend", "welcome", 20000)]


def stands(house: House) -> Sequence[tuple[Any, ...]]:
    return house.rows("select count(*) from referral_pairs union all select count(*) from referral_codes")


def test_a_purchase_of_somebody_invited_rewards_both_and_leaves_nothing(house: House) -> None:
    house.enroll(["ada", "ben"])
    before = stands(house)
    pair = pair_of(tried(house, "ben", "boat.bought", by="ada", price=5_000_000))
    assert (pair.scheme, pair.state, pair.reasons) == ("friends", "qualified", ())
    assert given(pair) == BOTH
    # Too cheap a boat leaves the claim a claim; one's own code never counts.
    assert pair_of(tried(house, "ben", "boat.bought", by="ada", price=1)).state == "claimed"
    assert pair_of(tried(house, "ben", "code.used", by="ada")).state == "claimed"
    own = pair_of(tried(house, "ada", "boat.bought", by="ada", price=5_000_000))
    assert (own.state, own.reasons, given(own)) == ("refused", ("self",), [])
    assert stands(house) == before == [(0,), (0,)]


def test_what_is_tried_is_what_then_happens(house: House) -> None:
    house.enroll_all({"ada": {"card": "1"}, "ben": {"card": "2"}, "cyd": {"card": "1"}, "dan": {"card": "2"}})
    code = house.code("ada")
    for name in ("ben", "cyd", "dan"):
        house.use(name, code, -3)
    house.work()
    for name in ("ben", "cyd", "dan"):
        pair = pair_of(tried(house, name, "boat.bought", price=5_000_000))
        house.buy(name)
        house.work()
        assert (pair.state, list(pair.reasons)) == house.pairs()[name], name
    assert [state for state, _ in house.pairs().values()] == ["held", "held", "held"]
    assert house.pairs()["cyd"][1] == ["same_payment"]
    pair = pair_of(tried(house, "ben", "boat.returned"))
    house.give_back("ben")
    house.work()
    assert pair.state == house.pairs()["ben"][0] == "undone"


def test_guards_see_what_invented_people_would_have(house: House) -> None:
    house.enroll_all({"ada": {"card": "1"}, "ben": {"card": "2"}})
    house.use("ben", house.code("ada"), -3)
    house.work()
    for card, reasons in (("1", ("same_payment",)), ("2", ("again_payment",)), ("3", ())):
        friend = Invented("DE", attributes={"card": card})
        pair = pair_of(tried(house, friend, "boat.bought", by="ada", price=5_000_000))
        assert (pair.reasons, given(pair)) == (reasons, [] if reasons else BOTH)


def test_an_inviter_goes_with_an_event_that_a_referral_asks_about(house: House) -> None:
    house.enroll(["ada", "ben"])
    found = tried(house, "ben", "friend.went", by="ada", pair="x")
    assert [(each.where, each.what) for each in found] == [
        ("invited_by", "no referral asks about this event")
    ]
    assert "boat.bought" in found[0].hint


@pytest.fixture
def doors(house: House, tmp_path: Any) -> Any:
    with opened_doors(house, tmp_path) as opened:
        house.enroll(["ada", "ben"])
        yield opened


def test_the_console_and_the_api_ask_who_invited(house: House, doors: Doors) -> None:
    doors.sign_in(OWNER)
    form = {"type": "boat.bought", "field.price": "50000.00", "member": "ben", "invited_by": "ada"}
    path = f"{doors.home}try"
    assert 'name="invited_by"' in text_of(doors.get(f"{path}?type=boat.bought"))
    token = text_of(doors.get(f"{path}?type=boat.bought")).partition('csrfmiddlewaretoken" value="')[2]
    page = text_of(doors.client.post(path, {"csrfmiddlewaretoken": token.partition('"')[0], **form}))
    assert "Bring a friend: Confirmed" in page
    assert "350" in page
    assert "200" in page
    key, no_members = doors.key("try:events", "read:members"), doors.key("try:events")
    ada, ben = (show("mem", house.members[name]) for name in ("ada", "ben"))
    asked = {"type": "boat.bought", "fields": {"price": 5_000_000}, "member": ben, "invited_by": ada}
    (told,) = doors.api("POST", "try", key, asked).json()["referrals"]
    assert (told["scheme"], told["state"], told["reasons"]) == ("friends", "qualified", [])
    assert [(each["side"], each["type"], each["rules"][0]["value"]) for each in told["told"]] == [
        ("referrer", "friend.came", 35000),
        ("friend", "welcome.given", 20000),
    ]
    invented = {**asked, "member": None, "invented": {"market": "DE"}}
    assert doors.api("POST", "try", key, invented).status_code == 200
    assert doors.api("POST", "try", no_members, invented).status_code == 403
    wrong = doors.api("POST", "try", key, {**asked, "invited_by": show("mem", 999)})
    assert wrong.status_code == 422
    assert "/invited_by" in wrong.content.decode()
