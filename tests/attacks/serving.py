"""The whole front on a port of this machine, and bodies sent to it as no browser would."""

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from tests.approvals.doors import Visitor

from guerdon.web.rooms import room

MARK = "the-end-of-a-part"
WAIT_S = 60


@dataclass(frozen=True)
class Said:
    """What was answered; nothing at all is status 0."""

    status: int
    text: str


@contextmanager
def served() -> Iterator[int]:
    """Serve the room that is open, as the web process does; the port."""
    from guerdon.web.asgi import Front  # noqa: PLC0415  Django is prepared by then

    config = uvicorn.Config(
        Front(room()), port=0, log_level="error", timeout_graceful_shutdown=1, http="h11", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def multipart(fields: dict[str, str], *files: tuple[str, str, bytes]) -> bytes:
    """A form with files in it: name of the field, name of the file, what is in it."""
    parts = [
        f'--{MARK}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        f'--{MARK}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        f"Content-Type: text/csv\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, file, data in files
    ]
    return b"".join(parts) + f"--{MARK}--\r\n".encode()


def head(path: str, visitor: Visitor | None, **headers: str) -> bytes:
    """The head of a POST, with the cookies of somebody who is signed in."""
    said = {
        "host": "127.0.0.1",
        "content-type": f"multipart/form-data; boundary={MARK}",
        "sec-fetch-site": "same-origin",
        "accept-language": "en",
        "connection": "close",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    if visitor is not None:
        cookies = visitor.client.cookies.items()
        said["cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies)
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode()


def push(port: int, parts: Iterable[bytes], *, hang_up: bool = False) -> Said:
    """Send bytes until all are sent or nobody takes more, and read the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as sock:
        try:
            for part in parts:
                sock.sendall(part)
        except OSError:
            # Whoever answers before the end closes the way in; what was answered can be read all the same.
            pass
        return Said(0, "") if hang_up else _answer_of(sock)


def _answer_of(sock: socket.socket) -> Said:
    found = b""
    try:
        while part := sock.recv(1 << 16):
            found += part
    except OSError:
        pass
    line, _, rest = found.partition(b"\r\n")
    words = line.split()
    return Said(int(words[1]) if len(words) > 1 else 0, rest.decode("utf-8", "replace"))
