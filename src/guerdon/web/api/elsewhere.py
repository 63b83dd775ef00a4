"""What a browser sends to the API from another site is refused before anything looks at it, as a problem.

Pages have the same guard (`accounts/guards.py`) and answer with a page; whoever asks the API reads problems.
"""

from collections.abc import Awaitable, Callable

from guerdon.web.api.problems import TYPE, Trouble
from guerdon.web.intake.asgi import Receive, Scope, Send

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
PREFIX = "/api/"
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_OUR_OWN = frozenset({"same-origin", "none", ""})
_ELSEWHERE = Trouble(403, "origin", "A browser sent this from a page of another site; nothing was done")


def guarded(inner: Asgi) -> Asgi:
    """Refuse for the API what comes from elsewhere; all else goes on."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(PREFIX) and _from_elsewhere(scope):
            await _refuse(send)
        else:
            await inner(scope, receive, send)

    return asked


def _from_elsewhere(scope: Scope) -> bool:
    # Said twice it is read as one, as Django reads it: then it is none of ours.
    said = b",".join(value for name, value in scope["headers"] if name == b"sec-fetch-site")
    return scope["method"] not in _HARMLESS and said.decode("latin-1") not in _OUR_OWN


async def _refuse(send: Send) -> None:
    body = _ELSEWHERE.body
    headers = [
        (b"content-type", TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": _ELSEWHERE.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
