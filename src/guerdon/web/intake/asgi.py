"""The few things of ASGI that the plain doors need: a body with a bound, and answers in JSON."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

import msgspec

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

BODY_BYTES_MAX = 1 << 20


class TooLarge(Exception):  # noqa: N818  an answer
    """The body is longer than a door lets in."""


class Gone(Exception):  # noqa: N818  an answer
    """The sender hung up before the body was whole."""


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The raw body; raises `TooLarge` as soon as it is known to be, without reading on."""
    length = header(scope["headers"], b"content-length")
    if length and length.isdigit() and int(length) > BODY_BYTES_MAX:
        raise TooLarge
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
