"""A broadcast tells its segment once, over its time, and can be halted; who is left out is known before."""

from contextlib import closing
from datetime import timedelta

import pytest
from tests.broadcasts.world import MAKER, OWNER, Fleet
from tests.outbox.histories import Killed
from tests.wallet.house import at_once

from guerdon.engine.messages.broadcasting import walking
from guerdon.engine.messages.broadcasting.campaigns import carry_on
from guerdon.engine.messages.broadcasting.commands import CHECK_LASTS, Wrong
from guerdon.engine.messages.broadcasting.meant import broadcastable
from guerdon.store.database import connect
from guerdon.store.messages.broadcasts.standing import Broadcast

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_who_is_left_out_and_why_is_what_then_happens(fleet: Fleet) -> None:
    fleet.sail(150)
    number = fleet.started()
    foreseen = fleet.counts(number, "check")
    assert sum(foreseen.values()) == 150
    left_out = {(market, why): n for (market, outcome, why), n in foreseen.items() if outcome == "left_out"}
    # Of all kinds there are some: no consent, no address, asked and not answered.
    assert len(left_out) > 3
    assert 0 < len(fleet.found(number).examples) <= 20
    fleet.carry()
    # A Sunday and its quiet hours are in between.
    for _ in range(14):
        fleet.delivered()
        fleet.world.now += 6 * HOUR
    fleet.carry()
    assert fleet.found(number).state == "ended"
    told = fleet.counts(number, "told")
    assert {
        (market, why): n for (market, outcome, why), n in told.items() if outcome == "withheld"
    } == left_out
    sent = {(market, via): n for (market, outcome, via), n in told.items() if outcome == "sent"}
    goes: dict[tuple[str, str], int] = {}
    for (market, outcome, via), n in foreseen.items():
        if outcome != "left_out":
            goes[market, via] = goes.get((market, via), 0) + n
    assert goes == sent
    assert sum(told.values()) == 150


def test_a_channel_without_an_account_is_passed_over_in_both(fleet: Fleet) -> None:
    fleet.closed = frozenset({"push"})
    fleet.sail(60)
    number = fleet.started(markets=("NO",))
    foreseen = fleet.counts(number, "check")
    assert {market for market, _, _ in foreseen} == {"NO"}
    assert foreseen["NO", "left_out", "channel:closed"] > 0
    fleet.carry()
    for _ in range(14):
        fleet.delivered()
        fleet.world.now += 6 * HOUR
    fleet.carry()
    told = fleet.counts(number, "told")
    assert told["NO", "withheld", "channel:closed"] == foreseen["NO", "left_out", "channel:closed"]
    assert fleet.carriers["push"].taken == []


def test_looking_locks_nobody_and_writes_no_attempt(fleet: Fleet) -> None:
    fleet.sail(20)
    reach = fleet.world.rows("select count(*) from reach")
    number = fleet.make()
    fleet.act(number, "check", MAKER)
    fleet.carry()
    assert fleet.found(number).state == "ready"
    assert fleet.world.rows("select count(*) from message_attempts") == [(0,)]
    assert fleet.world.rows("select count(*) from outbox") == [(0,)]
    assert fleet.world.rows("select count(*) from reach") == reach


@pytest.mark.parametrize("at", ["between stretches", "in a stretch"])
def test_killed_in_the_middle_it_goes_on_and_tells_nobody_twice(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    fleet.sail(50)
    number = fleet.started()
    world = fleet.world
    with closing(connect(world.url, world.secret, "worker")) as db:
        stretches = carry_on(db, fleet.office, world.program_id, world.now, 10)
        assert [next(stretches) for _ in range(3)] == [number] * 3
        if at == "in a stretch":

            def killed(*_: object) -> None:
                raise Killed

            with monkeypatch.context() as patched:
                patched.setattr(walking, "settle_walk", killed)
                with pytest.raises(Killed):
                    next(stretches)
    assert len(fleet.ids()) == 30
    fleet.carry(10)
    assert fleet.ids() == sorted(world.members)
    assert world.rows("select count(*) from events where type = 'broadcast.sent'") == [(50,)]


def test_what_was_told_once_is_not_told_by_somebody_who_forgot_how_far_they_were(fleet: Fleet) -> None:
    fleet.sail(20)
    fleet.started()
    fleet.carry()
    fleet.delivered()
    with_messages = fleet.ids()
    fleet.world.change("update broadcasts set walked_to = 0, walked_at = null")
    fleet.carry()
    assert fleet.ids() == with_messages


def test_two_workers_tell_everybody_once(fleet: Fleet) -> None:
    fleet.sail(60)
    fleet.started()
    at_once([lambda: fleet.carry(7)] * 2)
    fleet.carry()
    assert fleet.ids() == sorted(fleet.world.members)
    at_once([fleet.delivered] * 2)
    taken = [number for carrier in fleet.carriers.values() for number in carrier.taken]
    assert len(taken) == len(set(taken)) > 0


def test_it_is_spread_evenly_over_its_time(fleet: Fleet) -> None:
    fleet.sail(200)
    number = fleet.started(spread=4 * HOUR)
    fleet.carry()
    begins = fleet.found(number).starts_at
    hours = [int((row[0] - begins) / HOUR) for row in fleet.world.rows("select next_at from outbox")]
    assert set(hours) == {0, 1, 2, 3}
    # Fifty each, by a hash.
    assert all(30 <= hours.count(hour) <= 70 for hour in range(4))
    assert len(fleet.ids()) == 200


def test_paused_it_sends_nothing_and_goes_on_where_it_was(fleet: Fleet) -> None:
    fleet.sail(80)
    number = fleet.started(spread=4 * HOUR)
    fleet.carry()
    fleet.world.now += HOUR
    assert fleet.delivered() > 0
    ended = fleet.world.rows("select count(*) from messages")
    before = dict(fleet.world.rows("select id, next_at from outbox where attempts = 0"))
    assert isinstance(fleet.act(number, "pause"), Broadcast)
    fleet.world.now += 2 * HOUR
    assert fleet.delivered() == 0
    assert fleet.carry() == 0
    assert fleet.world.rows("select count(*) from messages") == ended
    assert isinstance(fleet.act(number, "resume"), Broadcast)
    assert fleet.act(number, "resume") == Wrong("state")
    # Until its rows are put off it still rests.
    assert fleet.delivered() == 0
    fleet.carry()
    assert fleet.found(number).state == "running"
    after = dict(fleet.world.rows("select id, next_at from outbox where attempts = 0"))
    assert after.keys() == before.keys()
    late = [after[each] - before[each] for each in before]
    assert all(2 * HOUR <= each < 2 * HOUR + timedelta(minutes=1) for each in late)
    for _ in range(16):
        fleet.world.now += 6 * HOUR
        fleet.delivered()
    fleet.carry()
    assert fleet.found(number).state == "ended"
    assert len(fleet.ids()) == 80


def test_one_that_rests_is_in_nobodys_way(fleet: Fleet) -> None:
    fleet.sail(60)
    number = fleet.started()
    fleet.carry()
    fleet.act(number, "pause")
    world = fleet.world
    world.change(
        "insert into outbox (program_id, member_id, id, event_id, message, channel, created_at, next_at)"
        " values (%s, 1, 999, 0, 'spring', 'email', %s, %s)",
        *(world.program_id, world.now, world.now),
    )
    assert fleet.delivered() > 0
    assert world.rows("select distinct message_id from message_attempts") == [(999,)]
    world.change("delete from messages where id = 999")
    world.change("delete from outbox where id = 999")


def test_stopped_it_takes_back_what_has_not_begun(fleet: Fleet) -> None:
    fleet.sail(80)
    number = fleet.started(spread=4 * HOUR)
    fleet.carry()
    fleet.world.now += HOUR
    fleet.delivered()
    sent = [len(carrier.taken) for carrier in fleet.carriers.values()]
    assert isinstance(fleet.act(number, "stop"), Broadcast)
    fleet.carry()
    for _ in range(4):
        fleet.world.now += 6 * HOUR
        fleet.delivered()
    fleet.carry()
    assert [len(carrier.taken) for carrier in fleet.carriers.values()] == sent
    assert fleet.world.rows("select count(*) from outbox") == [(0,)]
    found = fleet.found(number)
    assert (found.state, found.ended_at is not None) == ("stopped", True)
    recalled = sum(n for (_, outcome, _), n in fleet.counts(number, "told").items() if outcome == "recalled")
    assert recalled > 30
    assert fleet.act(number, "resume") == Wrong("state")


def test_whoever_leaves_the_segment_before_their_turn_is_not_told(fleet: Fleet) -> None:
    fleet.sail(40)
    number = fleet.started(spread=4 * HOUR)
    fleet.carry()
    leaving = list(fleet.world.members)[:20]
    fleet.own(leaving, 0)
    for _ in range(14):
        fleet.world.now += 6 * HOUR
        fleet.delivered()
    fleet.carry()
    rows = fleet.world.rows(
        "select member_id from messages where state = 'recalled' and reason = 'segment:left'"
    )
    assert sorted(row[0] for row in rows) == leaving
    assert fleet.found(number).state == "ended"


def test_whoever_comes_into_the_segment_behind_it_is_not_told_and_ahead_of_it_is(fleet: Fleet) -> None:
    fleet.sail(40)
    members = list(fleet.world.members)
    early, late = members[3], members[30]
    fleet.own([early, late], 0)
    fleet.started()
    world = fleet.world
    with closing(connect(world.url, world.secret, "worker")) as db:
        next(carry_on(db, fleet.office, world.program_id, world.now, 10))
    fleet.own([early, late], 1)
    fleet.carry(10)
    assert fleet.ids() == sorted(set(members) - {early})


def test_who_may_start_it_and_when(fleet: Fleet) -> None:
    fleet.sail(5)
    number = fleet.make()
    assert fleet.act(number, "start") == Wrong("state")
    fleet.act(number, "check", MAKER)
    assert fleet.act(number, "start") == Wrong("state")
    fleet.carry()
    assert fleet.act(number, "start", MAKER) == Wrong("own")
    fleet.world.now += CHECK_LASTS + HOUR
    assert fleet.act(number, "start", OWNER) == Wrong("stale")
    fleet.act(number, "check", MAKER)
    fleet.carry()
    assert isinstance(fleet.act(number, "start", OWNER), Broadcast)
    assert fleet.act(number, "start", OWNER) == Wrong("state")


def test_only_a_text_that_speaks_of_no_reward_can_be_told_to_many(fleet: Fleet) -> None:
    assert list(broadcastable(fleet.world.program)) == ["spring"]
