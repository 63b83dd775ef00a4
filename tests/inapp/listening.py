"""A browser's end of a stream of notices, spoken to as a server does: what it got, and how it leaves."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from guerdon.web.inapp.stream import inapp_app

Message = dict[str, Any]
SOON_S = 20


@dataclass
class Listener:
    """What came over one stream. One that is `stuck` takes nothing once it has the head."""

    stuck: bool = False
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    # Its stream is there, or was refused: what is posted from now on is news to it.
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def send(self, message: Mapping[str, Any]) -> None:
        """Take what the server sends."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        if self.stuck and "here" in self.text:
            await asyncio.Event().wait()
        self.text += message.get("body", b"").decode()
        if not message.get("more_body"):
            self.ended.set()
        if self.ended.is_set() or "here" in self.text:
            self.opened.set()
        async with self.arrived:
            self.arrived.notify_all()

    async def receive(self) -> Message:
        """Tell the server that the reader left, once they did."""
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def until(self, holds: Callable[["Listener"], bool]) -> None:
        """Wait for something to have come."""
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(lambda: holds(self)), SOON_S)

    def events(self, kind: str) -> list[dict[str, str]]:
        """Whole events of a kind, each with its fields."""
        whole = self.text.split("\n\n")[:-1]
        read = [dict(line.split(": ", 1) for line in each.split("\n") if ": " in line) for each in whole]
        return [each for each in read if each.get("event") == kind]

    @property
    def positions(self) -> list[int]:
        """The positions of notices, in the order in which they came."""
        return [int(each["id"]) for each in self.events("notice")]

    @property
    def gone(self) -> list[int]:
        """Positions that were said to be taken back."""
        return [position for each in self.events("gone") for position in json.loads(each["data"])]


def scope(cookie: str, query: str = "", **headers: str) -> Message:
    """What a browser asks for."""
    sent = {"cookie": cookie, "sec-fetch-site": "same-origin"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return {
        "type": "http",
        "method": "GET",
        "path": "/inbox/live",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
    }


@asynccontextmanager
async def listening(
    cookie: str, query: str = "", *, stuck: bool = False, **headers: str
) -> AsyncIterator[Listener]:
    """Listen for the length of a block, and leave."""
    listener = Listener(stuck)
    asked = scope(cookie, query, **headers)
    task = asyncio.create_task(inapp_app(asked, listener.receive, listener.send))
    try:
        await asyncio.wait_for(listener.opened.wait(), SOON_S)
        yield listener
    finally:
        listener.left.set()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, SOON_S)


async def refused(cookie: str, query: str = "", **headers: str) -> int:
    """The status of what is answered at once."""
    async with listening(cookie, query, stuck=False, **headers) as listener:
        await asyncio.wait_for(listener.ended.wait(), SOON_S)
    return listener.status


def run(story: Awaitable[None]) -> None:
    """Tell a story in a loop of its own."""

    async def told() -> None:
        await story

    with asyncio.Runner() as runner:
        runner.run(told())


async def aside(work: Callable[[], object]) -> None:
    """Do what blocks, beside the loop."""
    await asyncio.to_thread(work)
