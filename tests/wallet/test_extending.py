"""Letting a reward last longer: what it changes, what it refuses, and that time honors it."""

from datetime import date, datetime, timedelta

import pytest
from tests.wallet.house import House
from tests.wallet.test_holding import held
from tests.wallet.test_spending import done, reason, restored, spend_in

from guerdon.engine.timers import Ran
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.extending import Extension, extend
from guerdon.ledger.effects import Extend, Refuse, decode_decision
from guerdon.values.ids import show

# A gift of NOW, the 4th of May, is there until the end of the 3rd of June in Berlin.
ENDS = datetime.fromisoformat("2026-06-03T22:00Z")
LATER, LATER_ENDS = date(2026, 8, 31), datetime.fromisoformat("2026-08-31T22:00Z")
NOTHING = Ran(0, 0, 0)


def extended(
    house: House,
    member: int,
    reward_id: int,
    *,
    until: date = LATER,
    key: str = "k",
    why: str = "closed",
    own: int | None = None,
) -> Done | Refuse:
    with house.web() as tx:
        asked = Extension(house.program_id, member, reward_id, key, until, why, "per_1", own)
        return extend(tx, house.program, asked, house.now)


def gift(house: House, amount: int = 50) -> tuple[int, int]:
    """A member with a gift: both ids."""
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="a", amount=amount)
    return member, reward_of(house, "gift")


def reward_of(house: House, rule: str) -> int:
    ((number,),) = house.rows("select id from rewards where rule = %(r)s", r=rule)
    return int(number)


def end_of(house: House, reward_id: int) -> datetime | None:
    ((until,),) = house.rows("select expires_at from rewards where id = %(r)s", r=reward_id)
    assert until is None or isinstance(until, datetime)
    return until


def test_a_reward_lasts_until_the_end_of_the_new_day_and_the_books_say_by_whom_and_why(house: House) -> None:
    member, number = gift(house)
    assert end_of(house, number) == ENDS
    answer = done(extended(house, member, number))
    assert list(answer.effects) == [Extend(number, LATER_ENDS, ENDS)]
    assert end_of(house, number) == LATER_ENDS
    ((kind, outcome, decision),) = house.rows(
        "select type, outcome, decision::text from events where source = 'guerdon'"
    )
    assert (kind, outcome) == ("reward.extended", "extended")
    assert list(decode_decision(decision).effects) == list(answer.effects)
    told = house.rows("select actor, reason, subject from audit where action = 'reward.extended'")
    assert told == [("per_1", "closed", show("evt", answer.event_id))]
    # No value moved, and it is not the member who was here.
    assert house.lots(member) == [(50, 50, 0, "ready")]
    assert house.rows("select count(*) from transfers where event_id = %(e)s", e=answer.event_id) == [(0,)]


def test_time_ends_it_on_its_new_day_and_not_on_the_old(house: House) -> None:
    member, number = gift(house)
    done(extended(house, member, number))
    house.now = ENDS
    assert house.run_timers() == NOTHING
    assert not isinstance(spend_in(house, member, "s", 10), Refuse)
    house.now = LATER_ENDS - timedelta(microseconds=1)
    assert house.run_timers() == NOTHING
    house.now = LATER_ENDS
    assert house.run_timers() == Ran(0, 1, 0)
    assert house.lots(member) == [(50, 0, 0, "expired")]


def test_the_lot_that_ends_first_is_spent_first_also_when_that_is_another_by_now(house: House) -> None:
    member, number = gift(house)
    house.tell("1", "order.paid", order_no="b", amount=100)  # for 90 days
    done(extended(house, member, number, until=date(2026, 12, 31)))
    done(spend_in(house, member, "s", 70))
    assert sorted(house.lots(member)) == [(50, 50, 0, "ready"), (100, 30, 0, "ready")]


def test_the_same_reference_extends_once_and_answers_alike(house: House) -> None:
    member, number = gift(house)
    first, second = extended(house, member, number), extended(house, member, number)
    assert (done(first).again, done(second).again) == (False, True)
    assert (done(first).event_id, list(done(first).effects)) == (
        done(second).event_id,
        list(done(second).effects),
    )
    assert reason(extended(house, member, number, why="else")) == "key:reused"
    assert reason(extended(house, member, number, until=date(2026, 9, 1))) == "key:reused"
    assert end_of(house, number) == LATER_ENDS


def test_a_reward_is_extended_again_and_only_ever_later(house: House) -> None:
    member, number = gift(house)
    done(extended(house, member, number))
    assert reason(extended(house, member, number, key="l")) == "end:sooner"
    assert reason(extended(house, member, number, key="l", until=date(2026, 8, 30))) == "end:sooner"
    done(extended(house, member, number, key="l", until=date(2026, 9, 1)))
    assert end_of(house, number) == LATER_ENDS + timedelta(days=1)


@pytest.mark.parametrize(
    ("until", "why"),
    [
        (date(2026, 6, 3), "end:sooner"),
        (date(2020, 1, 1), "end:sooner"),
        (date.min, "end:sooner"),
        (date(2036, 5, 5), "end:far"),
        (date.max, "end:far"),
    ],
)
def test_a_day_that_is_no_later_or_too_far_is_refused(house: House, until: date, why: str) -> None:
    member, number = gift(house)
    before = house.rows("select count(*) from events"), house.rows("select count(*) from audit")
    assert reason(extended(house, member, number, until=until)) == why
    assert end_of(house, number) == ENDS
    assert (house.rows("select count(*) from events"), house.rows("select count(*) from audit")) == before
    # Ten years from today are possible.
    done(extended(house, member, number, until=date(2036, 5, 4)))


def test_what_is_not_there_any_more_is_refused_with_its_reason(house: House) -> None:
    member, number = gift(house)
    (other,) = house.enroll("2")
    assert reason(extended(house, other, number)) == "reward:unknown"
    assert reason(extended(house, member, number + 1)) == "reward:unknown"
    assert reason(extended(house, 404, number)) == "member:unknown"
    assert reason(extended(house, member, number, own=member)) == "reward:own"
    assert not done(extended(house, member, number, key="o", own=other)).again
    done(spend_in(house, member, "s", 50))
    assert reason(extended(house, member, number, until=date(2026, 12, 1))) == "reward:used"


def test_what_was_taken_back_has_ended_or_never_ends_is_refused(house: House) -> None:
    member, number = gift(house)
    house.tell("1", "walk.taken", amount=9)
    assert reason(extended(house, member, reward_of(house, "walk"))) == "reward:endless"
    # Over is over, before and after a timer says so.
    house.now = ENDS
    assert reason(extended(house, member, number)) == "reward:ended"
    house.run_timers()
    assert reason(extended(house, member, number)) == "reward:ended"
    house.tell("1", "gift.given", order_no="z", amount=5)
    ((second,),) = house.rows("select id from rewards where reference = 'z'")
    house.tell("1", "gift.withdrawn", order_no="z")
    assert reason(extended(house, member, second, until=date(2026, 12, 1))) == "reward:withdrawn"


def test_what_waits_or_is_held_lasts_longer_too(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "trip.booked", order_no="t", amount=80)
    number = reward_of(house, "trip")
    before = end_of(house, number)
    assert before is not None
    until = (before + timedelta(days=30)).date()
    done(extended(house, member, number, until=until))
    after = end_of(house, number)
    house.later(days=15)
    assert house.run_timers() == Ran(1, 0, 0)
    assert end_of(house, number) == after
    done(held(house, member, 30))
    done(extended(house, member, number, key="h", until=until + timedelta(days=1)))


def test_a_spend_that_is_given_back_tells_of_the_days_it_brings(house: House) -> None:
    member, number = gift(house)
    event = done(spend_in(house, member, "s", 20)).event_id
    house.now = ENDS - timedelta(days=1)
    answer = done(restored(house, member, event))
    until = house.now + timedelta(days=30)
    assert [each for each in answer.effects if isinstance(each, Extend)] == [Extend(number, until, ENDS)]
    assert end_of(house, number) == until
