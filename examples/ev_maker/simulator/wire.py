"""How HubSpot delivers: signed, over connections it keeps, and again when nobody answers well.

The signature covers the address as the public knows it, which need not be the one we connect to. A retry
is the same events with a higher attempt number, a new stamp and so a new signature.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from random import Random
from threading import Event as Flag
from urllib.parse import urlsplit

from .parcels import Parcel, Seal

ATTEMPTS_MAX = 11
ANSWER_SECONDS_MAX = 10
BACKOFF_SECONDS, BACKOFF_SECONDS_MAX = 0.2, 10.0
WINDOW_MS = 300_000
IDLE_MS_MAX = 2_000  # servers hang up on those who are silent for longer
UNANSWERED, TOO_LARGE = 0, 413
AGE_MS: Mapping[Seal, int] = {"stale": 2 * WINDOW_MS, "future": -2 * WINDOW_MS}


@dataclass(frozen=True, slots=True)
class Address:
    """Where to knock, as whom, and how the address reads to the public."""

    base_url: str
    public_url: str
    path: str
    secret: bytes
    portal: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 means nothing did."""

    status: int
    sent_at: int
    answered_at: int
    attempt: int
    retry_after_seconds: float | None = None

    @property
    def calls_for_retry(self) -> bool:
        """Tell whether HubSpot would try again."""
        return self.status in {UNANSWERED, 429} or self.status >= 500


def sign(secret: bytes, method: str, url: str, body: bytes, timestamp: str) -> str:
    """Make HubSpot's v3 signature."""
    text = method.encode() + url.encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()


def headers_for(address: Address, body: bytes, seal: Seal, now_ms: int) -> dict[str, str]:
    """Seal a body, rightly or in one of the wrong ways."""
    timestamp = str(now_ms - AGE_MS.get(seal, 0))
    secret = b"not-" + address.secret if seal == "wrong" else address.secret
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "HubSpot Connect 2.0 (simulated)",
        "X-HubSpot-Timeout-Millis": str(ANSWER_SECONDS_MAX * 1000),
    }
    if seal != "unsigned":
        url = address.public_url + address.path
        headers["X-HubSpot-Signature-v3"] = sign(secret, "POST", url, body, timestamp)
    if seal != "undated":
        headers["X-HubSpot-Request-Timestamp"] = timestamp
    return headers


def now_ms() -> int:
    """Read the clock in the CRM's unit."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Line:
    """One kept connection to the front door."""

    address: Address
    _open: HTTPConnection | None = None
    _used_at: int = 0

    def post(self, body: bytes, seal: Seal, attempt: int) -> Answer:
        """Knock once; whatever goes wrong on the way is an answer too."""
        sent_at = now_ms()
        if sent_at - self._used_at > IDLE_MS_MAX:
            self.close()
        headers = headers_for(self.address, body, seal, sent_at)
        try:
            status, wait = self._exchange(body, headers)
        except (OSError, HTTPException):
            self.close()
            status, wait = UNANSWERED, None
        self._used_at = now_ms()
        return Answer(status, sent_at, self._used_at, attempt, wait)

    def close(self) -> None:
        """Hang up."""
        if self._open:
            self._open.close()
            self._open = None

    def _exchange(self, body: bytes, headers: dict[str, str]) -> tuple[int, float | None]:
        self._open = self._open or _connection(self.address.base_url)
        # A door may refuse a huge body before it has read it all: its answer is there to be read.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._open.request("POST", self.address.path, body, headers)
        response = self._open.getresponse()
        response.read()
        # The rest of a body that was too large is still on its way, and would be read as the next request.
        if response.will_close or response.status == TOO_LARGE:
            self.close()
        return response.status, _seconds(response.getheader("Retry-After"))


def deliver(line: Line, parcel: Parcel, stopping: Flag, chance: Random) -> list[Answer]:
    """Send a parcel until it is taken, refused or given up; an answer per attempt."""
    answers: list[Answer] = []
    attempts_max = 1 if parcel.kind == "huge_unsigned" else ATTEMPTS_MAX
    for attempt in range(attempts_max):
        body = parcel.body(line.address.portal, attempt)
        answers.append(line.post(body, parcel.seal, attempt))
        if not answers[-1].calls_for_retry or attempt + 1 == attempts_max:
            break
        if stopping.wait(_pause_seconds(answers[-1], chance)):
            break
    return answers


def _pause_seconds(answer: Answer, chance: Random) -> float:
    if answer.retry_after_seconds is not None:
        return answer.retry_after_seconds
    backoff = min(BACKOFF_SECONDS * 2.0**answer.attempt, BACKOFF_SECONDS_MAX)
    return backoff * chance.uniform(0.5, 1.5)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdecimal() else None


def _connection(base_url: str) -> HTTPConnection:
    parts = urlsplit(base_url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.netloc, timeout=ANSWER_SECONDS_MAX)
