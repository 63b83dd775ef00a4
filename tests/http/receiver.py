"""Somebody else's machine for one test: takes what comes and answers with the very bytes a test wants."""

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

Pieces = Iterable[bytes]


@dataclass(frozen=True)
class Request:
    """What was asked, as it came."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]


def ok(_: Request) -> Pieces:
    return [answered(200)]


def answered(status: int, body: bytes = b"", **headers: str) -> bytes:
    told = {"Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body


@dataclass
class Receiver:
    """What came, and what is answered to it, by whichever thread."""

    answer: Callable[[Request], Pieces] = ok
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    at_once_max: int = 0
    port: int = 0
    closing: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _open: int = 0

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/hook"

    def serve(self, listener: socket.socket) -> None:
        while not self.closing.is_set():
            with suppress(TimeoutError):
                wire, _ = listener.accept()
                Thread(target=self._meet, args=(wire,), daemon=True).start()

    def _own(self, wire: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(wire, server_side=True) if self.tls else wire

    def _meet(self, wire: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open += 1
            self.at_once_max = max(self.at_once_max, self._open)
        wire.settimeout(30)
        try:
            with suppress(OSError), wire, self._own(wire) as own:
                request = _read(own)
                with self._lock:
                    self.requests.append(request)
                for piece in self.answer(request):
                    own.sendall(piece)
        finally:
            with self._lock:
                self._open -= 1


def _read(wire: socket.socket) -> Request:
    came = b""
    while b"\r\n\r\n" not in came:
        piece = wire.recv(65536)
        if not piece:
            raise ConnectionResetError
        came += piece
    head, _, body = came.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += wire.recv(65536)
    return Request(line, headers, body)


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """Listen on a port of this machine while the test goes on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        receiver.port = listener.getsockname()[1]
        thread = Thread(target=receiver.serve, args=(listener,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.closing.set()
            thread.join()
