"""Posting and taking back: exactly once, in order, heard of when it is committed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from tests.inapp.posts import Post
from tests.redeem.house import House

from guerdon.engine.messages.inapp import post_notices
from guerdon.engine.recalling import recall_notices
from guerdon.store.database import Connection, connect
from guerdon.store.messages.inapp import (
    CHANNEL,
    Lying,
    list_notices,
    load_heard,
    load_shelf,
    mark_opened,
    mark_seen,
)
from guerdon.values.clock import utc_now


def fail_after_posting(house: House, post: Post) -> None:
    with house.working() as tx:
        post_notices(tx, house.program_id, [post.notice(7)])
        raise ZeroDivisionError


@pytest.fixture
def post(house: House) -> Post:
    """Post without a web process."""
    for member_id in (7, 8):
        house.enroll(member_id)
    return Post(house)


def lying(house: House, member_id: int) -> list[Lying]:
    with house.opens(member_id)() as tx:
        return list_notices(tx, house.program_id, member_id, None)


def heard_of(connection: Connection) -> list[str]:
    return [each.payload for each in connection.notifies(timeout=0.3)]


def test_a_notice_is_posted_once_whoever_posts_it_again(house: House, post: Post) -> None:
    first, second = post.notice(7), post.notice(7)
    with house.working() as tx:
        assert post_notices(tx, house.program_id, [first, first]) == 1
    with house.working() as tx:
        assert post_notices(tx, house.program_id, [second, first]) == 1
    assert [(each.position, each.id) for each in lying(house, 7)] == [(2, second.id), (1, first.id)]
    with house.working() as tx:
        assert post_notices(tx, house.program_id, []) == 0


def test_the_same_number_of_another_member_is_another_notice(house: House, post: Post) -> None:
    given = post.notice(7)
    twin = type(given)(8, *(getattr(given, name) for name in given.__slots__[1:]))
    with house.working() as tx:
        assert post_notices(tx, house.program_id, [given, twin]) == 2
    assert [each.position for each in lying(house, 8)] == [1]


def test_positions_come_to_be_seen_in_their_order_without_gaps(house: House, post: Post) -> None:
    """Whoever has seen a position has seen all before it, whatever posts at the same moment."""
    rounds, writers = 12, 6
    stop, skipped = threading.Event(), []

    def write(writer: int) -> None:
        for n in range(rounds):
            notice = type(post.notice(7))(7, writer * 1000 + n, "reward_ready", None, 1, 1, utc_now())
            with house.working() as tx:
                post_notices(tx, house.program_id, [notice])

    def look() -> None:
        last = 0
        while not stop.is_set():
            with house.opens(7)() as tx:
                found = load_heard(tx, house.program_id, {7: last}, 500)[7].notices
            positions = [each.position for each in found]
            if positions != list(range(last + 1, last + 1 + len(positions))):
                skipped.append((last, positions))
            last += len(positions)

    looker = threading.Thread(target=look)
    looker.start()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(1, writers + 1)))
    stop.set()
    looker.join()
    assert skipped == []
    assert house.rows("select count(*), max(position) from inapp") == [(rounds * writers,) * 2]


def test_pages_hear_of_a_commit_and_once_for_each_member(house: House, post: Post) -> None:
    with connect(house.url, house.secret, "web") as listener:
        listener.execute(f"listen {CHANNEL}")
        with house.working() as tx:
            notices = [post.notice(7), post.notice(8), post.notice(7)]
            post_notices(tx, house.program_id, notices)
            assert heard_of(listener) == []
        assert sorted(heard_of(listener)) == [f"{house.program_id}:7", f"{house.program_id}:8"]
        with house.working() as tx:
            # There already: nothing is new to anybody.
            post_notices(tx, house.program_id, notices)
        with suppress(ZeroDivisionError):
            fail_after_posting(house, post)
        assert heard_of(listener) == []
        assert post.take_back(notices[1].id) == 1
        assert heard_of(listener) == [f"{house.program_id}:8"]


def test_what_was_taken_back_is_gone_and_its_position_stays_taken(house: House, post: Post) -> None:
    first, second = post.to(7, 7)
    assert post.take_back(second) == 1
    assert post.take_back(second) == 0
    assert [each.id for each in lying(house, 7)] == [first]
    (third,) = post.to(7)
    assert [(each.position, each.id) for each in lying(house, 7)] == [(3, third), (1, first)]
    with house.opens(7)() as tx:
        heard = load_heard(tx, house.program_id, {7: 1})[7]
    assert ([each.id for each in heard.notices], list(heard.gone)) == ([third], [2])
    with house.working() as tx:
        assert recall_notices(tx, house.program_id, [], utc_now()) == 0
    # And posted again it stays so.
    with house.working() as tx:
        again = type(post.notice(7))(7, second, "reward_ready", None, 1, 1, utc_now())
        assert post_notices(tx, house.program_id, [again]) == 0


def test_a_member_marks_their_own_alone(house: House, post: Post) -> None:
    post.to(7, 8)
    now = utc_now()
    with house.opens(7)() as tx:
        mark_seen(tx, house.program_id, 8, [1], now)
        assert mark_opened(tx, house.program_id, 8, 1, now) is None
    assert house.rows("select from inapp where seen_at is not null") == []
    with house.opens(7)() as tx:
        mark_seen(tx, house.program_id, 7, [1, 5], now)
        shelf = load_shelf(tx, house.program_id, 7)
    assert shelf is not None
    assert (shelf.unseen, shelf.last) == (0, 1)
    assert house.rows("select member_id from inapp where seen_at is not null") == [(7,)]


def test_opening_one_opens_its_message_and_not_what_was_taken_back(house: House, post: Post) -> None:
    kept, lost = post.to(7, 7)
    with house.working() as tx:
        tx.execute(
            "insert into messages (program_id, member_id, id, event_id, message, channel, language, state,"
            " attempts, created_at, settled_at) select program_id, member_id, id, event_id, message, 'inapp',"
            " 'en', 'delivered', 1, created_at, created_at from inapp"
        )
    post.take_back(lost)
    with house.opens(7)() as tx:
        opened = mark_opened(tx, house.program_id, 7, 1, utc_now())
        assert mark_opened(tx, house.program_id, 7, 2, utc_now()) is None
    assert opened is not None
    assert opened.id == kept
    assert house.rows("select id from messages where state = 'opened' and opened_at is not null") == [(kept,)]
    assert house.rows("select id from inapp where opened_at is not null and seen_at is not null") == [(kept,)]
