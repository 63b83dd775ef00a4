"""A tiny front door that takes HubSpot's webhooks as they should be taken, and remembers what came."""

import json
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from hubspot.utils.signature import Signature  # type: ignore[import-untyped]

SECRET = "0b1c2d3e-test-secret"
PUBLIC_URL = "https://rewards.example"
BODY_BYTES_MAX = 1_000_000
FIELDS = {
    "eventId",
    "subscriptionId",
    "portalId",
    "appId",
    "occurredAt",
    "subscriptionType",
    "attemptNumber",
    "objectId",
    "changeSource",
    "propertyName",
    "propertyValue",
    "sourceId",
}
IGNORED, DECLARED = (
    "lifecyclestage",
    {
        "test_drive_status",
        "booking_status",
        "vehicle_delivered_on",
        "referral_converted",
    },
)


class FrontDoor:
    """It answers 503 to every `stumbles`-th authentic request; of these, it has recorded every other one."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.recorded: dict[str, dict[str, Any]] = {}
        self.stumbles = 0
        self._requests = 0
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str, signature: str, timestamp: str, body: bytes) -> int:
        with self._lock:
            if not _authentic(path, signature, timestamp, body):
                self.counts["refused"] += 1
                return 401
            self._requests += 1
            stumble = self.stumbles and self._requests % self.stumbles == 0
            if not stumble or self._requests % (2 * self.stumbles) == 0:
                self._take(body)
            return 503 if stumble else 200

    def _take(self, body: bytes) -> None:
        try:
            events = json.loads(body)
        except ValueError:
            events = None
        if not isinstance(events, list):
            self.counts["quarantined"] += 1
            return
        assert len(events) <= 100
        for event in events:
            self.counts[self._take_event(event)] += 1

    def _take_event(self, event: Any) -> str:
        if not _well_formed(event):
            return "quarantined"
        assert set(event) == FIELDS
        names = ("portalId", "subscriptionId", "eventId", "objectId", "occurredAt")
        key = "-".join(str(event[name]) for name in names)
        content = {name: value for name, value in event.items() if name != "attemptNumber"}
        known = self.recorded.get(key)
        if known is not None:
            return "duplicate" if known == content else "quarantined"
        self.recorded[key] = content
        if event["propertyName"] == IGNORED:
            return "ignored"
        return "accepted" if event["propertyName"] in DECLARED else "quarantined"


def _authentic(path: str, signature: str, timestamp: str, body: bytes) -> bool:
    fresh = timestamp.isdecimal() and abs(int(timestamp) - time.time() * 1000) <= 300_000
    uri = PUBLIC_URL + path
    return fresh and signature == Signature.get_signature(
        SECRET, body.decode(), "v3", http_uri=uri, http_method="POST", timestamp=timestamp
    )


def _well_formed(event: Any) -> bool:
    numbers = ("eventId", "objectId", "occurredAt")
    return (
        isinstance(event, dict)
        and all(isinstance(event.get(name), int) for name in numbers)
        and isinstance(event["propertyName"], str)
    )


def _handler(door: FrontDoor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            if length > BODY_BYTES_MAX:
                self.close_connection = True
                status = 413
            else:
                body = self.rfile.read(length)
                signature = self.headers.get("X-HubSpot-Signature-v3", "")
                timestamp = self.headers.get("X-HubSpot-Request-Timestamp", "")
                status = door.answer(self.path, signature, timestamp, body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if status == 503:
                self.send_header("Retry-After", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
