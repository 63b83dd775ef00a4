"""`/inbox/live`: a member's notices as server-sent events, to whoever has the cookie of their inbox.

Each has its position as its id, so a browser that comes back says how far it was and gets what came after.
No stream has a thread. A reader that takes nothing for a while is let go, and comes back.
"""

import asyncio
import contextlib
import logging
from urllib.parse import parse_qs

from guerdon.store.database import UNAVAILABLE
from guerdon.store.messages.inapp import load_shelf
from guerdon.values.ids import show
from guerdon.web.inapp.hub import Hub, Stream
from guerdon.web.intake.asgi import Receive, Scope, Send, header
from guerdon.web.member.inbox.cookies import Reader, read_cookie, still_holds
from guerdon.web.rooms import room

PATH = "/inbox/live"
BEAT_S = 15.0
# A reader that takes nothing for so long is let go.
SEND_S = 10.0
# How long a browser waits before it comes back, in milliseconds.
RETRY_MS = 2_000
DIGITS_MAX = 18

log = logging.getLogger(__name__)
hub = Hub()


async def inapp_app(asked: Scope, receive: Receive, send: Send) -> None:
    """Serve a stream until its reader leaves."""
    site = header(asked["headers"], b"sec-fetch-site") or b"same-origin"
    if asked["method"] != "GET" or site not in {b"same-origin", b"none"}:
        await _answer(send, 405)
        return
    cookies = (header(asked["headers"], b"cookie") or b"").decode("latin-1")
    terms = {name: found[-1] for name, found in parse_qs(asked["query_string"].decode("latin-1")).items()}
    last = (header(asked["headers"], b"last-event-id") or b"").decode("latin-1")
    try:
        stream = await asyncio.to_thread(
            _stream, cookies, terms.get("of", ""), last or terms.get("after", "")
        )
    except UNAVAILABLE:
        await _answer(send, 503)
        return
    if stream is None:
        await _answer(send, 401)
        return
    if not hub.has_room(stream.whose):
        await _answer(send, 503)
        return
    serving = asyncio.create_task(_serve(stream, send))
    gone = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({serving, gone}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        # The process is stopping. A stream has nothing to finish, so it just ends.
        log.debug("a stream of notices ended with the process")
    finally:
        gone.cancel()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def _serve(stream: Stream, send: Send) -> None:
    with hub.joined(stream):
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _put(send, f"retry: {RETRY_MS}\n: here\n\n".encode())
            while not stream.over:
                try:
                    async with asyncio.timeout(BEAT_S):
                        await stream.fresh.wait()
                    body = await hub.take(stream)
                except TimeoutError:
                    # No beat while nothing is heard from the database: a page must not call itself live then.
                    body = b"event: beat\ndata: \n\n" if hub.hearing else b""
                if body:
                    await _put(send, body)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except _TooSlowError:
            log.warning("a stream of notices was let go: its reader takes nothing")


class _TooSlowError(Exception):
    pass


async def _put(send: Send, body: bytes) -> None:
    try:
        async with asyncio.timeout(SEND_S):
            await send({"type": "http.response.body", "body": body, "more_body": True})
    except TimeoutError as fault:
        raise _TooSlowError from fault


def _stream(cookies: str, of: str, after: str) -> Stream | None:
    """The stream that is asked for, if it is the asker's. Blocks."""
    reader = read_cookie(cookies)
    # A page of one member is not gone on with by the cookie of another.
    if reader is None or of not in {"", show("mem", reader.member_id)}:
        return None
    return _opened(reader, after)


def _opened(reader: Reader, after: str) -> Stream | None:
    with room().reading(reader.program_id, reader.member_id) as tx:
        shelf = load_shelf(tx, reader.program_id, reader.member_id)
        if shelf is None or not still_holds(tx, reader):
            return None
    known = after.isascii() and after.isdecimal() and len(after) <= DIGITS_MAX
    # Whoever says nothing hears what comes from now on.
    return Stream(reader, int(after) if known else shelf.last)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int) -> None:
    headers = [(b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", b"30"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
