"""The pages on a port of this machine, by a server that a test can take away."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn


@dataclass
class Served:
    """A server that answers until it is stopped."""

    server: uvicorn.Server
    thread: threading.Thread

    def at(self, host: str) -> str:
        """Its address, by a name or number of this machine."""
        return f"http://{host}:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """Answer nothing any more; when this returns, nobody is connected."""
        self.server.should_exit = True
        self.thread.join()


@contextmanager
def served() -> Iterator[Served]:
    """Serve the pages of the room that is open."""
    from guerdon.web.accounts import application  # noqa: PLC0415  Django is prepared by then

    config = uvicorn.Config(
        application(), port=0, log_level="warning", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    made = Served(server, thread)
    try:
        yield made
    finally:
        made.stop()
