"""Live pages: updates after commits, one computation for all who look, nothing for those who may not."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from tests.replay import trying
from tests.web.console.conftest import EMAIL, Console

from guerdon.engine.replay import running as replay_running
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web import live
from guerdon.web.console.seen import Seen
from guerdon.web.console.watching.wanted import Wanted

Message = dict[str, Any]
SOON_S = 20


class Viewer:
    """What one viewer has received."""

    def __init__(self) -> None:
        self.status = 0
        self.text = ""
        self.ended = asyncio.Event()
        self.arrived = asyncio.Condition()

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message.get("body", b"").decode()
            if not message.get("more_body"):
                self.ended.set()
        async with self.arrived:
            self.arrived.notify_all()

    async def until(self, holds: Callable[[str], bool]) -> None:
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(lambda: holds(self.text)), SOON_S)


def scope_of(console: Console, query: str = "view=overview", **headers: str) -> Message:
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in console.client.cookies.items())
    sent = {"cookie": cookies, "sec-fetch-site": "same-origin", "accept-language": "en"} | headers
    return {
        "type": "http",
        "method": "GET",
        "path": f"{console.home}stream",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
    }


@asynccontextmanager
async def watching(scope: Message) -> AsyncIterator[Viewer]:
    viewer, leaves = Viewer(), asyncio.Event()

    async def receive() -> Message:
        await leaves.wait()
        return {"type": "http.disconnect"}

    task = asyncio.create_task(live.live_app(scope, receive, viewer.send))
    try:
        yield viewer
    finally:
        leaves.set()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, SOON_S)


def run(story: Awaitable[None]) -> None:
    live.watches = live.Watches()

    async def told() -> None:
        await story

    # Of its own, so that it does not matter who else keeps a loop in this thread.
    with asyncio.Runner() as runner:
        runner.run(told())


def counting(monkeypatch: pytest.MonkeyPatch) -> list[Wanted]:
    """What was computed: counted, not replaced."""
    computed: list[Wanted] = []
    load = live._load  # noqa: SLF001

    def counted(wanted: Wanted) -> Seen:
        computed.append(wanted)
        return load(wanted)

    monkeypatch.setattr(live, "_load", counted)
    return computed


async def aside(work: Callable[[], object]) -> None:
    await asyncio.to_thread(work)


def test_a_viewer_gets_the_whole_state_and_then_what_changed(staff: Console) -> None:
    staff.house.enroll(1)

    async def story() -> None:
        async with watching(scope_of(staff)) as viewer:
            await viewer.until(lambda text: '<hx-partial id="waiting">' in text)
            assert viewer.status == 200
            assert "Nothing has happened yet." in viewer.text
            before = len(viewer.text)
            await aside(lambda: staff.house.reward(1, at=utc_now()))
            await viewer.until(lambda text: "€200" in text[before:])
            later = viewer.text[before:]
            assert '<hx-partial id="answer">' in later
            # What did not change is not sent again.
            assert '<hx-partial id="waiting">' not in later

    run(story())


def test_all_who_look_at_the_same_thing_share_one_computation(
    staff: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = counting(monkeypatch)

    async def story() -> None:
        async with (
            watching(scope_of(staff)) as first,
            watching(scope_of(staff, **{"accept-language": "ar"})) as second,
            watching(scope_of(staff, "view=overview&market=DE")) as third,
        ):
            for viewer in (first, second, third):
                await viewer.until(lambda text: "id: " in text)
            assert len(live.watches._by_wanted) == 2  # noqa: SLF001
            assert "لم يحدث شيء بعد." in second.text
        assert live.watches.viewers == 0

    run(story())
    # One at first and at most one more, for commits before the ear was at the door.
    assert len([wanted for wanted in computed if wanted.cut.market is None]) <= 2


def test_nothing_is_computed_when_nobody_looks(staff: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = counting(monkeypatch)
    staff.house.enroll(1)

    async def story() -> None:
        async with watching(scope_of(staff)) as viewer:
            await viewer.until(lambda text: "id: " in text)
        seen = len(computed)
        await aside(lambda: staff.house.reward(1, at=utc_now()))
        await asyncio.sleep(0.3)
        assert len(computed) == seen

    run(story())


def test_a_replay_says_how_far_it_is_until_it_is_done(
    staff: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_running, "HEARD_S", 0.0)
    monkeypatch.setattr(live, "PAUSE_S_MIN", 0.05)
    monkeypatch.setattr(live, "BEAT_S", 0.5)
    staff.house.enroll(1)
    staff.house.reward(1, at=utc_now())
    number = trying.ask(staff.house, staff.house.program)  # type: ignore[arg-type]
    assert isinstance(number, int)
    page = f"program/replays/{show('rpl', number)}"
    shown = staff.page(page)
    query = unescape(shown).partition("/stream?")[2].partition('"')[0]
    more = threading.Event()

    def step(done: int, total: int) -> None:
        # It goes on once the viewer saw how far it is.
        assert done < total or more.wait(SOON_S)

    async def story() -> None:
        async with watching(scope_of(staff, query)) as viewer:
            await viewer.until(lambda text: "Waiting. " in text)
            # It beats once it hears of commits, and has nothing to tell of those before.
            await viewer.until(lambda text: "event: beat" in text)
            work = asyncio.create_task(
                aside(lambda: trying.run(staff.house, number, tmp_path, step))  # type: ignore[arg-type]
            )
            await viewer.until(lambda text: "Running. " in text)
            more.set()
            await viewer.until(lambda text: "data-ended" in text)
            await work
            assert page in viewer.text.partition("data-ended")[2]

    run(story())
    assert "/stream?" not in staff.page(page)


def test_a_quiet_stream_beats(staff: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.2)

    async def story() -> None:
        async with watching(scope_of(staff)) as viewer:
            await viewer.until(lambda text: text.count("event: beat") >= 2)

    run(story())


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"headers": []}, 401),
        ({"headers": [(b"cookie", b"staff=forged")]}, 401),
        ({"headers": [(b"sec-fetch-site", b"cross-site")]}, 405),
        ({"method": "POST"}, 405),
        ({"query_string": b"view=secrets"}, 404),
        ({"query_string": b"view=replay&after=0"}, 404),
        ({"query_string": f"view=replay&about={show('rpl', 9)}&after=0".encode()}, 404),
        ({"path": "/console/another_program/stream"}, 404),
        ({"path": "/console/stream"}, 404),
    ],
)
def test_who_may_not_look_gets_nothing(staff: Console, change: Message, status: int) -> None:
    async def story() -> None:
        async with watching({**scope_of(staff), **change}) as viewer:
            await asyncio.wait_for(viewer.ended.wait(), SOON_S)
        assert (viewer.status, viewer.text) == (status, "")

    run(story())


def test_a_stream_ends_with_its_session(staff: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.1)
    monkeypatch.setattr(live, "SESSION_CHECK_S", 0.1)

    def dismiss() -> None:
        from django.db import connections  # noqa: PLC0415

        from guerdon.web.accounts.people import dismiss_staff  # noqa: PLC0415

        dismiss_staff(EMAIL)
        connections.close_all()

    async def story() -> None:
        async with watching(scope_of(staff)) as viewer:
            await viewer.until(lambda text: "id: " in text)
            await aside(dismiss)
            await asyncio.wait_for(viewer.ended.wait(), SOON_S)

    run(story())


def test_looking_on_is_not_using(staff: Console) -> None:
    from guerdon.web.accounts.models import StaffSession  # noqa: PLC0415

    StaffSession.objects.update(seen_at=utc_now() - timedelta(minutes=5))
    [before] = StaffSession.objects.values_list("seen_at", flat=True)

    async def story() -> None:
        async with watching(scope_of(staff)) as viewer:
            await viewer.until(lambda text: "id: " in text)

    run(story())
    assert list(StaffSession.objects.values_list("seen_at", flat=True)) == [before]
    staff.page()
    assert list(StaffSession.objects.values_list("seen_at", flat=True)) != [before]
