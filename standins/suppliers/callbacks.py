"""Callbacks to the address that asked for them: signed, sometimes twice, tried again, kept to be taken."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import msgspec

from standins.hubspot.posting import post

Sign = Callable[[bytes, str, int], dict[str, str]]


@dataclass
class Callback:
    """One message, and how its deliveries went."""

    id: str
    body: bytes
    attempts: list[int] = field(default_factory=list)
    due_ms: int | None = None
    copies: int = 1


class Callbacks:
    """What is to be told, to whom, and what was."""

    def __init__(self, sign: Sign, delays_s: tuple[int, ...], within_s: float) -> None:
        self.sign = sign
        self.delays_s = delays_s
        self.within_s = within_s
        self.url: str | None = None
        self.wrong_secret = False
        self.sent: list[Callback] = []
        self.kept: list[Callback] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="callbacks")

    def tell(self, message_id: str, body: dict[str, Any], now_ms: int, copies: int = 1) -> None:
        """Send a message, as often as told; without an address it is kept for whoever takes it."""
        callback = Callback(message_id, msgspec.json.encode(body), copies=copies)
        self.kept.append(callback)
        if self.url is not None:
            self.sent.append(callback)
            self._start(callback, now_ms)

    def tick(self, now_ms: int) -> None:
        """Try again whatever is due."""
        for callback in self.sent:
            if callback.due_ms is not None and callback.due_ms <= now_ms:
                callback.due_ms = None
                self._start(callback, now_ms)

    def take(self, now_ms: int) -> list[dict[str, Any]]:
        """Hand over what was told since the last time, signed now, copies and all."""
        taken, self.kept = self.kept, []
        return [
            {"headers": self.headers(one, now_ms), "body": one.body.decode()}
            for one in taken
            for _ in range(one.copies)
        ]

    def close(self) -> None:
        """Tell nobody any more."""
        self.url = None

    def headers(self, callback: Callback, now_ms: int) -> dict[str, str]:
        """The headers of a delivery."""
        signed = self.sign(callback.body, callback.id, now_ms)
        if self.wrong_secret:
            signed = self.sign(callback.body + b" ", callback.id, now_ms)
        return {"Content-Type": "application/json", **signed}

    def _start(self, callback: Callback, now_ms: int) -> None:
        for _ in range(callback.copies):
            task = asyncio.get_running_loop().create_task(self._deliver(callback, now_ms))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _deliver(self, callback: Callback, now_ms: int) -> None:
        url, headers = self.url, self.headers(callback, now_ms)
        if url is None:
            return
        loop = asyncio.get_running_loop()
        posted = await loop.run_in_executor(self.pool, post, url, headers, callback.body, self.within_s)
        callback.attempts.append(posted.status)
        tried = len(callback.attempts)
        if not 200 <= posted.status < 300 and tried <= len(self.delays_s):
            callback.due_ms = now_ms + self.delays_s[tried - 1] * 1000
