"""Web Push: one notification to one browser, over whichever push service that browser named (RFC 8030).

The address is one that a stranger's browser gave us, so what a service answers says nothing of another
address: one that turns us away rejects this one message, one that is in trouble or asks us to wait puts off
this one, and only `gone` retires the address.
"""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Never

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from guerdon.channels.asking import Asks, asked_to_wait, lost, never
from guerdon.channels.push.encryption import (
    BODY_MAX,
    SALT_BYTES,
    SECRET_BYTES,
    encrypt,
    padded,
    read_point,
)
from guerdon.channels.push.tokens import coded, decoded
from guerdon.channels.push.vapid import Vapid
from guerdon.engine.messages.port import (
    Abilities,
    Accepted,
    Outcome,
    Parcel,
    Push,
    Rejected,
    Retry,
    Subscription,
)
from guerdon.http import Answer, Unreachable
from guerdon.text.formats import direction
from guerdon.values.destinations import Network, may_be_written, read_destination

WITHIN_S = 15.0
ENDPOINT_MAX = 2_000
GONE = (404, 410)
TOO_LARGE, TOO_MANY = 413, 429
# The same `ref` is the same topic, so a repetition replaces what has not arrived; the tag what has.
ABILITIES = Abilities(keyed=True, connections=8)


def read_subscription(
    endpoint: str, key: str, secret: str, allow: tuple[Network, ...] = ()
) -> Subscription | None:
    """A subscription as a browser writes it (base64url); None for one that we would never push to."""
    there = read_destination(endpoint, ENDPOINT_MAX)
    held, shared = decoded(key), decoded(secret)
    if there is None or held is None or shared is None or not may_be_written(there, allow):
        return None
    if read_point(held) is None or len(shared) != SECRET_BYTES:
        return None
    return Subscription(endpoint, held, shared)


class WebPush:
    """Pushes to browsers; many threads may have one each over the same client and the same `Vapid`."""

    abilities = ABILITIES

    def __init__(self, http: Asks, vapid: Vapid, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._vapid = vapid
        self._clock = clock

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a notification to the push service of its browser."""
        there, content = parcel.address, parcel.content
        assert isinstance(there, Subscription), "a browser is pushed to by its subscription"
        assert isinstance(content, Push), "what is pushed is a notification"
        found = read_destination(there.endpoint, ENDPOINT_MAX)
        reader = read_point(there.key)
        if found is None or reader is None or len(there.secret) != SECRET_BYTES:
            return Rejected("address:unusable", retires=True)
        try:
            record = padded(shown(content, parcel))
        except ValueError:
            return Rejected("push:large")
        body = encrypt(
            record, reader, there.secret, generate_private_key(SECP256R1()), os.urandom(SALT_BYTES)
        )
        assert len(body) <= BODY_MAX, "more than a push service has to take"
        headers = {
            "Authorization": self._vapid.authorization(f"{found.scheme}://{found.named_host}", self._clock()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, int(parcel.ttl.total_seconds()))),
            "Topic": coded(parcel.ref.bytes),
            "Urgency": "high" if parcel.urgent else "normal",
        }
        try:
            answer = self._http.ask("POST", there.endpoint, headers, body, WITHIN_S)
        except Unreachable as fault:
            return never(fault) or lost(fault, alone=True)
        return told(answer, parcel, self._clock())

    def find(self, parcel: Parcel, now: datetime) -> Never:
        """Nobody can be asked what became of a push message."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is kept open."""


def shown(content: Push, parcel: Parcel) -> bytes:
    """What the service worker reads: JSON of `title`, `body`, `url`, `tag`, `lang`, `dir`, all texts."""
    return msgspec.json.encode(
        {
            "title": content.title,
            "body": content.body,
            "url": content.url,
            "tag": content.tag or str(parcel.ref),
            "lang": parcel.language,
            "dir": direction(parcel.language),
        }
    )


def told(answer: Answer, parcel: Parcel, now: datetime) -> Outcome:
    """What the answer of a push service means."""
    status = answer.status
    if 200 <= status < 300:
        return Accepted(answer.headers.get("location", "")[:500] or str(parcel.ref))
    if status in GONE:
        return Rejected(f"push:{status}", retires=True)
    if status == TOO_LARGE:
        return Rejected("push:large")
    if status == TOO_MANY or status >= 500:
        return Retry(f"push:{status}", asked_to_wait(answer, now), alone=True)
    return Rejected(f"push:{status}")
