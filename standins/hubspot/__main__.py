"""`python -m standins.hubspot --port P [--seed N] [--fail 0.1] [--legacy] [--checked]`: run on loopback."""

import argparse
import asyncio
import os
import signal
from typing import NoReturn

from standins.hubspot.application import Application
from standins.hubspot.wire import Connection
from standins.hubspot.world import World

HOST = "127.0.0.1"


def main() -> NoReturn:
    """Run until told to end."""
    parser = argparse.ArgumentParser(prog="python -m standins.hubspot", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fail", type=float, default=0.0, help="the share of requests that fail")
    parser.add_argument("--legacy", action="store_true", help="serve v3 and v4 addresses too")
    parser.add_argument("--checked", action="store_true", help="check every answer against the table too")
    given = parser.parse_args()
    application = Application(World(given.seed, given.fail), legacy=given.legacy, checked=given.checked)
    asyncio.run(serve(application, given.port))
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


if __name__ == "__main__":
    main()
