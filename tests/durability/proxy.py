"""A proxy before PostgreSQL's socket that does to an answer what networks do: one fault, when it is armed.

It reads just enough of the protocol to know a COMMIT when it comes by. The server has it then, and the answer
that says so is the one that is lost, late, or comes in pieces.
"""

import asyncio
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

SOCKET = ".s.PGSQL.5432"
Fault = Literal["cut", "never sent", "late", "half open", "byte by byte", "black hole"]
OTHER_FAULTS: tuple[Fault, ...] = ("never sent", "late", "half open", "byte by byte", "black hole")
LATE_S = 0.2
HEAD = struct.Struct("!cI")
COMMIT = b"COMMIT\0"
CHUNK = 65_536


@dataclass
class Wire:
    """One client's connection through the proxy, and what befalls it."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    fault: Fault | None = None

    def close(self) -> None:
        """Hang up on both sides."""
        for each in (self.client, self.server):
            each.close()


@dataclass
class Proxy:
    """Passes everything on, but for the one COMMIT that a fault is armed for."""

    to: Path
    armed: Fault | None = None
    struck: int = 0
    open_wires: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, from_client: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Pass on what one client and the server say."""
        from_server, server = await asyncio.open_unix_connection(str(self.to / SOCKET))
        wire = Wire(client, server)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await asyncio.gather(self._onward(from_client, wire), self._back(from_server, wire))
        wire.close()

    async def _onward(self, from_client: asyncio.StreamReader, wire: Wire) -> None:
        # The first message has no letter before its length.
        size = await from_client.readexactly(4)
        wire.server.write(size + await from_client.readexactly(int.from_bytes(size) - 4))
        while True:
            head = await from_client.readexactly(HEAD.size)
            letter, length = HEAD.unpack(head)
            body = await from_client.readexactly(length - 4)
            if self.armed and letter == b"Q" and body == COMMIT:
                wire.fault, self.armed = self.armed, None
                self.struck += 1
                if wire.fault == "never sent":
                    raise ConnectionError
            wire.server.write(head + body)
            await wire.server.drain()

    async def _back(self, from_server: asyncio.StreamReader, wire: Wire) -> None:
        while True:
            said = await from_server.read(CHUNK)
            if not said:
                raise ConnectionError
            match wire.fault:
                case "cut" | "never sent":
                    raise ConnectionError
                case "half open":
                    wire.server.close()
                    await asyncio.sleep(LATE_S)
                    raise ConnectionError
                case "black hole":
                    await asyncio.sleep(LATE_S)
                    wire.client.transport.abort()
                    raise ConnectionError
                case "late":
                    await asyncio.sleep(LATE_S)
                    wire.client.write(said)
                case "byte by byte":
                    for byte in said:
                        wire.client.write(bytes([byte]))
                        await asyncio.sleep(0)
                case None:
                    wire.client.write(said)
            wire.fault = None
            await wire.client.drain()


@contextmanager
def proxied(sockets: Path) -> Iterator[tuple[Proxy, Path]]:
    """Run a proxy before a server's socket; where its own socket lies."""
    with tempfile.TemporaryDirectory(prefix="gd-proxy-") as folder:
        proxy, loop = Proxy(sockets), asyncio.new_event_loop()
        listening = loop.run_until_complete(
            asyncio.start_unix_server(proxy.serve, str(Path(folder) / SOCKET))
        )
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield proxy, Path(folder)
        finally:
            asyncio.run_coroutine_threadsafe(_closed(listening), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _closed(listening: asyncio.Server) -> None:
    listening.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)
