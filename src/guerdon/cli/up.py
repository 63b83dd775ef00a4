"""`./guerdon up`: PostgreSQL (without DATABASE_URL), web and worker, with the program of GUERDON_PROGRAM.

The program is checked first: with a mistake in it, nothing is started at all.
"""

import argparse
import os
import signal
import time
from types import FrameType

from guerdon.cli.installation import Installation, Refused, bring_up_to_date, installation, refusing
from guerdon.cli.processes import Processes
from guerdon.cli.publish import checked_program, publish_as
from guerdon.config import Settings, read_settings

HELP = "run web, worker and, without DATABASE_URL, PostgreSQL in one go"
START_S = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--workers", type=int, default=1, help="worker processes (default 1)")


def run(args: argparse.Namespace) -> int:
    """Run until interrupted."""
    try:
        # Before anything is started or written: a program with a mistake leaves no half-working installation.
        settings = read_settings()
        program = None
        if isinstance(settings, Settings) and settings.program:
            program = checked_program(settings.program)
        with installation(migrated=False) as opened:
            bring_up_to_date(opened)
            if program:
                published = publish_as(opened, program, by="up")
                print(f"{program.key} version {published.version} is live")
            return run_parts(opened, args.workers)
    except Refused as fault:
        return refusing("up", fault)


def environment_of(opened: Installation) -> dict[str, str]:
    """What the children need to work on the same installation."""
    settings = opened.settings
    return {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "GUERDON_HOME": str(settings.home),
        "GUERDON_SECRET": settings.secret,
        "GUERDON_HOST": settings.host,
        "GUERDON_PORT": str(settings.port),
        "GUERDON_PUBLIC_URL": settings.public_url,
        "GUERDON_SMTP_URL": settings.smtp_url,
        "GUERDON_MAIL_FROM": settings.mail_from,
    }


def start_parts(parts: Processes, opened: Installation, workers: int) -> None:
    """Start web and workers and wait until the web answers; raises `Refused`."""
    settings = opened.settings
    parts.start("web", ["-m", "guerdon", "web"])
    for n in range(workers):
        parts.start(f"worker {n + 1}", ["-m", "guerdon", "worker"])
    if not parts.wait_until_answers(f"http://{settings.host}:{settings.port}/", START_S):
        ended = parts.ended()
        parts.stop()
        raise Refused(
            f"{ended} ended at once; what it said stands above" if ended else "the web does not answer"
        )


def run_parts(opened: Installation, workers: int) -> int:
    """Run web and workers until interrupted or one of them ends."""
    parts = Processes(environment_of(opened))
    try:
        start_parts(parts, opened, workers)
        print(f"Guerdon is up at {opened.settings.public_url}/console/ (Ctrl-C stops it)", flush=True)
        return wait_for_end(parts)
    except KeyboardInterrupt:
        return 0
    finally:
        parts.stop()


def wait_for_end(parts: Processes) -> int:
    """Wait until we are told to stop (0) or a part ends by itself (1)."""
    told: list[int] = []

    def on_signal(number: int, _: FrameType | None) -> None:
        told.append(number)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, on_signal)
    while not told:
        ended = parts.ended()
        if ended:
            print(f"{ended} ended by itself")
            return 1
        time.sleep(0.2)
    return 0
