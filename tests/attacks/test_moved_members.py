"""A member who moves to another market while something of theirs waits: who signs, who pays, who sees it."""

from datetime import timedelta

import pytest
from tests.approvals.house import GERMANY, KIEL, NORWAY, NOW, House, adjustment
from tests.approvals.test_granting import work
from tests.approvals.test_held import held, order

from guerdon.access.grants import Scope
from guerdon.engine.enroll import enroll_members
from guerdon.engine.wallet import holding, spending
from guerdon.engine.wallet.commands import Done
from guerdon.queries.invariants import check_invariants
from guerdon.store.database import connect, transaction


def move(house: House, market: str = "NO", location: str = "no-oslo") -> None:
    """The customer system says that they belong elsewhere now."""
    lines = ["external_source,external_id,market,location\n", f"crm,c{KIEL},{market},{location}\n"]
    with connect(house.url, house.secret, "worker") as db:
        enrolled = enroll_members(db, house.vault, (house.program_id, house.program), lines, NOW)
    assert not enrolled.problems
    assert house.rows("select market, location from members where member_id = %s", KIEL) == [
        (market, location)
    ]


def test_what_a_rule_earned_before_the_move_is_signed_and_paid_where_it_was_earned(house: House) -> None:
    posted, _ = house.pool()
    order(house, 1)
    order(house, 2)
    request, content = held(house)
    abroad = house.pool(NORWAY, "NOK")
    move(house)
    assert house.say("nora", request) == "no:role"
    assert house.say("kim", request) == "approved"
    work(house)
    assert house.state(request) == "done"
    assert house.pool() == (posted - 40_000, 0)
    assert house.pool(NORWAY, "NOK") == abroad
    assert content.market == "DE"


@pytest.mark.parametrize("when", ["before the signature", "after it"])
def test_what_was_asked_for_by_hand_does_not_follow_a_member_who_moved(house: House, when: str) -> None:
    posted, _ = house.pool()
    request = house.asked("lea", house.reward(20_000))
    if when == "after it":
        assert house.say("kim", request) == "approved"
    move(house)
    if when == "before the signature":
        assert house.say("nora", request) == "no:role"
        house.say("kim", request)
    work(house)
    # What was signed says a member of Kiel, and they are none: nobody of Oslo agreed to anything.
    assert house.state(request) == "failed"
    assert house.rows("select why from requests") == [("moved",)]
    assert house.pool() == (posted, 0)
    assert house.purse() == (0, 0)


def test_an_adjustment_is_weighed_where_its_member_stands_now(house: House) -> None:
    request = house.asked("fay", adjustment(6_000))
    move(house)
    assert house.say("kim", request) == "no:role"
    assert house.say("finn", request) == "approved"
    work(house)
    assert house.state(request) == "done"
    assert house.pool()[1] == 0


@pytest.mark.parametrize("end", ["capture", "release"])
def test_a_hold_of_before_the_move_ends_with_whoever_had_paid(house: House, end: str) -> None:
    request = house.asked("fay", adjustment(900, "PTS"))
    work(house)
    assert house.state(request) == "done"
    with house.opened("web") as tx:
        asked = holding.Reserve(
            house.program_id, KIEL, "key", "PTS", 300, "order", NOW + timedelta(hours=1), "test"
        )
        done = holding.hold(tx, house.program, asked, NOW)
    assert isinstance(done, Done)
    move(house)
    pool = house.pool("budget:points:", "PTS")
    with house.opened("web") as tx:
        of = holding.OfHold(house.program_id, KIEL, done.event_id, "test")
        if end == "capture":
            assert isinstance(holding.capture(tx, of, 200, NOW), Done)
        else:
            assert isinstance(holding.release(tx, of, NOW), Done)
    assert house.pool("budget:points:", "PTS") == pool
    with house.opened("web") as tx:
        asked_for = spending.Spend(house.program_id, KIEL, "spend", "PTS", 300, "order", "test")
        spent = spending.spend(tx, house.program, asked_for, NOW)
        assert isinstance(spent, Done), spent
        assert check_invariants(tx) == []


def test_who_sees_the_member_changes_at_once_and_what_their_pool_paid_stays_theirs(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    assert house.say("kim", request) == "approved"
    work(house)
    move(house)
    seen = {}
    for market in ("DE", "NO"):
        with (
            connect(house.url, house.secret, "web") as db,
            transaction(db, house.program_id, scope=Scope((market,), ())) as tx,
        ):
            seen[market] = [
                tx.execute(statement, {"m": KIEL}).fetchone()[0]  # type: ignore[index]
                for statement in (
                    b"select count(*) from members where member_id = %(m)s",
                    b"select count(*) from rewards where member_id = %(m)s",
                    b"select count(*) from accounts where member_id = %(m)s and posted > 0",
                    b"select count(*) from transfers where member_id = %(m)s",
                    b"select count(*) from requests where beneficiary = %(m)s",
                )
            ]
    assert seen == {"DE": [0, 0, 0, 1, 1], "NO": [1, 1, 1, 1, 0]}
    assert GERMANY in str(house.rows("select from_account from transfers where member_id = %s", KIEL))
