"""The command: take mails, watch who carries other messages, and show all until told to stop."""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

from .apps import open_apps
from .carriers import fcm, read_people, twilio, watch, webpush
from .mails import Mailbox
from .pages import InboxServer
from .server import HOST, Moods, listen

CARRIERS = {"twilio": twilio, "fcm": fcm, "webpush": webpush}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="mailbox", description="A mail server for demos, with pages of all messages to look into."
    )
    parser.add_argument("--smtp-port", type=int, default=8725, help="0 takes any that is free")
    parser.add_argument("--http-port", type=int, default=8726, help="0 takes any that is free")
    parser.add_argument("--dir", type=Path, required=True, help="folder that keeps the messages")
    parser.add_argument(
        "--refuse", type=float, default=0.0, metavar="SHARE", help="share of recipients to put off (451)"
    )
    parser.add_argument("--reject", action="store_true", help='no mailbox begins with "reject" (550)')
    for name in CARRIERS:
        parser.add_argument(f"--{name}", metavar="URL", help=f"show what the stand-in for {name} delivered")
    parser.add_argument(
        "--people", type=Path, metavar="FILE", help="JSON: whose devices there are, and who has an app"
    )
    given = parser.parse_args(arguments)
    mailbox, stop = Mailbox(given.dir), Event()
    people = read_people(given.people)
    carriers = [opens(getattr(given, name)) for name, opens in CARRIERS.items() if getattr(given, name)]
    watch(carriers, mailbox, people, stop)
    open_apps(people.apps, mailbox, stop)
    pages = InboxServer(given.http_port, mailbox, people.apps, given.twilio or "")
    try:
        asyncio.run(_serve(mailbox, Moods(given.refuse, given.reject), given.smtp_port, pages))
    finally:
        stop.set()
        mailbox.close()
    return 0


async def _serve(mailbox: Mailbox, moods: Moods, smtp_port: int, pages: InboxServer) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    smtp = await listen(mailbox, moods, smtp_port)
    Thread(target=pages.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    print(f"mail on {HOST}:{smtp.sockets[0].getsockname()[1]}", flush=True)
    print(f"inbox on http://{HOST}:{pages.server_port}/", flush=True)
    await stop.wait()
    smtp.close()
    pages.shutdown()
    pages.server_close()
