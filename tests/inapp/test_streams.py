"""Streams of notices: what comes, in which order, to whom, and what a lost connection costs: nothing."""

import asyncio
import json
import threading
from collections.abc import Mapping
from functools import partial

import psycopg
import pytest
from tests.inapp.listening import Listener, aside, listening, refused, run
from tests.inapp.posts import Post

from guerdon.values.clock import utc_now
from guerdon.web.inapp import hub as hubs
from guerdon.web.inapp import stream

SLEEP_S = 0.3


def hub() -> hubs.Hub:
    return stream.hub


def had(*positions: int) -> "partial[bool]":
    return partial(_had, list(positions))


def _had(positions: list[int], listener: Listener) -> bool:
    return listener.positions == positions


def test_what_is_posted_comes_in_order_with_its_position(post: Post) -> None:
    post.house.enroll(7)
    reward = post.house.reward(7, at=utc_now())

    async def story() -> None:
        async with listening(post.cookie(7)) as listener:
            await listener.until(lambda it: "here" in it.text)
            await aside(lambda: post.to(7, reward_id=reward))
            await listener.until(had(1))
            await aside(lambda: post.to(7, 7))
            await listener.until(had(1, 2, 3))
        assert listener.status == 200
        assert listener.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert listener.headers["x-accel-buffering"] == "no"
        assert listener.text.startswith("retry: 2000\n")
        said = json.loads(listener.events("notice")[0]["data"])
        assert (said["position"], said["title"]) == (1, "Your €200 reward is ready")
        assert (said["leads"], said["button"], said["seen"]) == ("claim", "Choose your reward", False)
        # No link of a reward goes over the wire.
        assert "/r/" not in listener.text
        assert hub().open == 0

    run(story())


def test_a_stream_that_is_killed_goes_on_where_it_was(post: Post) -> None:
    post.house.enroll(7)

    async def story() -> None:
        async with listening(post.cookie(7)) as first:
            await aside(lambda: post.to(7, 7))
            await first.until(had(1, 2))
        await aside(lambda: post.to(7, 7, 7))
        # A browser says both: where its page began, and where it is by now.
        async with listening(post.cookie(7), "after=0", last_event_id="2") as second:
            await second.until(had(3, 4, 5))
            await aside(lambda: post.to(7))
            await second.until(had(3, 4, 5, 6))
            await asyncio.sleep(SLEEP_S)
        assert first.positions + second.positions == [1, 2, 3, 4, 5, 6]

    run(story())


def test_whoever_comes_while_others_are_read_for_misses_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked for a page that is further ahead is not all that a page behind it has to get."""
    post.house.enroll(7)
    post.to(7, 7)
    load, reads, goes = hubs._load, threading.Semaphore(0), threading.Event()  # noqa: SLF001

    def held(asks: Mapping[int, Mapping[int, int]]) -> dict[tuple[int, int], hubs.News]:
        reads.release()
        assert goes.wait(20)
        return load(asks)

    monkeypatch.setattr(hubs, "_load", held)

    async def story() -> None:
        async with listening(post.cookie(7), "after=1") as ahead:
            await aside(reads.acquire)
            async with listening(post.cookie(7), "after=0") as behind:
                goes.set()
                await behind.until(had(1, 2))
                await ahead.until(had(2))

    run(story())


def test_whoever_was_away_for_long_gets_all_of_it_page_by_page(post: Post) -> None:
    post.house.enroll(7)
    many = 3 * hubs.ROWS_AT_ONCE + 1
    post.to(*[7] * many)

    async def story() -> None:
        async with listening(post.cookie(7), "after=0") as listener:
            await listener.until(lambda it: len(it.positions) >= many)
        assert listener.positions == list(range(1, many + 1))
        # Whoever says nothing hears what comes from now on; what is no position is as good as nothing.
        for query in ("", "after=-1", "after=٣", f"after={'9' * 30}"):
            async with listening(post.cookie(7), query) as other:
                await asyncio.sleep(SLEEP_S)
            assert (other.status, other.positions) == (200, []), query

    run(story())


def test_what_is_taken_back_vanishes_from_pages_that_show_it(post: Post) -> None:
    post.house.enroll(7)
    ids = post.to(7, 7, 7)

    async def story() -> None:
        async with listening(post.cookie(7), "after=0") as listener:
            await listener.until(had(1, 2, 3))
            await aside(lambda: post.take_back(ids[1]))
            await listener.until(lambda it: it.gone == [2])
            await aside(lambda: post.to(7))
            await listener.until(had(1, 2, 3, 4))
        # Said once.
        assert listener.gone == [2]
        await aside(lambda: post.take_back(ids[2]))
        # A page that was away when it happened is told, and is not shown it anew.
        async with listening(post.cookie(7), last_event_id="3") as later:
            await later.until(lambda it: it.positions == [4] and it.gone == [2, 3])
        async with listening(post.cookie(7), "after=0") as anew:
            await anew.until(had(1, 4))

    run(story())


def test_nobody_hears_of_another_member(post: Post) -> None:
    post.house.enroll(7)
    post.house.enroll(8)

    async def story() -> None:
        async with listening(post.cookie(7)) as one, listening(post.cookie(8)) as other:
            await aside(lambda: post.to(8))
            await other.until(had(1))
            await asyncio.sleep(SLEEP_S)
        assert one.positions == []

    run(story())


def test_only_the_cookie_of_an_inbox_opens_a_stream(post: Post) -> None:
    post.house.enroll(7)
    good = post.cookie(7)
    forged = [
        "",
        "inbox=",
        "inbox=garbled",
        good[:-1],
        good.swapcase()[::-1],
        # The link in a message is no cookie, and no other link of a member's is one.
        f"inbox={post.token(7)}",
        f"inbox={post.token(7, 'preferences', 'browser')}",
        f"inbox={post.token(7, 'unsubscribe', 'browser')}",
        # Of a member there is not, and of links that went on.
        post.cookie(99),
        post.cookie(7, generation=1),
    ]

    async def story() -> None:
        for cookie in forged:
            assert await refused(cookie) == 401, cookie
        # A page of one member is not gone on with by another's cookie.
        assert await refused(good, "of=mem_0000000000008") == 401
        assert await refused(good, sec_fetch_site="cross-site") == 405
        async with listening(good, "of=mem_0000000000007") as listener:
            await listener.until(lambda it: "here" in it.text)
        assert listener.status == 200

    run(story())


def test_a_stream_ends_when_the_members_links_go_on(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "CHECK_S", 0.05)
    post.house.enroll(7)
    post.house.enroll(8)
    post.to(7, 8)

    async def story() -> None:
        async with listening(post.cookie(7)) as ended, listening(post.cookie(8)) as kept:
            await ended.until(lambda it: "here" in it.text)
            await aside(lambda: post.end_links(7))
            await asyncio.wait_for(ended.ended.wait(), 10)
            assert not kept.ended.is_set()
        assert await refused(post.cookie(7)) == 401
        async with listening(post.cookie(7, generation=1)) as anew:
            await anew.until(lambda it: "here" in it.text)

    run(story())


def test_so_many_streams_a_member_and_in_all(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    for member_id in (7, 8, 9):
        post.house.enroll(member_id)
    monkeypatch.setattr(hubs, "STREAMS_MEMBER_MAX", 2)
    monkeypatch.setattr(hubs, "STREAMS_MAX", 3)

    async def story() -> None:
        async with listening(post.cookie(7)) as one, listening(post.cookie(7)) as two:
            for each in (one, two):
                await each.until(lambda it: "here" in it.text)
            assert await refused(post.cookie(7)) == 503
            async with listening(post.cookie(8)) as three:
                await three.until(lambda it: "here" in it.text)
                assert await refused(post.cookie(9)) == 503
            async with listening(post.cookie(9)) as four:
                await four.until(lambda it: "here" in it.text)
        assert hub().open == 0

    run(story())


def test_a_slow_reader_holds_little_is_let_go_and_loses_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SEND_S", 1.0)
    post.house.enroll(7)
    many = 10 * hubs.ROWS_AT_ONCE
    held = []

    async def story() -> None:
        async with listening(post.cookie(7), stuck=True) as slow, listening(post.cookie(7)) as quick:
            for each in (slow, quick):
                await each.until(lambda it: "here" in it.text)
            streams = list(hub()._streams[post.house.program_id, 7])  # noqa: SLF001
            await aside(lambda: post.to(*[7] * (many // 2)))
            await aside(lambda: post.to(*[7] * (many // 2)))
            while hub().open == 2:
                held.append(max(len(each.pending) for each in streams))
                await asyncio.sleep(0.02)
            # Whoever reads beside it does not wait for it.
            await quick.until(lambda it: len(it.positions) == many)
        assert slow.positions == []
        async with listening(post.cookie(7), last_event_id="0") as back:
            await back.until(lambda it: len(it.positions) == many)
        assert back.positions == quick.positions == list(range(1, many + 1))

    run(story())
    assert 0 < max(held) <= 2 * hubs.ROWS_AT_ONCE


def test_all_who_are_heard_at_once_are_read_by_one_query(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    members = range(10, 40)
    for member_id in members:
        post.house.enroll(member_id)
    loads: list[int] = []
    load = hubs._load  # noqa: SLF001

    def counted(asks: "dict[int, dict[int, int]]") -> "dict[hubs.Whose, hubs.News]":
        loads.append(sum(map(len, asks.values())))
        return load(asks)

    async def story() -> None:
        async with AllListening(post, members) as listeners:
            for each in listeners:
                await each.until(lambda it: "here" in it.text)
            await asyncio.sleep(SLEEP_S)
            monkeypatch.setattr(hubs, "_load", counted)
            await aside(lambda: post.to(*members))
            for each in listeners:
                await each.until(had(1))
        # What one commit says may come over the wire in two pieces.
        assert sum(loads) == len(members)
        assert len(loads) <= 2

    run(story())


class AllListening:
    """A stream for each member."""

    def __init__(self, post: Post, members: range) -> None:
        self._streams = [listening(post.cookie(each)) for each in members]

    async def __aenter__(self) -> list[Listener]:
        return [await each.__aenter__() for each in self._streams]

    async def __aexit__(self, *fault: object) -> None:
        for each in self._streams:
            await each.__aexit__(None, None, None)


def test_a_stream_beats_while_it_hears_and_not_when_it_does_not(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BEAT_S", 0.1)
    post.house.enroll(7)

    async def story() -> None:
        async with listening(post.cookie(7)) as listener:
            await listener.until(lambda it: len(it.events("beat")) >= 2)
            hub().hearing = False
            said = len(listener.events("beat"))
            await asyncio.sleep(SLEEP_S)
            assert len(listener.events("beat")) == said

    run(story())


def test_what_was_posted_while_nothing_was_heard_comes_all_the_same(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "RETRY_S", 0.2)
    post.house.enroll(7)

    def deafen() -> None:
        with psycopg.connect(post.house.url, autocommit=True) as owner:
            owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and query = 'listen guerdon_inapp'"
            )

    async def story() -> None:
        async with listening(post.cookie(7)) as listener:
            await aside(lambda: post.to(7))
            await listener.until(had(1))
            await aside(deafen)
            await aside(lambda: post.to(7))
            await listener.until(had(1, 2))

    run(story())
