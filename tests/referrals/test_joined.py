"""Two contacts who became one: nobody brings themselves, and whatever either did is counted as one's."""

import pytest
from tests.referrals.house import House

from guerdon.engine.crm.following import Group, join_ids
from guerdon.store.database import connect, transaction


def join(house: House, stays: str, goes: str) -> None:
    """The customer system says that two contacts are one."""
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        join_ids(tx, house.program_id, "crm", [Group((stays, goes))], house.now)


def test_successes_of_both_contacts_are_one_referrers(house: House) -> None:
    friends = [f"f{number}" for number in range(6)]
    house.enroll(["ada", "dan", *friends])
    codes = house.codes(["ada", "dan"])
    for number, name in enumerate(friends):
        house.use(name, codes[("ada", "dan")[number % 2]], -2)
    for name in friends[:5]:
        house.buy(name, -1)
    house.work()
    join(house, "ada", "dan")
    house.buy(friends[5])
    house.work()
    assert [house.pairs()[name] for name in friends] == [("qualified", [])] * 5 + [
        ("held", ["many_successes"])
    ]


def test_circles_are_seen_through_both_contacts(house: House) -> None:
    house.enroll(["ada", "ada2", "ben"])
    codes = house.codes(["ada", "ben"])
    house.use("ben", codes["ada"], -2)
    house.use("ada2", codes["ben"], -2)
    house.work()
    join(house, "ada", "ada2")
    house.buy("ben")
    house.work()
    assert house.pairs()["ben"] == ("held", ["mutual"])


@pytest.mark.parametrize("claims", ["ben", "ben2"])
def test_who_bought_as_another_contact_was_a_customer(house: House, claims: str) -> None:
    house.enroll(["ada", "ben", "ben2"])
    code = house.code("ada")
    house.buy("ben2", -5)
    house.use(claims, code, -2)
    house.work()
    join(house, "ben", "ben2")
    house.buy("ben")
    house.work()
    assert house.pairs()[claims] == ("refused", ["customer"])
    assert house.purses() == {}


def test_a_pair_whose_two_became_one_while_it_waited_is_not_released(house: House) -> None:
    house.enroll(["ada", "ben"], card="4711")
    house.use("ben", house.code("ada"), -2)
    house.buy("ben")
    house.work()
    join(house, "ada", "ben")
    pair = house.pair_id("ben")
    assert house.settle("release", pair) == "one"
    assert house.settle("refuse", pair) is None
    house.work()
    assert house.purses() == {}


def test_who_claimed_before_one_of_their_contacts_left_claims_no_second_time(house: House) -> None:
    house.enroll(["ada", "ben", "cyd", "dan"])
    codes = house.codes(["ada", "dan"])
    house.rows(
        "insert into member_ids (program_id, source, external_id, member_id) values (%s, 'shop', 'b', %s)",
        *(house.program_id, house.members["ben"]),
    )
    house.use("ben", codes["ada"], -3)
    house.work()
    join(house, "cyd", "ben")
    house.use("shop:b", codes["ada"], -2)
    house.use("shop:b", codes["dan"], -1)
    house.work()
    assert house.quarantined() == []
    assert house.rows("select state, reasons from referral_pairs order by claimed_at") == [
        ("claimed", []),
        ("refused", ["second_claim"]),
    ]
    assert house.rows("select count(*) from events where type = 'code.used'") == [(3,)]


def test_what_one_has_under_both_numbers_is_not_shared_with_another(house: House) -> None:
    house.enroll_all({"ada": {}, "ben": {"card": "4711"}, "ben2": {"card": "4711"}})
    house.use("ben2", house.code("ada"), -2)
    house.work()
    join(house, "ben", "ben2")
    house.buy("ben")
    house.work()
    assert house.pairs() == {"ben2": ("qualified", [])}
