"""What was told of a reward is recalled or corrected in the commit that takes something of it back."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from tests.engine.harbor_house import HarborHouse, deed
from tests.inapp.listening import Listener, aside, listening, run
from tests.inapp.posts import Post
from tests.outbox.postal import example_program

from guerdon.engine.library import Library
from guerdon.engine.messages.inapp import Notice, post_notices
from guerdon.engine.messages.posting import NoticeBoard, post_due
from guerdon.store.database import connect, transaction
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.clock import utc_now
from guerdon.values.money import Money
from guerdon.web.inapp.hub import ROWS_AT_ONCE, Line, News, Stream
from guerdon.web.member.inbox.cookies import Reader

TOLD = """
messages:
  reward_ready: { channels: [inapp], topic: service }
  points_there:
    channels: [email]
    topic: service
    data: [reward.value]
    text:
      subject: { en: Points, de: Punkte }
      headline: { en: "{{reward.value}}", de: "{{reward.value}}" }
      body: { en: There they are., de: Da sind sie. }
  reward_taken_back: { channels: [inapp], topic: service }
events:
"""
ORDER = "pay_from: main, valid_days: 180, reference: order_no }\n"
POINTS = "at_most: 500 PTS }, reference: order_no }\n"
SENDS = "      - send: reward_ready\n      - send: reward_taken_back\n"
CHANGES = (
    ("\nevents:\n", TOLD),
    (ORDER, ORDER + SENDS),
    (POINTS, POINTS + SENDS + "      - send: points_there\n"),
)


@dataclass
class Harbor(HarborHouse):
    """A harbor that tells its members of orders and points."""

    def post(self) -> None:
        """Lay out in the app what is due there."""
        board = NoticeBoard(Library(self.vault, {}), lambda *_: "", lambda: self.now)
        with connect(self.url, self.secret, "worker") as db:
            while post_due(db, self.program_id, board):
                pass

    def lies(self) -> list[tuple[object, ...]]:
        """What lies in the app: message, rule, whether it was recalled, whether corrected."""
        return self.rows(
            "select i.message, r.rule, i.recalled_at is not null, i.corrected_at is not null from inapp i"
            " join rewards r on r.program_id = i.program_id and r.id = i.reward_id order by 1, 2"
        )


@pytest.fixture
def harbor(database: str, secret: str) -> Iterator[Harbor]:
    """Give the harbor's house with a member, and check its books at the end."""
    made = Harbor(database, secret)
    made.open("harbor", *CHANGES)
    made.join("ann")
    person = seal_person(made.vault, made.program_id, made.member("ann"), Person("Ann", "ann@example.com"))
    with connect(database, secret, "worker") as db, transaction(db, made.program_id) as tx:
        record_persons(tx, made.program_id, [person])
    yield made
    made.check()


def placed(house: Harbor) -> None:
    house.tell_and_work(deed("ann", "order.placed", order_no="1", amount=2_000))


def returned(house: Harbor, part: int = 4) -> None:
    house.tell_and_work(deed("ann", "order.returned", 1, order_no="1", refunded=part, total=4))


def test_what_is_taken_back_whole_is_gone_and_its_taking_back_is_told(harbor: Harbor) -> None:
    placed(harbor)
    harbor.post()
    assert harbor.lies() == [
        ("reward_ready", "order", False, False),
        ("reward_ready", "points", False, False),
    ]
    returned(harbor)
    assert harbor.lies() == [("reward_ready", "order", True, False), ("reward_ready", "points", True, False)]
    harbor.post()
    assert harbor.lies()[2:] == [
        ("reward_taken_back", "order", False, False),
        ("reward_taken_back", "points", False, False),
    ]
    # And told again by the same return, nothing more comes of it.
    returned(harbor)
    harbor.post()
    assert [each[2] for each in harbor.lies()] == [True, True, False, False]


def test_what_lost_a_part_lies_there_and_says_what_is_left(harbor: Harbor) -> None:
    placed(harbor)
    harbor.post()
    returned(harbor, part=1)
    assert harbor.lies() == [("reward_ready", "order", True, False), ("reward_ready", "points", False, True)]
    # The rest is taken back too: now there is nothing to tell of any more.
    returned(harbor, part=3)
    assert harbor.lies()[1] == ("reward_ready", "points", True, True)


def test_what_was_spent_and_is_owed_now_is_gone_as_well(harbor: Harbor) -> None:
    placed(harbor)
    harbor.post()
    harbor.spend("ann", "PTS", 100)
    returned(harbor)
    assert harbor.rows("select state, reversed from rewards where rule = 'points'") == [("redeemed", 100)]
    assert harbor.lies()[1] == ("reward_ready", "points", True, False)


def waits(house: Harbor) -> list[tuple[object, ...]]:
    return house.rows("select message from outbox where channel = 'email'")


def ended(house: Harbor) -> list[tuple[object, ...]]:
    return house.rows(
        "select message, state, reason, language, attempts from messages where channel = 'email'"
    )


def test_what_still_waits_is_recalled_with_its_reason(harbor: Harbor) -> None:
    placed(harbor)
    assert waits(harbor) == [("points_there",)]
    returned(harbor)
    assert waits(harbor) == []
    assert ended(harbor) == [("points_there", "recalled", "reward:reversed", "de", 0)]
    # What tells of the taking back itself goes.
    assert harbor.rows("select distinct message from outbox order by 1") == [("reward_taken_back",)]


def test_given_and_taken_back_at_once_it_is_never_told(harbor: Harbor) -> None:
    harbor.call(
        [
            deed("ann", "order.placed", order_no="1", amount=2_000),
            deed("ann", "order.returned", 1, order_no="1", refunded=4, total=4),
        ]
    )
    harbor.work()
    harbor.post()
    assert ended(harbor) == [("points_there", "recalled", "reward:reversed", "de", 0)]
    assert {each[0] for each in harbor.lies()} == {"reward_taken_back"}


def test_of_what_is_left_a_part_it_waits_on(harbor: Harbor) -> None:
    placed(harbor)
    returned(harbor, part=1)
    assert waits(harbor) == [("points_there",)]
    assert ended(harbor) == []


@pytest.mark.parametrize(
    ("fence", "begun", "awaits"),
    [(uuid4(), 1, False), (uuid4(), 0, False), (None, 1, False), (None, 0, True)],
)
def test_what_is_under_way_is_left_to_whoever_has_it(
    harbor: Harbor, fence: UUID | None, begun: int, *, awaits: bool
) -> None:
    placed(harbor)
    with connect(harbor.url, harbor.secret, "worker") as db, transaction(db, harbor.program_id) as tx:
        tx.execute(
            "update outbox set fence = %s, hand_overs = %s, awaits = %s where channel = 'email'",
            (fence, begun, awaits),
        )
    returned(harbor)
    assert waits(harbor) == [("points_there",)]
    assert ended(harbor) == []


def test_what_is_being_claimed_is_not_waited_for(harbor: Harbor) -> None:
    """A deliverer that has the row in hand settles it by the fence that it put there, and only so."""
    placed(harbor)
    fence = uuid4()
    with connect(harbor.url, harbor.secret, "worker") as db, transaction(db, harbor.program_id) as tx:
        tx.execute("update outbox set fence = %s, hand_overs = 1 where channel = 'email'", (fence,))
        returned(harbor)
    assert harbor.rows("select message, fence from outbox where channel = 'email'") == [
        ("points_there", fence)
    ]
    assert ended(harbor) == []


def notice_of(reward_id: int, number: int, *, stays: bool = False) -> Notice:
    return Notice(7, number, "reward_ready", reward_id, number, 1, utc_now(), stays)


def recalled(post: Post) -> list[tuple[object, ...]]:
    return post.house.rows("select id, recalled_at is not null from inapp order by id")


def test_whoever_decided_before_the_taking_back_lays_nothing_out_after_it(post: Post) -> None:
    house = post.house
    house.enroll(7)
    reward = house.reward(7)
    house.take_back(7, reward, 20_000)
    with house.working() as tx:
        # Decided while it was there, and late: what tells of the taking back itself lies there all the same.
        post_notices(tx, house.program_id, [notice_of(reward, 1), notice_of(reward, 2, stays=True)])
    assert recalled(post) == [(1, True), (2, False)]


def test_a_taking_back_waits_for_whoever_is_laying_it_out(post: Post) -> None:
    house = post.house
    house.enroll(7)
    reward = house.reward(7)
    with house.working() as tx:
        post_notices(tx, house.program_id, [notice_of(reward, 1)])
        other = threading.Thread(target=house.take_back, args=(7, reward, 20_000))
        other.start()
        other.join(0.5)
        assert other.is_alive()
    other.join(20)
    assert not other.is_alive()
    assert recalled(post) == [(1, True)]


def said(listener: Listener) -> list[tuple[int, str]]:
    read = [json.loads(each["data"]) for each in listener.events("corrected")]
    return [(each["position"], each["title"]) for each in read]


def test_open_pages_hear_what_is_left_and_that_nothing_is(post: Post) -> None:
    house = post.house
    house.enroll(7)
    reward, other = house.reward(7, at=utc_now()), house.reward(7, at=utc_now(), value=Money(1_100, "EUR"))
    post.to(7, reward_id=reward)
    post.to(7, reward_id=other)

    async def story() -> None:
        async with (
            listening(post.cookie(7), "after=1") as ahead,
            listening(post.cookie(7), "after=0") as all_,
        ):
            await all_.until(lambda it: it.positions == [1, 2])
            await ahead.until(lambda it: it.positions == [2])
            await aside(lambda: house.take_back(7, reward, 5_000))
            for listener in (ahead, all_):
                await listener.until(lambda it: said(it) == [(1, "Your €150 reward is ready")])
            # Said once, though something else is heard.
            await aside(lambda: house.take_back(7, other, 1_100))
            for listener in (ahead, all_):
                await listener.until(lambda it: it.gone == [2])
            await aside(lambda: house.take_back(7, reward, 1_000, at=utc_now()))
            for listener in (ahead, all_):
                await listener.until(lambda it: len(said(it)) == 2)
                assert said(listener)[1] == (1, "Your €140 reward is ready")
                # A correction has no position of its own to go on from.
                assert all("id" not in each for each in listener.events("corrected"))
        # A page that was away when it happened hears it as it comes back.
        async with listening(post.cookie(7), last_event_id="2") as later:
            await later.until(lambda it: said(it) == [(1, "Your €140 reward is ready")])

    run(story())


def test_a_reader_who_is_slow_gets_corrections_later_and_all_of_them() -> None:
    stream = Stream(Reader(1, example_program(), 7, 0), after=9)
    stream.pending.extend([b"x"] * (ROWS_AT_ONCE - 2))
    at = utc_now()
    news = News((), tuple(Line(position, at, b"%d" % position) for position in (1, 2, 3)), (), more=False)
    stream.offer(news)
    assert (len(stream.pending), stream.behind) == (ROWS_AT_ONCE, True)
    stream.pending.clear()
    stream.behind = False
    stream.offer(news)
    assert (list(stream.pending), stream.behind) == ([b"event: corrected\n3"], False)
    stream.offer(news)
    assert len(stream.pending) == 1


def test_the_taking_back_tells_how_much_was_taken(post: Post) -> None:
    house = post.house
    house.enroll(7)
    reward = house.reward(7, at=utc_now())
    house.take_back(7, reward, 5_000)
    post.to(7, message="reward_taken_back", reward_id=reward)

    async def story() -> None:
        async with listening(post.cookie(7), "after=0") as listener:
            await listener.until(lambda it: it.positions == [1])
            told = json.loads(listener.events("notice")[0]["data"])
            assert told["title"] == "Your €50 reward was taken back"

    run(story())
