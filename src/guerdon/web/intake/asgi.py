"""The few things of ASGI that the plain doors need: a body with a bound, and answers in JSON."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from time import monotonic
from typing import Any

import msgspec

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

BODY_BYTES_MAX = 1 << 20
BODY_S = 30.0
# A file from a desk behind a slow line.
PAGE_BODY_S = 120.0


class TooLarge(Exception):  # noqa: N818  an answer
    """The body is longer than a door lets in."""


class Gone(Exception):  # noqa: N818  an answer
    """The sender hung up before the body was whole."""


class TooSlow(Exception):  # noqa: N818  an answer
    """The body did not come within its time."""


async def take_body(
    scope: Scope, receive: Receive, send: Send, count: Callable[[str], None] | None = None
) -> bytes | None:
    """The raw body; None when there is none to go on with, which is answered and counted by then."""
    try:
        return await _read_body(scope, receive)
    except Gone:
        return None
    except TooLarge:
        status, reason, title = (
            413,
            "too_large",
            "The body is larger than 1 MiB; send fewer events in a request",
        )
    except TooSlow:
        status, reason, title = 408, "too_slow", f"The body did not come within {BODY_S:.0f} seconds"
    if count is not None:
        count(reason)
    await problem(send, status, title)
    return None


async def _read_body(scope: Scope, receive: Receive) -> bytes:
    # Too large is known by what the sender says, or as soon as too much has come.
    length = header(scope["headers"], b"content-length")
    if length and length.isdigit() and int(length[:20]) > BODY_BYTES_MAX:
        raise TooLarge
    try:
        async with asyncio.timeout(BODY_S):
            return await _whole_body(receive)
    except TimeoutError as fault:
        raise TooSlow from fault


async def _whole_body(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > BODY_BYTES_MAX:
            raise TooLarge
        if not message.get("more_body"):
            return b"".join(parts)


class Bounded:
    """A way to receive for whoever keeps a body before looking at it: so many bytes, so many seconds.

    Beyond them the sender seems to have hung up, and what was kept is let go; `overrun` or `late` says why.
    """

    def __init__(self, scope: Scope, receive: Receive, at_most: int) -> None:
        length = header(scope["headers"], b"content-length")
        announced = int(length[:20]) if length and length.isdigit() else 0
        self._receive, self._left = receive, -1 if announced > at_most else at_most
        self._whole, self._until = False, monotonic() + PAGE_BODY_S
        self.overrun = self.late = False

    async def __call__(self) -> MutableMapping[str, Any]:
        """Receive the next message."""
        if self._left >= 0:
            try:
                # Once the body is there, what is waited for is that the sender hangs up.
                seconds = None if self._whole else max(self._until - monotonic(), 0)
                async with asyncio.timeout(seconds):
                    message = await self._receive()
            except TimeoutError:
                self.late = True
                return {"type": "http.disconnect"}
            self._left -= len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
        # Only who asks for the body is told so; who answers without it has answered.
        self.overrun = self._left < 0
        return {"type": "http.disconnect"} if self.overrun else message


def header(headers: Headers, name: bytes) -> bytes | None:
    """A header's value; None when it is absent or stands more than once."""
    found = [value for key, value in headers if key == name]
    return found[0] if len(found) == 1 else None


async def answer(send: Send, status: int, body: object, headers: Headers = ()) -> None:
    """Answer in JSON."""
    kind = b"application/json" if status < 400 else b"application/problem+json"
    raw = msgspec.json.encode(body)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", kind), (b"content-length", str(len(raw)).encode()), *headers],
        }
    )
    await send({"type": "http.response.body", "body": raw})


async def problem(send: Send, status: int, title: str, headers: Headers = (), **more: object) -> None:
    """Answer with RFC 9457 problem details."""
    await answer(send, status, {"type": "about:blank", "title": title, "status": status, **more}, headers)
