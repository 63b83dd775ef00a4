"""`POST /hooks/messages/{program}/{provider}`: who carries messages says how they went, or what came back.

It is verified over the raw bytes and for the address that the provider was given, which is a setting and
never what a request says of itself. What is told is noted once and taken by the worker. Who guesses is told
the same whatever there is.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from guerdon.channels.wired import HOOKS, callback_url
from guerdon.engine.messages.noticing import note_received
from guerdon.engine.messages.port import Inbound, Receipt
from guerdon.program.model import Program
from guerdon.store.database import UNAVAILABLE
from guerdon.values.clock import utc_now
from guerdon.web.intake.asgi import Headers, Receive, Scope, Send, problem, take_body
from guerdon.web.intake.hooks import COME_AGAIN
from guerdon.web.intake.unsigned import refuse_unsigned
from guerdon.web.rooms import Room

PREFIX = HOOKS

log = logging.getLogger(__name__)


class MessageDoor:
    """Takes what providers tell; one a process."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one callback."""
        if scope["method"] != "POST":
            await problem(send, 405, "Send callbacks by POST", ((b"allow", b"POST"),))
            return
        body = await take_body(scope, receive, send)
        if body is None:
            return
        if self._room.stale:
            await asyncio.to_thread(self._room.refresh)
        key, _, provider = scope["path"].removeprefix(PREFIX).partition("/")
        found = self._room.program_by_key(key)
        received = None if found is None else self._read(found[1], provider, scope["headers"], body)
        if found is None or received is None:
            await refuse_unsigned(self._room, scope, send)
            return
        try:
            await asyncio.to_thread(self._note, found[0], received)
        except UNAVAILABLE:
            log.warning("a callback could not be noted; it is asked to come again")
            await problem(send, 503, "Not noted; send it again in a moment", COME_AGAIN)
            return
        # What is said here a provider may send on to whoever wrote.
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def _read(
        self, program: Program, provider: str, headers: Headers, body: bytes
    ) -> Sequence[Receipt | Inbound] | None:
        listener = self._room.channels.listener(program, provider)
        if listener is None:
            return None
        url = callback_url(self._room.settings, program, provider)
        return listener.read(url, _once(headers), body, utc_now())

    def _note(self, program_id: int, received: Sequence[Receipt | Inbound]) -> None:
        if received:
            with self._room.reading(program_id) as tx:
                note_received(tx, self._room.vault, program_id, received)


def _once(given: Headers) -> Mapping[str, str]:
    # One that stands twice is one that nobody can rely on.
    names = Counter(name.lower() for name, _ in given)
    once = [(name.lower(), value) for name, value in given if names[name.lower()] == 1]
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in once}
