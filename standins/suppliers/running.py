"""A stand-in as a process: it listens on loopback, prints its address, and ends at SIGTERM."""

import argparse
import asyncio
import os
import signal
from typing import NoReturn

from standins.hubspot.wire import Connection
from standins.suppliers.application import Application, Vendor

HOST = "127.0.0.1"


def run(vendor: Vendor, name: str, says: str | None) -> NoReturn:
    """Run until told to end."""
    parser = argparse.ArgumentParser(prog=f"python -m standins.{name}", description=says)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--checked", action="store_true", help="check every answer against the table too")
    given = parser.parse_args()
    asyncio.run(serve(Application(vendor, given.seed, checked=given.checked), given.port))
    # Threads that still wait for a slow receiver must not hold the end up.
    os._exit(0)


async def serve(application: Application, port: int) -> None:
    """Listen, say where, and answer until SIGTERM or SIGINT."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(lambda: Connection(application), HOST, port)
    application.world.origin = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    print(application.world.origin, flush=True)
    await ended.wait()
    server.close()
