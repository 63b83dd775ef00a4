"""Live pages: one LISTEN for the process, one computation a second for everybody who looks at the same thing.

A watch is a program, a view, a cut and the part of the program that one may see. It computes when
something was committed and somebody watches, never oftener than once a second nor for more than a tenth of
the time; each viewer then gets those regions that changed for them. What one would not guess: after a lost
connection a viewer gets the full state, not the missed steps.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.queries.live import LISTENING, committed
from guerdon.queries.overview import Cut
from guerdon.store.database import UNAVAILABLE
from guerdon.store.messages.broadcasts.standing import find_broadcast
from guerdon.store.versions.replays import find_replay
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.web.console.broadcasts import progress as broadcasting
from guerdon.web.console.decisions.news import Open, load_news
from guerdon.web.console.desk import read_cut
from guerdon.web.console.referrals.standing import VIEW as REFERRALS
from guerdon.web.console.referrals.standing import load_referrals, read_state
from guerdon.web.console.regions import VIEWS, load_view, render_regions
from guerdon.web.console.replays.progress import load_progress
from guerdon.web.console.seen import Seen
from guerdon.web.console.segments.standing import VIEW as SEGMENT
from guerdon.web.console.segments.standing import Looked, load_segment
from guerdon.web.intake.asgi import Receive, Send
from guerdon.web.intake.asgi import Scope as Asked
from guerdon.web.refusals import ACCESS, note_refusal
from guerdon.web.rights import Rights, load_rights
from guerdon.web.rooms import room
from guerdon.web.routes import CONSOLE, ROUTES

BEAT_S = 15.0
PAUSE_S_MIN = 1.0
PAUSE_SHARE = 10
# How long a stream goes on for somebody who was just signed out or may no longer look.
SESSION_CHECK_S = 5.0
RETRY_S = 1.0
VIEWERS_MAX = 1000
# The page that a view belongs to, where it is called otherwise.
PAGES = {
    "decision": "decisions",
    "replay": "program/replays",
    "segment": "segments/<slug:segment>",
    "broadcast": "broadcasts",
}
# What a view is about that shows one thing: of what kind its number is.
ABOUT = {"decision": "apr", "replay": "rpl", "broadcast": "brc"}
DIGITS_MAX = 19

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a viewer looks at."""

    program_id: int
    view: str
    cut: Cut
    scope: Scope = WHOLE_PROGRAM
    # Of the one thing that is open: its number, and the last row of the audit that the page knows.
    opened: Open | None = None
    # The one segment that is open, or the state of the pairs that are.
    named: str = ""


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


async def live_app(asked: Asked, receive: Receive, send: Send) -> None:
    """Serve `/console/<program>/stream` to a signed-in viewer until they leave."""
    # Late, because Django's models can only be imported once Django is ready.
    from guerdon.web.accounts.languages import LANGUAGE_COOKIE, chosen_locale  # noqa: PLC0415
    from guerdon.web.accounts.streams import cookie  # noqa: PLC0415

    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in asked["headers"]}
    cookies = headers.get("cookie", "")
    if asked["method"] != "GET" or headers.get("sec-fetch-site", "same-origin") not in {
        "same-origin",
        "none",
    }:
        await _answer(send, 405)
        return
    login = await asyncio.to_thread(_login, cookies)
    if login is None:
        await _answer(send, 401)
        return
    wanted = await asyncio.to_thread(_wanted, asked, login)
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
                if not await asyncio.to_thread(_still, wanted, cookies):
                    break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _message(number: str, regions: Mapping[str, str]) -> bytes:
    parts = (f'<hx-partial id="{name}">{text}</hx-partial>' for name, text in regions.items())
    lines = "".join(f"data: {line}\n" for line in "\n".join(parts).splitlines())
    return f"id: {number}\n{lines}\n".encode()


def _login(cookies: str) -> str | None:
    from guerdon.web.accounts.streams import find_login  # noqa: PLC0415

    return find_login(cookies)


def _wanted(asked: Asked, login: str) -> Wanted | None:
    """What is asked for, as far as it is the asker's to see."""
    _, console, key, *rest = str(asked["path"]).split("/")
    terms = {name: values[-1] for name, values in parse_qs(asked["query_string"].decode("latin-1")).items()}
    view = terms.get("view", "overview")
    if console != "console" or rest[:1] != ["stream"] or view not in VIEWS:
        return None
    found = room().program_by_key(key)
    opened = _opened(terms, ABOUT[view]) if view in ABOUT else None
    if found is None or (view in ABOUT and opened is None):
        return None
    named = terms.get("about", "") if view == SEGMENT else ""
    if view == SEGMENT and named not in found[1].segments:
        return None
    if view == REFERRALS:
        named = read_state(terms.get("about", "")) or ""
    scope = _scope(found[0], login, (view, opened), noted=True)
    cut = read_cut(terms, found[1])
    return Wanted(found[0], view, cut, scope, opened, named) if scope else None


def _opened(terms: Mapping[str, str], kind: str) -> Open | None:
    number, after = read(kind, terms.get("about", "")), terms.get("after", "")
    known = after.isascii() and after.isdecimal() and len(after) < DIGITS_MAX
    return (number, int(after)) if number is not None and known else None


def _scope(
    program_id: int, login: str, looked_at: tuple[str, Open | None], *, noted: bool = False
) -> Scope | None:
    view, opened = looked_at
    rights = load_rights(program_id, login, utc_now())
    # A view that has a page of its own asks for what that page asks for.
    row = ROUTES.get(CONSOLE + PAGES.get(view, view), ROUTES[CONSOLE + "stream"])
    found = rights.reads(row) if rights else None
    if rights and found and opened and not _is_seen(rights, found, view, opened[0]):
        return None
    if rights and found is None and noted:
        actor, where = show("per", rights.person.person_id), CONSOLE + "stream"
        note_refusal(program_id, actor, ACCESS, row.area or view, power=row.read, address=where, method="GET")
    return found


def _is_seen(rights: Rights, scope: Scope, view: str, number: int) -> bool:
    """Whether there is what a page is about, and its reader may see it."""
    from guerdon.web.console.decisions.requests import is_seen  # noqa: PLC0415  it knows Django

    program_id = rights.program_id
    if view == "decision":
        return is_seen(rights, room().program(program_id), scope, number)
    with room().reading(program_id, scope=scope) as tx:
        if view == "broadcast":
            return find_broadcast(tx, program_id, number) is not None
        return find_replay(tx, program_id, number) is not None


def _still(wanted: Wanted, cookies: str) -> bool:
    """Whether a viewer is still signed in and may still see just this part."""
    login = _login(cookies)
    looked_at = (wanted.view, wanted.opened)
    return login is not None and _scope(wanted.program_id, login, looked_at) == wanted.scope


def _load(wanted: Wanted) -> Seen:
    program = room().program(wanted.program_id)
    if wanted.view == "replay" and wanted.opened is not None:
        with room().reading(wanted.program_id, scope=wanted.scope) as tx:
            replay = (wanted.program_id, wanted.opened[0])
            return load_progress(tx, program, wanted.cut, replay, utc_now())
    if wanted.view == "broadcast" and wanted.opened is not None:
        with room().reading(wanted.program_id, scope=wanted.scope) as tx:
            whose = (wanted.program_id, wanted.opened[0])
            return broadcasting.load_progress(tx, program, wanted.cut, whose, utc_now())
    if wanted.opened is not None:
        # That they see this request was asked before, wherever it stands; the audit is the whole program's.
        with room().reading(wanted.program_id) as tx:
            return load_news(tx, wanted.program_id, program, wanted.cut, wanted.opened, utc_now())
    with room().reading(wanted.program_id, scope=wanted.scope) as tx:
        if wanted.view == SEGMENT:
            looked = Looked(wanted.program_id, program, wanted.named, wanted.cut)
            return load_segment(tx, room().vault, looked, utc_now())
        if wanted.view == REFERRALS:
            return load_referrals(tx, program, wanted.cut, (wanted.named or None, None), utc_now())
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
