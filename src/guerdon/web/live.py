"""Live pages: one LISTEN for the process, one computation a second for everybody who looks at the same thing.

A watch is a program, a view and a cut. It computes when something was committed and somebody watches, never
oftener than once a second nor for more than a tenth of the time; each viewer then gets those regions that
changed for them. What one would not guess: after a lost connection a viewer gets the full state, not the
missed steps.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from guerdon.queries.live import LISTENING, committed
from guerdon.queries.overview import Cut
from guerdon.store.database import UNAVAILABLE
from guerdon.values.clock import utc_now
from guerdon.web.console.desk import read_cut
from guerdon.web.console.regions import VIEWS, load_view, render_regions
from guerdon.web.console.seen import Seen
from guerdon.web.intake.asgi import Receive, Scope, Send
from guerdon.web.rooms import room

BEAT_S = 15.0
PAUSE_S_MIN = 1.0
PAUSE_SHARE = 10
SESSION_CHECK_S = 60.0
RETRY_S = 1.0
VIEWERS_MAX = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a viewer looks at."""

    program_id: int
    view: str
    cut: Cut


@dataclass(slots=True)
class Watch:
    """One thing that is looked at, by any number of viewers."""

    wanted: Wanted
    viewers: int = 0
    number: int = 0
    seen: Seen | None = None
    rendered: dict[str, dict[str, str]] = field(default_factory=dict)
    stale: asyncio.Event = field(default_factory=asyncio.Event)
    fresh: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Compute whenever something was committed, with pauses."""
        while True:
            await self.stale.wait()
            self.stale.clear()
            started = time.monotonic()
            try:
                self.seen = await asyncio.to_thread(_load, self.wanted)
            except UNAVAILABLE:
                log.warning("a live view could not be computed: the database does not answer")
                self.stale.set()
                await asyncio.sleep(RETRY_S)
                continue
            self.rendered = {}
            self.number += 1
            async with self.fresh:
                self.fresh.notify_all()
            await asyncio.sleep(max(PAUSE_S_MIN, PAUSE_SHARE * (time.monotonic() - started)))

    async def regions(self, locale: str) -> dict[str, str]:
        """The regions in a viewer's language, rendered once for all who read it."""
        assert self.seen is not None
        number, seen = self.number, self.seen
        found = self.rendered.get(locale)
        if found is None:
            found = await asyncio.to_thread(render_regions, seen, locale)
            if number == self.number:
                self.rendered[locale] = found
        return found

    async def after(self, number: int) -> int:
        """Wait for something newer than what a viewer has."""
        async with self.fresh:
            await self.fresh.wait_for(lambda: self.number > number)
        return self.number


class Watches:
    """All that is looked at in this process."""

    def __init__(self) -> None:
        self._by_wanted: dict[Wanted, Watch] = {}
        self._listener: asyncio.Task[None] | None = None
        self.hearing = False

    @property
    def viewers(self) -> int:
        """How many look on."""
        return sum(watch.viewers for watch in self._by_wanted.values())

    @contextlib.asynccontextmanager
    async def joined(self, wanted: Wanted) -> AsyncIterator[Watch]:
        """Look on for the length of a block; with the last viewer all work ends."""
        watch = self._by_wanted.get(wanted)
        if watch is None:
            watch = self._by_wanted[wanted] = Watch(wanted)
            watch.stale.set()
            watch.task = asyncio.create_task(watch.run())
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        watch.viewers += 1
        try:
            yield watch
        finally:
            watch.viewers -= 1
            if not watch.viewers:
                del self._by_wanted[wanted]
                if watch.task is not None:
                    watch.task.cancel()
            if not self._by_wanted and self._listener is not None:
                self._listener.cancel()
                self._listener = None
                self.hearing = False

    async def _listen(self) -> None:
        settings = room().settings
        while True:
            try:
                async for program_id in committed(settings.database_url, settings.secret):
                    self.hearing = True
                    for watch in self._by_wanted.values():
                        if program_id in {LISTENING, watch.wanted.program_id}:
                            watch.stale.set()
            except UNAVAILABLE:
                log.warning("live updates stopped: the database does not answer; trying again")
            self.hearing = False
            await asyncio.sleep(RETRY_S)


watches = Watches()


async def live_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve `/console/<program>/stream` to a signed-in viewer until they leave."""
    # Late, because Django's models can only be imported once Django is ready.
    from guerdon.web.accounts.languages import LANGUAGE_COOKIE, chosen_locale  # noqa: PLC0415
    from guerdon.web.accounts.streams import cookie, is_staff  # noqa: PLC0415

    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    cookies = headers.get("cookie", "")
    if scope["method"] != "GET" or headers.get("sec-fetch-site", "same-origin") not in {
        "same-origin",
        "none",
    }:
        await _answer(send, 405)
        return
    wanted = _wanted(scope)
    if not await asyncio.to_thread(is_staff, cookies):
        await _answer(send, 401)
        return
    if wanted is None:
        await _answer(send, 404)
        return
    if watches.viewers >= VIEWERS_MAX:
        await _answer(send, 503)
        return
    locale = chosen_locale(cookie(cookies, LANGUAGE_COOKIE), headers.get("accept-language", ""))
    stream = asyncio.create_task(_stream(wanted, locale, cookies, send))
    gone = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({stream, gone}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        # The process is stopping. A stream has nothing to finish, so it just ends.
        log.debug("a live stream ended with the process")
    finally:
        gone.cancel()
        stream.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stream


async def _stream(wanted: Wanted, locale: str, cookies: str, send: Send) -> None:
    from guerdon.web.accounts.streams import is_staff  # noqa: PLC0415

    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b": here\n\n", "more_body": True})
    sent: dict[str, str] = {}
    number, checked_at = 0, time.monotonic()
    async with watches.joined(wanted) as watch:
        while True:
            try:
                number = await asyncio.wait_for(watch.after(number), BEAT_S)
                regions = await watch.regions(locale)
                changed = {name: text for name, text in regions.items() if sent.get(name) != text}
                sent = regions
                body = _message(f"{number}", changed) if changed else b""
            except TimeoutError:
                # No beat while nothing is heard from the database: a page must not call itself live then.
                body = b"event: beat\ndata: \n\n" if watches.hearing else b""
            if body:
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if time.monotonic() - checked_at > SESSION_CHECK_S:
                checked_at = time.monotonic()
                if not await asyncio.to_thread(is_staff, cookies):
                    break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _message(number: str, regions: Mapping[str, str]) -> bytes:
    parts = (f'<hx-partial id="{name}">{text}</hx-partial>' for name, text in regions.items())
    lines = "".join(f"data: {line}\n" for line in "\n".join(parts).splitlines())
    return f"id: {number}\n{lines}\n".encode()


def _wanted(scope: Scope) -> Wanted | None:
    _, console, key, *rest = str(scope["path"]).split("/")
    asked = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
    view = asked.get("view", "overview")
    if console != "console" or rest[:1] != ["stream"] or view not in VIEWS:
        return None
    found = room().program_by_key(key)
    return Wanted(found[0], view, read_cut(asked, found[1])) if found else None


def _load(wanted: Wanted) -> Seen:
    program = room().program(wanted.program_id)
    with room().reading(wanted.program_id) as tx:
        return load_view(tx, wanted.view, program, wanted.cut, utc_now())


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int) -> None:
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]}
    )
    await send({"type": "http.response.body", "body": b""})


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
