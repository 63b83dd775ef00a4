"""Live pages: one LISTEN for the process, one computation a second for everybody who looks at the same thing.

A watch is a program, a view, a cut and the part of the program that one may see. It computes when
something was committed and somebody watches, never oftener than once a second nor for more than a tenth of
the time; each viewer then gets those regions that changed for them. A browser has one stream for all its
pages of a program: it asks for `each` of them. What one would not guess: an id says what somebody has, by
hashes, so whoever comes back with it, to whichever process, gets what differs, whole, and no missed steps.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs

from guerdon.program.model import Program
from guerdon.queries.live import LISTENING, committed
from guerdon.store.database import UNAVAILABLE, Transaction
from guerdon.values.clock import utc_now
from guerdon.web.console.arriving import lists
from guerdon.web.console.broadcasts import progress as broadcasting
from guerdon.web.console.decisions.news import load_news
from guerdon.web.console.imports import progress as importing
from guerdon.web.console.places import Mark
from guerdon.web.console.referrals.standing import VIEW as REFERRALS
from guerdon.web.console.referrals.standing import load_referrals
from guerdon.web.console.regions import load_view, render_regions
from guerdon.web.console.replays.progress import load_progress
from guerdon.web.console.seen import Seen
from guerdon.web.console.segments.standing import VIEW as SEGMENT
from guerdon.web.console.segments.standing import Looked, load_segment
from guerdon.web.console.watching.wanted import Wanted, allowed, desk_of, read_wanted
from guerdon.web.intake.asgi import Receive, Send
from guerdon.web.intake.asgi import Scope as Asked
from guerdon.web.rooms import room

BEAT_S = 15.0
PAUSE_S_MIN = 1.0
PAUSE_SHARE = 10
# How long a stream goes on for somebody who was just signed out or may no longer look.
SESSION_CHECK_S = 5.0
RETRY_S = 1.0
VIEWERS_MAX = 1000
# Pages of a browser that share a stream; how long what one asks for may be.
EACH_MAX, QUERY_LETTERS_MAX, LAST_LETTERS_MAX = 12, 2_000, 1_000
HASH_LETTERS = 12

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Watch:
    """One thing that is looked at, by any number of viewers."""

    wanted: Wanted
    number: int = 0
    seen: Seen | None = None
    rendered: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)
    stale: asyncio.Event = field(default_factory=asyncio.Event)
    # Each viewer's ear.
    ears: list[asyncio.Event] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    @property
    def viewers(self) -> int:
        """How many look at it."""
        return len(self.ears)

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
            for ear in self.ears:
                ear.set()
            await asyncio.sleep(max(PAUSE_S_MIN, PAUSE_SHARE * (time.monotonic() - started)))

    async def regions(self, locale: str, mark: Mark) -> dict[str, str]:
        """The regions in a viewer's language, rendered once for all who read the same."""
        assert self.seen is not None
        number, seen, arrived = self.number, self.seen, 0
        if seen.view == lists.VIEW:
            seen, arrived = lists.seen_from(seen, mark)
        found = self.rendered.get((locale, arrived))
        if found is None:
            found = await asyncio.to_thread(render_regions, seen, locale)
            if number == self.number:
                self.rendered[locale, arrived] = found
        return found


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
    async def joined(self, wanted: Wanted, ear: asyncio.Event) -> AsyncIterator[Watch]:
        """Look on for the length of a block; with the last viewer all work ends."""
        watch = self._by_wanted.get(wanted)
        if watch is None:
            watch = self._by_wanted[wanted] = Watch(wanted)
            watch.stale.set()
            watch.task = asyncio.create_task(watch.run())
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        watch.ears.append(ear)
        try:
            yield watch
        finally:
            watch.ears.remove(ear)
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
    followed = await asyncio.to_thread(_followed, asked, login)
    if not followed:
        await _answer(send, 404)
        return
    if watches.viewers >= VIEWERS_MAX:
        await _answer(send, 503)
        return
    locale = chosen_locale(cookie(cookies, LANGUAGE_COOKIE), headers.get("accept-language", ""))
    last = headers.get("last-event-id") or _terms(asked).get("last", [""])[-1]
    viewer = Viewer(locale, cookies, _read_last(last))
    stream = asyncio.create_task(_stream(viewer, followed, send))
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


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: their language, their cookies, and what they have, by hashes."""

    locale: str
    cookies: str
    last: Mapping[str, str]


@dataclass(slots=True)
class Followed:
    """One page of a viewer: what it shows, the newest row that it has, and what it was sent."""

    # Where the page stands in what was asked; empty where it is the only one, which nothing has to tell.
    place: str
    name: str
    wanted: Wanted | None
    mark: Mark = ()
    number: int = 0
    sent: dict[str, str] = field(default_factory=dict)
    hash: str = ""
    # Whether it was just opened, so that nobody knows what it has.
    anew: bool = False


async def _stream(viewer: Viewer, followed: Sequence[Followed], send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    # What is not theirs to see, or not there, ends alone.
    gone = "".join(f"event: gone\ndata: {each.place}\n\n" for each in followed if each.wanted is None)
    await send({"type": "http.response.body", "body": f": here\n\n{gone}".encode(), "more_body": True})
    ear, checked_at = asyncio.Event(), time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        watched = [
            (each, await stack.enter_async_context(watches.joined(each.wanted, ear)))
            for each in followed
            if each.wanted is not None
        ]
        ear.set()
        while True:
            try:
                await asyncio.wait_for(ear.wait(), BEAT_S)
                ear.clear()
                body = b"".join([await _news(viewer, each, watch, followed) for each, watch in watched])
            except TimeoutError:
                # No beat while nothing is heard from the database: a page must not call itself live then.
                body = b"event: beat\ndata: \n\n" if watches.hearing else b""
            if body:
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if time.monotonic() - checked_at > SESSION_CHECK_S:
                checked_at = time.monotonic()
                seen = [each.wanted for each, _ in watched]
                if not await asyncio.to_thread(_still, seen, viewer.cookies):
                    break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _news(viewer: Viewer, each: Followed, watch: Watch, all_of_them: Sequence[Followed]) -> bytes:
    """What changed of a page since it was sent anything; of a page that comes back, what it does not have."""
    if watch.number == each.number:
        return b""
    first, each.number = each.number == 0, watch.number
    regions = await watch.regions(viewer.locale, each.mark)
    each.hash = _hash("\n".join(f"{name} {text}" for name, text in regions.items()))
    has_it = first and not each.anew and viewer.last.get(each.name) == each.hash
    known = regions if has_it else each.sent
    changed = {name: text for name, text in regions.items() if known.get(name) != text}
    each.sent = regions
    if not changed:
        return b""
    had = "_".join(f"{other.name}.{other.hash}" for other in all_of_them if other.hash)
    parts = [f'<hx-partial id="{name}">{text}</hx-partial>' for name, text in changed.items()]
    told = "\n".join([*([each.place] if each.place else []), *parts])
    lines = "".join(f"data: {line}\n" for line in told.splitlines())
    return f"id: {had}\n{lines}\n".encode()


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:HASH_LETTERS]


def _read_last(text: str) -> dict[str, str]:
    """What a viewer says that they have."""
    pairs = [part.partition(".") for part in text[:LAST_LETTERS_MAX].split("_")]
    return {name: had for name, _, had in pairs}


def _login(cookies: str) -> str | None:
    from guerdon.web.accounts.streams import find_login  # noqa: PLC0415

    return find_login(cookies)


def _terms(asked: Asked) -> dict[str, list[str]]:
    return parse_qs(asked["query_string"].decode("latin-1"), max_num_fields=100)


def _followed(asked: Asked, login: str) -> list[Followed]:
    """The pages that are asked for; none where there is no such one, or not for whoever asks."""
    _, console, key, *rest = str(asked["path"]).split("/")
    if console != "console" or rest[:1] != ["stream"]:
        return []
    terms = _terms(asked)
    each, anew = terms.get("each"), terms.get("anew", [])
    if each is None:
        only = asked["query_string"].decode("latin-1")
        found = read_wanted(key, only, login)
        return [Followed("", _hash(only), *found)] if found else []
    pages: list[Followed] = []
    for number, query in enumerate(each[:EACH_MAX]):
        found = read_wanted(key, query, login) if len(query) <= QUERY_LETTERS_MAX else None
        page = Followed(str(number), _hash(query), *(found or (None,)))
        page.anew = page.place in anew
        pages.append(page)
    return pages if any(page.wanted for page in pages) else []


def _still(seen: Sequence[Wanted | None], cookies: str) -> bool:
    """Whether a viewer is still signed in and may still see just these parts."""
    login = _login(cookies)
    return login is not None and all(
        allowed(
            wanted.program_id,
            login,
            (wanted.named if wanted.view == lists.VIEW else wanted.view, wanted.opened),
        )
        == wanted.scope
        for wanted in seen
        if wanted is not None
    )


def _load(wanted: Wanted) -> Seen:
    program = room().program(wanted.program_id)
    if wanted.view == lists.VIEW:
        desk = desk_of(wanted)
        places = lists.list_newest(desk, wanted.named) if desk else ()
        return Seen(
            wanted.view,
            program,
            wanted.cut,
            utc_now(),
            {"places": places, **lists.shown_at(wanted.named, wanted.terms)},
        )
    if wanted.view == "replay" and wanted.opened is not None:
        with room().reading(wanted.program_id, scope=wanted.scope) as tx:
            replay = (wanted.program_id, wanted.opened[0])
            return load_progress(tx, program, wanted.cut, replay, utc_now())
    if wanted.view == "broadcast" and wanted.opened is not None:
        with room().reading(wanted.program_id, scope=wanted.scope) as tx:
            whose = (wanted.program_id, wanted.opened[0])
            return broadcasting.load_progress(tx, program, wanted.cut, whose, utc_now())
    if wanted.view == "import" and wanted.opened is not None:
        with room().reading(wanted.program_id, scope=wanted.scope) as tx:
            whose = (wanted.program_id, wanted.opened[0])
            return importing.load_progress(tx, program, wanted.cut, whose, utc_now())
    if wanted.opened is not None:
        # That they see this request was asked before, wherever it stands; the audit is the whole program's.
        with room().reading(wanted.program_id) as tx:
            return load_news(tx, wanted.program_id, program, wanted.cut, wanted.opened, utc_now())
    with room().reading(wanted.program_id, scope=wanted.scope) as tx:
        return _load_view(tx, program, wanted)


def _load_view(tx: Transaction, program: Program, wanted: Wanted) -> Seen:
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
