"""Finding members and rewards, and reading what is not decided yet."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.redeem.house import NOW, House, opened_house
from tests.web.console.furniture import furnish

from guerdon.queries.intake import list_counts, list_quarantined, list_waiting, load_undecided
from guerdon.queries.members import find_members, list_members, list_rows, load_member
from guerdon.queries.rewards import RewardsAsked, list_rewards


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    with opened_house(database, secret) as made:
        yield made


def test_members_are_found_exactly_or_not_at_all(house: House) -> None:
    furnish(house)
    with house.opens(None)() as tx:
        for text in ("5100", "ada@example.com", " ADA@EXAMPLE.COM "):
            assert find_members(tx, house.vault, text, 10) == [7], text
        for text in ("", "510", "ada", "%", "ada@example.org"):
            assert find_members(tx, house.vault, text, 10) == [], text


def test_a_member_has_their_balance_rewards_and_ids(house: House) -> None:
    furnish(house)
    with house.opens(None)() as tx:
        found = load_member(tx, "EUR", 7)
        assert load_member(tx, "EUR", 12345) is None
    assert found is not None
    assert (found.row.balance, found.row.rewards) == (20_000, 2)
    assert [(known.source, known.external_id) for known in found.external_ids] == [("hubspot", "5100")]
    assert {reward.state for reward in found.rewards} == {"ready", "redeemed"}
    redeemed = next(reward for reward in found.rewards if reward.state == "redeemed")
    assert (redeemed.item, redeemed.device) == ("green_basket", "phone")


def test_lists_of_members_go_on_after_the_last_one_seen(house: House) -> None:
    for member_id in (3, 1, 2):
        house.enroll(member_id)
    house.enroll(4, "FR")
    with house.opens(None)() as tx:
        assert [row.member_id for row in list_members(tx, "EUR", 2)] == [4, 3]
        assert [row.member_id for row in list_members(tx, "EUR", 9, after=3)] == [2, 1]
        assert [row.member_id for row in list_members(tx, "EUR", 9, "FR")] == [4]
        assert [row.member_id for row in list_rows(tx, "EUR", [1, 4])] == [4, 1]


def test_lists_of_rewards_go_on_and_miss_none_of_one_moment(house: House) -> None:
    house.enroll(1)
    given = {house.reward(1, at=NOW) for _ in range(5)} | {house.reward(1, at=NOW - timedelta(days=1))}
    seen: list[int] = []
    after = None
    with house.opens(None)() as tx:
        while rows := list_rewards(tx, RewardsAsked(after=after), 2):
            seen += [row.id for row in rows]
            after = (rows[-1].issued_at, rows[-1].id)
        assert list_rewards(tx, RewardsAsked(state="redeemed"), 9) == []
        assert list_rewards(tx, RewardsAsked(market="FR"), 9) == []
    assert len(seen) == len(set(seen)) == 6
    assert set(seen) == given


def test_what_is_not_decided_is_counted_and_listed(house: House) -> None:
    furnish(house)
    with house.opens(None)() as tx:
        undecided = load_undecided(tx)
        assert (undecided.waiting, undecided.waiting_contacts, undecided.quarantined) == (1, 1, 1)
        assert [row.external_id for row in list_waiting(tx, 9)] == ["404"]
        assert [row.reason for row in list_quarantined(tx, 9)] == ["malformed_body"]
        assert list_waiting(tx, 9, before=77) == []
        assert list_counts(tx, NOW.date()) == []
