"""What goes wrong around a broadcast: providers, members, programs and clocks that do not keep still."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread

import pytest
from tests.broadcasts.world import SEGMENTS, SPRING, TEXT, Carrier, Fleet

from guerdon.engine.messages import beginning, delivering
from guerdon.engine.messages.broadcasting.campaigns import rest_after
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Outcome, Parcel, Retry
from guerdon.store.database import connect, transaction
from guerdon.store.messages.broadcasts.standing import Broadcast

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Sulking(Carrier):
    """Takes nothing the first time it is asked for a message."""

    asked: set[int] = field(default_factory=set)

    def send(self, written: Letter | Parcel) -> Outcome:
        number = written.id if isinstance(written, Letter) else written.message_id
        if number not in self.asked:
            self.asked.add(number)
            return Retry("smtp:451")
        return super().send(written)


def sent(fleet: Fleet) -> list[int]:
    return [number for carrier in fleet.carriers.values() for number in carrier.taken]


def goes_by(fleet: Fleet, rounds: int = 16, each: timedelta = 6 * HOUR) -> None:
    """Let days go by, with the worker at work."""
    fleet.carry()
    for _ in range(rounds):
        fleet.delivered()
        fleet.world.now += each
    fleet.carry()


def test_a_turn_late_in_a_long_broadcast_has_as_much_patience_as_any(fleet: Fleet) -> None:
    fleet.sail(40)
    fleet.carriers = {kind: Sulking(fleet, kind) for kind in fleet.carriers}
    number = fleet.started(spread=10 * DAY)
    goes_by(fleet, 120, 3 * HOUR)
    assert fleet.found(number).state == "ended"
    assert fleet.world.rows("select distinct reason from messages where state = 'failed'") == []
    foreseen = fleet.counts(number, "check")
    assert len(sent(fleet)) == sum(n for (_, outcome, _), n in foreseen.items() if outcome != "left_out")


def test_a_message_with_a_next_channel_waits_for_its_first_one_by_its_turn(fleet: Fleet) -> None:
    patient = SPRING.replace(
        "channels: [email, sms, push]", "channels: [email, push]\n    fall_back_after: 2 hours"
    )
    fleet.publish(TEXT.replace(SPRING, patient))
    fleet.sail(40)
    fleet.carriers["email"] = Sulking(fleet, "email")
    number = fleet.started(spread=8 * HOUR)
    foreseen = fleet.counts(number, "check")
    goes_by(fleet, 400, timedelta(minutes=20))
    told = fleet.counts(number, "told")
    mailed = sum(n for (_, outcome, via), n in foreseen.items() if outcome != "left_out" and via == "email")
    assert sum(n for (_, outcome, via), n in told.items() if outcome == "sent" and via == "email") == mailed


def test_whoever_lives_in_no_market_of_it_by_now_is_not_told(fleet: Fleet) -> None:
    fleet.sail(40)
    number = fleet.started(spread=4 * HOUR, markets=("DE",))
    fleet.carry()
    meant = fleet.ids()
    assert len(meant) > 10
    moving = meant[:5]
    world = fleet.world
    with closing(connect(world.url, world.secret, "worker")) as db, transaction(db, world.program_id) as tx:
        tx.execute("update members set market = 'NO' where member_id = any(%s)", (moving,))
    goes_by(fleet)
    rows = fleet.world.rows("select member_id from messages where state = 'recalled'")
    assert sorted(row[0] for row in rows) == moving
    assert fleet.found(number).state == "ended"


@pytest.mark.parametrize("when", ["checked", "told"])
def test_one_whose_segment_is_gone_ends_by_itself(fleet: Fleet, when: str) -> None:
    fleet.sail(20)
    number = fleet.make() if when == "checked" else fleet.started()
    if when == "checked":
        fleet.act(number, "check")
    fleet.publish(TEXT.replace(SEGMENTS, ""))
    fleet.carry()
    goes_by(fleet)
    found = fleet.found(number)
    assert (found.state, found.ended_at is not None) == ("stopped", True)
    assert sent(fleet) == []


def test_a_clock_that_was_put_back_while_it_rested_tells_nobody_earlier(fleet: Fleet) -> None:
    fleet.sail(40)
    number = fleet.started(spread=4 * HOUR)
    fleet.carry()
    before = dict(fleet.world.rows("select id, next_at from outbox"))
    fleet.world.now += HOUR
    fleet.act(number, "pause")
    fleet.world.now -= HOUR / 2
    assert isinstance(fleet.act(number, "resume"), Broadcast)
    fleet.carry()
    assert fleet.found(number).state == "running"
    assert dict(fleet.world.rows("select id, next_at from outbox")) == before


@pytest.mark.parametrize("act", ["pause", "stop"])
def test_after_it_was_halted_nothing_begins(fleet: Fleet, act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that is about to hand over either commits first, or finds that it was halted."""
    fleet.sail(40)
    number = fleet.started()
    fleet.carry()
    asked, halted = Event(), Event()
    begin = beginning.begin

    def slowly(*given: object) -> object:
        asked.set()
        # Whoever halts it waits for this round; it is answered when that is committed.
        halted.wait(1)
        begun_after_the_word.append(halted.is_set())
        return begin(*given)  # type: ignore[arg-type]

    begun_after_the_word: list[bool] = []
    monkeypatch.setattr(delivering, "begin", slowly)
    round_ = Thread(target=fleet.deliver)
    round_.start()
    assert asked.wait(10)
    assert isinstance(fleet.act(number, act), Broadcast)  # type: ignore[arg-type]
    halted.set()
    round_.join()
    assert begun_after_the_word[0] is False


def test_of_two_at_once_one_goes_where_the_cap_lets_one_go(fleet: Fleet) -> None:
    fleet.sail(40)
    for _ in range(4):
        fleet.started()
    fleet.carry()
    goes_by(fleet, 60, 2 * HOUR)
    rows = fleet.world.rows(
        "select member_id, day, count(distinct message_id) from message_attempts where counts"
        " group by 1, 2 order by 3 desc"
    )
    assert rows[0][2] == 2
    assert fleet.world.rows("select count(*) from messages where reason like 'cap:%%'")[0][0] > 0


def test_a_message_that_speaks_of_a_reward_by_now_is_told_to_nobody(fleet: Fleet) -> None:
    fleet.sail(20)
    number = fleet.started(spread=4 * HOUR)
    fleet.carry()
    of_a_reward = SPRING.replace("[member.name]", "[member.name, reward.value]").replace(
        "{ en: Spring, de: Frühling }", '{ en: "{{reward.value}}", de: "{{reward.value}}" }'
    )
    fleet.publish(TEXT.replace(SPRING, of_a_reward))
    goes_by(fleet)
    fleet.carry()
    assert sent(fleet) == []
    assert fleet.found(number).state in {"ended", "stopped"}


def test_a_member_who_was_forgotten_meanwhile_is_not_told(fleet: Fleet) -> None:
    fleet.sail(20)
    number = fleet.started(spread=4 * HOUR)
    fleet.carry(5)
    gone = fleet.ids()[:4]
    fleet.world.change("delete from persons where member_id = any(%s)", gone)
    goes_by(fleet)
    assert fleet.found(number).state == "ended"
    assert fleet.world.rows(
        "select count(*) from messages where member_id = any(%s) and state = 'sent'", gone
    ) == [(0,)]


def test_counting_takes_no_more_than_a_twentieth_of_the_time_and_is_never_long_away() -> None:
    assert [rest_after(took_s) for took_s in (0.001, 0.25, 1, 2.5, 100)] == [5, 5, 20, 50, 60]
