"""HTTP/1.1 on a socket, by hand: what a fault needs (a connection cut without a word) no framework gives."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

HEAD_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX = 32 * 1024 * 1024
REASONS = {200: "OK", 201: "Created", 204: "No Content", 207: "Multi-Status", 302: "Found"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request, taken apart."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """What goes back, and how badly: late, or not at all."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: bool = False

    def encode(self) -> bytes:
        """The bytes on the wire."""
        if self.body is None:
            payload = b""
        else:
            payload = self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Said')}"]
        if self.status != 204:
            if "Content-Type" not in self.headers:
                lines.append("Content-Type: application/json;charset=utf-8")
            lines.append(f"Content-Length: {len(payload)}")
        lines += [f"{name}: {text}" for name, text in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + payload


class Malformed(Exception):  # noqa: N818 - says what it found
    """Bytes that are no request."""


Application = Callable[[Request], Answer]


class Connection(asyncio.Protocol):
    """One connection: requests one after another, each answered before the next is read."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.transport: asyncio.Transport | None = None
        self.kept = bytearray()
        self.waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport."""
        del exc
        self.transport = None

    def data_received(self, data: bytes) -> None:
        """Gather bytes, and answer what is whole."""
        self.kept += data
        self._work()

    def _work(self) -> None:
        while self.transport is not None and not self.waiting:
            try:
                request = self._next_request()
            except (Malformed, ValueError, UnicodeDecodeError):
                self.transport.close()
                return
            if request is None:
                return
            answer = self.application(request)
            if answer.delay_s:
                self.waiting = True
                asyncio.get_running_loop().call_later(answer.delay_s, self._late, answer)
            else:
                self._send(answer)

    def _late(self, answer: Answer) -> None:
        self.waiting = False
        self._send(answer)
        self._work()

    def _send(self, answer: Answer) -> None:
        if self.transport is None:
            return
        if answer.cut:
            self.transport.abort()
            self.transport = None
        else:
            self.transport.write(answer.encode())

    def _next_request(self) -> Request | None:
        end = self.kept.find(b"\r\n\r\n")
        if end < 0:
            if len(self.kept) > HEAD_BYTES_MAX:
                raise Malformed
            return None
        first, *lines = self.kept[:end].decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {}
        for line in lines:
            name, _, text = line.partition(":")
            headers[name.lower()] = text.strip()
        if "transfer-encoding" in headers:
            raise Malformed
        length = int(headers.get("content-length", "0"))
        if length > BODY_BYTES_MAX:
            raise Malformed
        whole = end + 4 + length
        if len(self.kept) < whole:
            self._say_continue(headers)
            return None
        body = bytes(self.kept[end + 4 : whole])
        del self.kept[:whole]
        path, _, query = target.partition("?")
        return Request(method, unquote(path), parse_qsl(query, keep_blank_values=True), headers, body)

    def _say_continue(self, headers: dict[str, str]) -> None:
        if headers.get("expect", "").lower() == "100-continue" and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
