"""Webhooks to the address that a message or a number names: signed, tried again as it says, kept."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from standins.hubspot.posting import post
from standins.suppliers.callbacks import Callback, Callbacks
from standins.twilio.signatures import HEADER, requested, signature, with_body_hash

FORM, JSON = "application/x-www-form-urlencoded; charset=utf-8", "application/json"
# One more try where there was no connection, unless the fragment of the address says otherwise.
RETRIES_USUAL, RETRIES_MOST = 1, 5
TOTAL_S = 15.0


@dataclass
class Post(Callback):
    """A webhook: where to, what, and by which token it is signed."""

    url: str = ""
    params: dict[str, str] = field(default_factory=dict)
    token: str = ""
    # Webhooks about the same message are sent one after another.
    about: str = ""
    repeat: str = ""


def form_post(url: str, params: dict[str, str], token: str, **more: Any) -> Post:
    """A webhook as Messaging sends it."""
    return Post(url=url, params=params, token=token, body=urlencode(params).encode(), **more)


def json_post(url: str, content: Any, token: str, **more: Any) -> Post:
    """A webhook as products with JSON bodies send it; Messaging has none."""
    body = json.dumps(content).encode()
    return Post(url=with_body_hash(url, body), token=token, body=body, **more)


def retries(url: str, status: int) -> int:
    """How often one more try is made after this answer; 0 is none at all, which a lost connection is too."""
    told = {name: texts[-1] for name, texts in parse_qs(urlsplit(url).fragment).items()}
    policy = set(told.get("rp", "ct").split(","))
    kind = {"ct", "rt"} if status == 0 else {f"{status // 100}xx"}
    if 200 <= status < 300 or not (policy & (kind | {"all"})):
        return 0
    return min(int(told.get("rc", RETRIES_USUAL)), RETRIES_MOST)


class Posts(Callbacks):
    """What is to be told, to whom, and what was; the base's own address is that of the numbers' webhook."""

    def __init__(self) -> None:
        super().__init__(lambda *_: {}, (), TOTAL_S)
        self.closed = False
        self.turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def close(self) -> None:
        """Tell nobody any more, whatever a message named."""
        super().close()
        self.closed = True

    def send(self, made: Post, now_ms: int, *, tells: bool) -> None:
        """Send a webhook, or only keep it for whoever takes it."""
        self.kept.append(made)
        if tells and not self.closed:
            self.sent.append(made)
            self._start(made, now_ms)

    def tick(self, now_ms: int) -> None:
        """Nothing: tries follow each other at once."""

    def take(self, now_ms: int) -> list[dict[str, Any]]:
        """Hand over what was told since the last time, each with its address, copies and all."""
        addresses = [one.url for one in self.kept if isinstance(one, Post) for _ in range(one.copies)]
        taken = super().take(now_ms)
        return [{"url": requested(url), **one} for url, one in zip(addresses, taken, strict=True)]

    def headers(self, callback: Callback, now_ms: int) -> dict[str, str]:
        """The headers of a delivery."""
        del now_ms
        assert isinstance(callback, Post)
        token = callback.token[::-1] if self.wrong_secret else callback.token
        return {
            "Content-Type": FORM if callback.params else JSON,
            HEADER: signature(token, callback.url, callback.params),
            "I-Twilio-Idempotency-Token": callback.repeat,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }

    async def _deliver(self, callback: Callback, now_ms: int) -> None:
        assert isinstance(callback, Post)
        headers, loop = self.headers(callback, now_ms), asyncio.get_running_loop()
        async with self.turns[callback.about]:
            for tried in range(RETRIES_MOST + 1):
                if self.closed:
                    return
                url = requested(callback.url)
                posted = await loop.run_in_executor(
                    self.pool, post, url, headers, callback.body, self.within_s
                )
                callback.attempts.append(posted.status)
                if tried >= retries(callback.url, posted.status):
                    return
