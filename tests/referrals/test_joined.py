"""Two contacts who became one: nobody brings themselves, and whatever either did is counted as one's."""

from datetime import timedelta

import pytest
from tests.referrals.house import SCHEME, House

from guerdon.engine.crm.following import Group, join_ids
from guerdon.queries.referrals.own import list_own_pairs, survivor_of
from guerdon.queries.referrals.standing import list_funnels, list_pairs, load_sides
from guerdon.store.crm.said import load_codes
from guerdon.store.database import connect, transaction
from guerdon.store.referrals.codes import find_code


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


def test_who_is_left_has_the_codes_the_pairs_and_the_counts_of_both(house: House) -> None:
    house.enroll(["ada", "dan", "ben", "cyd", "eva"])
    codes = house.codes(["ada", "dan"])
    for name, whose in (("ben", "dan"), ("cyd", "ada"), ("dan", "ada")):
        house.use(name, codes[whose], -3)
    house.buy("ben", -1)
    house.work()
    join(house, "ada", "dan")
    house.now += timedelta(seconds=1)
    ada, dan = house.members["ada"], house.members["dan"]
    # As its member, under row security; a former number sees what it had.
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id, ada) as tx:
        own = list_own_pairs(tx, house.program_id, SCHEME, ada, 50)
        assert find_code(tx, house.program_id, SCHEME, ada) == codes["ada"]
    # Two were brought; what one of them claimed of the other is now their own coming.
    assert sorted((pair.brought, pair.state) for pair in own) == [
        (False, "claimed"),
        (True, "claimed"),
        (True, "qualified"),
    ]
    with house.web() as tx:
        assert survivor_of(tx, house.program_id, dan) == ada
        assert survivor_of(tx, house.program_id, ada) == ada
        assert survivor_of(tx, house.program_id, house.members["eva"]) == house.members["eva"]
        assert list_funnels(tx)[SCHEME].invited == 1
        of_ada, of_dan = (list_pairs(tx, None, 50, member_id=each) for each in (ada, dan))
        assert [{pair.member_id, pair.referrer_id} for pair in of_ada if pair.state == "qualified"] == [
            {ada, house.members["ben"]}
        ]
        assert len(of_ada) == 3
        assert {pair.id for pair in of_dan} < {pair.id for pair in of_ada}
        sides = load_sides(tx, next(pair for pair in of_ada if pair.state == "qualified"))
    assert (sides[ada].brought, sides[ada].confirmed) == (3, 1)


def test_a_code_of_who_left_is_the_code_of_who_is_left(house: House) -> None:
    house.enroll(["ada", "dan", "ben"])
    code = house.code("dan")
    join(house, "ada", "dan")
    assert house.code("ada") == code
    ada = house.members["ada"]
    with house.web() as tx:
        assert load_codes(tx, house.program_id, [ada], [SCHEME]) == {ada: code}
    assert house.rows("select count(*) from referral_codes") == [(1,)]


def test_what_a_referrer_had_as_another_contact_speaks_against_them(house: House) -> None:
    house.enroll_all({"ada": {}, "dan": {"card": "4711"}, "ben": {}, "cyd": {"card": "4711"}})
    codes = house.codes(["ada", "dan"])
    house.use("ben", codes["dan"], -3)
    house.use("cyd", codes["ada"], -3)
    house.work()
    house.buy("ben", -2)
    house.work()
    join(house, "ada", "dan")
    house.buy("cyd", -1)
    house.work()
    assert house.pairs()["cyd"] == ("held", ["same_payment"])
