"""Webhooks: thin events in arrays of at most 100, signed, tried again, out of order, sometimes twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec

from standins.hubspot.clock import Clock
from standins.hubspot.posting import Posted, post
from standins.hubspot.records import SINGULAR, TYPE_IDS, Happening
from standins.hubspot.signatures import sign_v1, sign_v3

BATCH_MAX = 100
RETRIES_MAX = 10
RETRIES_WITHIN_S = 86_400
FLAGS = {"creation": "NEW", "deletion": "DELETED"}
SETTINGS = (
    "factor",
    "duplicates",
    "shuffle",
    "batch_ms",
    "skew_ms",
    "wrong_secret",
    "retry_4xx",
    "within_s",
    "paused",
)


@dataclass
class Subscription:
    """What a target asked to be told of."""

    id: int
    event_type: str
    property_name: str | None = None
    object_type_id: str | None = None

    def matches(self, happening: Happening) -> bool:
        """Whether this happening is one of them."""
        subject, _, what = self.event_type.partition(".")
        if what != happening.what or self.property_name not in (None, happening.name):
            return False
        if subject == "object":
            return self.object_type_id == TYPE_IDS[happening.object_type]
        return subject == SINGULAR[happening.object_type]


@dataclass
class Hook:
    """A target address of an app, and how its deliveries go."""

    id: int
    url: str
    app_id: int
    secret: str
    portals: set[int] | None
    subscriptions: list[Subscription]
    factor: float = 1.0
    duplicates: float = 0.0
    shuffle: bool = True
    batch_ms: int = 50
    skew_ms: int = 0
    wrong_secret: bool = False
    retry_4xx: bool = True
    within_s: float = 5.0
    paused: bool = False
    queue: list[dict[str, Any]] = field(default_factory=list)
    waiting: int = 0
    flushing: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(10))

    def shown(self) -> dict[str, Any]:
        """The target as the control door shows it."""
        return {
            "id": self.id,
            "url": self.url,
            "appId": self.app_id,
            "subscriptions": [
                {"id": one.id, "eventType": one.event_type, "propertyName": one.property_name}
                for one in self.subscriptions
            ],
            "waiting": len(self.queue) + self.waiting,
            "counts": dict(self.counts),
            **{name: getattr(self, name) for name in SETTINGS},
        }


class Hooks:
    """All targets, and the sending."""

    def __init__(self, chance: random.Random, clock: Clock) -> None:
        self.chance = chance
        self.clock = clock
        self.targets: dict[int, Hook] = {}
        self.installed: set[int] = set()
        self.ids = count(1)
        self.pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="hooks")
        self.tasks: set[asyncio.Task[None]] = set()

    def tell(self, happening: Happening) -> None:
        """Queue an event for every subscription that matches."""
        for hook in self.targets.values():
            if happening.portal not in (self.installed if hook.portals is None else hook.portals):
                continue
            for subscription in hook.subscriptions:
                if subscription.matches(happening):
                    hook.queue.append(self._event(hook, subscription, happening))
                    self._wake(hook)

    def _event(self, hook: Hook, subscription: Subscription, happening: Happening) -> dict[str, Any]:
        event: dict[str, Any] = {
            "eventId": self.chance.randrange(1, 2**32),
            "subscriptionId": subscription.id,
            "portalId": happening.portal,
            "appId": hook.app_id,
            "occurredAt": happening.at_ms,
            "subscriptionType": subscription.event_type,
            "attemptNumber": 0,
            "objectId": happening.object_id,
            "changeSource": happening.source.change_source,
            "sourceId": happening.source.source_id,
        }
        if subscription.object_type_id is not None:
            event["objectTypeId"] = subscription.object_type_id
        if happening.what in FLAGS:
            event["changeFlag"] = FLAGS[happening.what]
        if happening.what == "propertyChange":
            event |= {"propertyName": happening.name, "propertyValue": happening.value}
        if happening.merge is not None:
            primary, merged, new, moved = happening.merge
            event |= {"primaryObjectId": primary, "mergedObjectIds": [merged]}
            event |= {"newObjectId": new, "numberOfPropertiesMoved": moved}
        return event

    def _wake(self, hook: Hook) -> None:
        if not hook.flushing and not hook.paused:
            hook.flushing = True
            asyncio.get_running_loop().call_later(hook.batch_ms / 1000, self.flush, hook)

    def resume(self, hook: Hook) -> None:
        """Go on after a pause."""
        hook.paused = False
        if hook.queue:
            self._wake(hook)

    def flush(self, hook: Hook) -> None:
        """Send what is queued, unless the target is paused or gone."""
        hook.flushing = False
        if hook.paused or hook.id not in self.targets:
            return
        events, hook.queue = hook.queue, []
        again = [event for event in events if self.chance.random() < hook.duplicates]
        hook.counts["duplicates"] += len(again)
        for batch in self._batches(hook, events + again):
            self._start(hook, batch)

    def _batches(self, hook: Hook, events: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        by_portal: dict[int, list[dict[str, Any]]] = {}
        for event in events:
            by_portal.setdefault(event["portalId"], []).append(event)
        for own in by_portal.values():
            if hook.shuffle:
                self.chance.shuffle(own)
            for start in range(0, len(own), BATCH_MAX):
                yield own[start : start + BATCH_MAX]

    def _start(self, hook: Hook, batch: list[dict[str, Any]], attempt: int = 0) -> None:
        if attempt == 0:
            hook.waiting += len(batch)
        task = asyncio.get_running_loop().create_task(self._deliver(hook, batch, attempt))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _deliver(self, hook: Hook, batch: list[dict[str, Any]], attempt: int) -> None:
        async with hook.free:
            posted = await self._post(hook, [{**event, "attemptNumber": attempt} for event in batch])
        hook.counts["requests"] += 1
        hook.counts[f"answered {posted.status}"] += 1
        if 200 <= posted.status < 300:
            hook.waiting -= len(batch)
            hook.counts["delivered"] += len(batch)
        elif attempt >= RETRIES_MAX or (
            400 <= posted.status < 500 and posted.status != 429 and not hook.retry_4xx
        ):
            hook.waiting -= len(batch)
            hook.counts["lost"] += len(batch)
        else:
            pause = self.chance.uniform(0.2, 1.8) * RETRIES_WITHIN_S / RETRIES_MAX * hook.factor
            delay = pause if posted.retry_after_s is None else posted.retry_after_s
            asyncio.get_running_loop().call_later(delay, self._start, hook, batch, attempt + 1)

    async def _post(self, hook: Hook, events: list[dict[str, Any]]) -> Posted:
        body = msgspec.json.encode(events)
        sent_ms = self.clock.now_ms() + hook.skew_ms
        secret = "not-" + hook.secret if hook.wrong_secret else hook.secret
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "HubSpot Connect 2.0",
            "X-HubSpot-Signature-Version": "v1",
            "X-HubSpot-Signature": sign_v1(secret, body),
            "X-HubSpot-Signature-v3": sign_v3(secret, "POST", hook.url, body, sent_ms),
            "X-HubSpot-Request-Timestamp": str(sent_ms),
        }
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, post, hook.url, headers, body, hook.within_s)
