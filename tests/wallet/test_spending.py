"""Spending from the balance: what it takes first, that it happens once, and how it is taken back."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import psycopg
import pytest
from tests.races import RACED, Race
from tests.wallet.house import House, at_once

from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.holding import OfHold, Reserve, capture, hold
from guerdon.engine.wallet.spending import Restore, Spend, restore, spend
from guerdon.ledger.effects import Draw, Refuse, decode_decision
from guerdon.store.database import Connection, connect, transaction


def spend_in(
    house: House, member: int, key: str, amount: int, unit: str = "PTS", purpose: str = ""
) -> Done | Refuse:
    with house.web() as tx:
        asked = Spend(house.program_id, member, key, unit, amount, purpose)
        return spend(tx, house.program, asked, house.now)


def spending(house: House, member: int, *keys: str) -> Callable[[Connection], list[Done | Refuse]]:
    """Ten points for each reference, one after the other, on a connection that is open already."""

    def spent(db: Connection) -> list[Done | Refuse]:
        answers = []
        for key in keys:
            with transaction(db, house.program_id) as tx:
                asked = Spend(house.program_id, member, key, "PTS", 10)
                answers.append(spend(tx, house.program, asked, house.now))
        return answers

    return spent


def restored(house: House, member: int, event_id: int) -> Done | Refuse:
    with house.web() as tx:
        return restore(tx, house.program, Restore(house.program_id, member, event_id), house.now)


def done(answer: Done | Refuse) -> Done:
    assert isinstance(answer, Done), answer
    return answer


def reason(answer: Done | Refuse) -> str:
    assert isinstance(answer, Refuse), answer
    return answer.reason


def test_the_lot_that_ends_first_is_spent_first_and_the_decision_says_so(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)  # for 90 days
    house.later(days=1)
    house.tell("1", "gift.given", order_no="b", amount=50)  # for 30 days
    house.tell("1", "walk.taken", amount=500)  # of another unit
    answer = done(spend_in(house, member, "k1", 70))
    assert house.lots(member) == [(100, 80, 0, "ready"), (50, 0, 0, "redeemed")]
    assert house.purse(member) == (80, 0, 0, 0)
    assert (house.pool("spent:pot:DE"), house.pool("program:spent")) == (50, 20)
    ((kind, outcome, external_id, decision),) = house.rows(
        "select type, outcome, external_id, decision::text from events where source = 'guerdon'"
    )
    assert (kind, outcome, external_id) == ("value.spent", "spent", "spent:k1")
    assert list(decode_decision(decision).effects) == list(answer.effects)
    assert [draw.amount for draw in answer.effects if isinstance(draw, Draw)] == [50, 20]


def test_the_same_reference_spends_once_and_answers_alike(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    first, second = spend_in(house, member, "k1", 60), spend_in(house, member, "k1", 60)
    assert (done(first).again, done(second).again) == (False, True)
    assert done(first).event_id == done(second).event_id
    assert list(done(first).effects) == list(done(second).effects)
    assert house.purse(member) == (40, 0, 0, 0)


def test_the_same_reference_for_something_else_is_a_mistake(house: House) -> None:
    one, other = house.enroll("1", "2")
    for contact in ("1", "2"):
        house.tell(contact, "order.paid", order_no=contact, amount=100)
    done(spend_in(house, one, "k1", 60))
    assert reason(spend_in(house, one, "k1", 61)) == "key:reused"
    assert reason(spend_in(house, one, "k1", 60, purpose="else")) == "key:reused"
    assert reason(spend_in(house, other, "k1", 60)) == "key:reused"
    assert house.purse(other) == (100, 0, 0, 0)


def test_a_refused_spend_leaves_its_reference_free(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    assert reason(spend_in(house, member, "k1", 101)) == "balance"
    house.tell("1", "order.paid", order_no="b", amount=1)
    assert not done(spend_in(house, member, "k1", 101)).again
    assert house.purse(member) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("unit", "amount", "why"),
    [
        ("PTS", 0, "amount:nothing"),
        ("PTS", -5, "amount:nothing"),
        ("PTS", 101, "balance"),
        ("PTS", 2**63, "balance"),
        ("PTS", 10**40, "balance"),
        ("MILES", 1, "balance"),
        ("STARS", 1, "unit:status"),
        ("EUR", 1, "unit:whole"),
        ("XXX", 1, "unit:unknown"),
        ("", 1, "unit:unknown"),
    ],
)
def test_what_cannot_be_spent_is_refused_with_its_reason(
    house: House, unit: str, amount: int, why: str
) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    house.tell("1", "star.given")
    house.tell("1", "contract.signed", order_no="c")
    before = house.rows("select count(*) from events")
    assert reason(spend_in(house, member, "k", amount, unit)) == why
    assert house.rows("select count(*) from events") == before


@pytest.mark.parametrize("key", ["", "x" * 201, "a\0b", "a\nb"])
def test_a_reference_that_nobody_could_write_down_is_refused(house: House, key: str) -> None:
    (member,) = house.enroll("1")
    assert reason(spend_in(house, member, key, 1)) == "key:malformed"


def test_nobody_spends_for_a_member_who_is_not_there(house: House) -> None:
    assert reason(spend_in(house, 99, "k", 1)) == "member:unknown"


def test_what_has_ended_cannot_be_spent_though_nobody_took_it_back_yet(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="a", amount=50)
    house.tell("1", "order.paid", order_no="b", amount=10)
    house.later(days=31)
    assert reason(spend_in(house, member, "k", 11)) == "balance"
    done(spend_in(house, member, "k", 10))
    assert house.lots(member) == [(50, 50, 0, "ready"), (10, 0, 0, "redeemed")]


@RACED
def test_the_last_points_are_spent_once_whoever_asks_at_the_same_moment(house: House, race: Race) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    told = race.run(house, [("web", spending(house, member, f"k{n}")) for n in range(race.connections)])
    answers = [answer for (answer,) in told]
    assert sum(isinstance(answer, Done) for answer in answers) == 10
    assert {reason(answer) for answer in answers if isinstance(answer, Refuse)} == {"balance"}
    assert house.purse(member) == (0, 0, 0, 0)


@RACED
def test_one_reference_at_the_same_moment_spends_once(house: House, race: Race) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    # Twice by each: by as many connections as there may be, the same key comes sixty-four times.
    told = race.run(house, [("web", spending(house, member, "k", "k"))] * race.connections)
    answers = [answer for two in told for answer in two]
    assert sum(isinstance(a, Done) and not a.again for a in answers) == 1
    assert sum(isinstance(a, Done) and a.again for a in answers) == 2 * race.connections - 1
    assert house.purse(member) == (90, 0, 0, 0)


def test_one_reference_for_two_members_at_the_same_moment_is_one_of_theirs(house: House) -> None:
    members = house.enroll("1", "2")
    for contact in ("1", "2"):
        house.tell(contact, "order.paid", order_no=contact, amount=100)
    answers = at_once([partial(spend_in, house, member, "k", 10) for member in members])
    assert sorted(isinstance(a, Done) for a in answers) == [False, True]
    assert sorted(house.purse(member)[0] for member in members) == [90, 100]


def test_a_spend_taken_back_gives_every_lot_what_it_gave(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    house.tell("1", "gift.given", order_no="b", amount=50)
    before = dict(house.rows("select id, expires_at from rewards"))
    spent = done(spend_in(house, member, "k", 70))
    house.later(hours=1)
    back = done(restored(house, member, spent.event_id))
    assert house.lots(member) == [(100, 100, 0, "ready"), (50, 50, 0, "ready")]
    assert house.purse(member) == (150, 0, 0, 0)
    assert (house.pool("spent:pot:DE"), house.pool("program:spent")) == (0, 0)
    # One had thirty days left and has them anew, an hour later; the other had more.
    later = [end - before[reward] for reward, end in house.rows("select id, expires_at from rewards")]
    assert max(later) < timedelta(hours=24)
    assert min(later) == timedelta()
    assert done(restored(house, member, spent.event_id)).event_id == back.event_id
    assert house.purse(member) == (150, 0, 0, 0)


def test_what_ended_meanwhile_can_be_used_for_thirty_days_more(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="b", amount=50)
    spent = done(spend_in(house, member, "k", 20))
    house.later(days=60)
    assert house.run_timers().expired == 1
    assert house.purse(member) == (0, 0, 0, 0)
    done(restored(house, member, spent.event_id))
    assert house.lots(member) == [(50, 20, 0, "ready")]
    assert house.rows("select expires_at - %(now)s from rewards", now=house.now)[0][0].days == 30
    house.later(days=30)
    assert house.run_timers().expired == 1
    assert house.lots(member) == [(50, 0, 0, "expired")]
    assert house.pool("budget:pot:DE") == 1_000_000


def test_what_never_ends_does_not_end_when_it_comes_back(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "walk.taken", amount=50)
    spent = done(spend_in(house, member, "k", 20, "MILES"))
    done(restored(house, member, spent.event_id))
    assert house.rows("select expires_at, remaining from rewards") == [(None, 50)]


def test_value_that_comes_back_pays_the_debt_first(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    spent = done(spend_in(house, member, "k", 100))
    house.tell("1", "order.returned", order_no="a", refunded=60, total=100)
    assert house.purse(member) == (0, 0, 0, 60)
    assert house.pool("program:owed") == 60
    done(restored(house, member, spent.event_id))
    assert house.purse(member) == (40, 0, 0, 0)
    assert (house.pool("program:owed"), house.pool("program:spent")) == (0, 0)
    # It gave 1,000,100 to the pot and 100 to the member, and has 60 of these back.
    assert house.pool("program:funding") == -1_000_140


def test_a_captured_hold_is_taken_back_like_a_spend(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    with house.web() as tx:
        asked = Reserve(house.program_id, member, "k", "PTS", 60, "an order")
        opened = done(hold(tx, house.program, asked, house.now))
        taken = done(capture(tx, OfHold(house.program_id, member, opened.event_id), 40, house.now))
    done(restored(house, member, taken.event_id))
    assert house.purse(member) == (100, 0, 0, 0)


@pytest.mark.parametrize("what", ["nothing", "an earning", "a hold", "another member's"])
def test_only_a_spend_of_the_member_is_taken_back(house: House, what: str) -> None:
    member, other = house.enroll("1", "2")
    for contact in ("1", "2"):
        house.tell(contact, "order.paid", order_no=contact, amount=100)
    event_id = 999_999
    if what == "an earning":
        ((event_id,),) = house.rows("select id from events where member_id = %(m)s", m=member)
    elif what == "a hold":
        with house.web() as tx:
            asked = Reserve(house.program_id, member, "k", "PTS", 60, "x")
            event_id = done(hold(tx, house.program, asked, house.now)).event_id
    elif what == "another member's":
        event_id = done(spend_in(house, other, "k2", 5)).event_id
    assert reason(restored(house, member, event_id)) == "spend:unknown"


def test_a_command_belongs_to_the_whole_program_not_to_a_members_page(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    with (
        connect(house.url, house.secret, "web") as db,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        transaction(db, house.program_id, member) as tx,
    ):
        spend(tx, house.program, Spend(house.program_id, member, "k", "PTS", 1), house.now)


def test_a_command_that_dies_before_its_commit_was_never_given(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)

    def cut_off() -> None:
        with house.web() as tx:
            asked = Spend(house.program_id, member, "k", "PTS", 30)
            assert isinstance(spend(tx, house.program, asked, house.now), Done)
            raise psycopg.OperationalError("cut off before the commit")

    with pytest.raises(psycopg.OperationalError):
        cut_off()
    assert house.purse(member) == (100, 0, 0, 0)
    assert not done(spend_in(house, member, "k", 30)).again
    assert house.purse(member) == (70, 0, 0, 0)
