"""`./guerdon up`: PostgreSQL (without DATABASE_URL), web and worker, with the program of GUERDON_PROGRAM.

The program and the secrets it names are checked first: with a mistake in it, nothing is started at all. The
embedded PostgreSQL is watched like the other parts: when one of them is gone, all end.
"""

import argparse
import os
import signal
import sys
import time
from types import FrameType

from guerdon.channels import wired as channels
from guerdon.channels.passes.keys import read_pass_keys
from guerdon.cli.bounds import whole_number
from guerdon.cli.installation import Installation, Refused, bring_up_to_date, installation, refusing
from guerdon.cli.processes import Processes
from guerdon.cli.publish import checked_program, publish_if_new
from guerdon.config import Settings, read_settings
from guerdon.engine.beginnings.first_link import KEY_PURPOSE, PATH, first_token
from guerdon.program.model import Program
from guerdon.store.programs import list_programs
from guerdon.store.sealing import Vault
from guerdon.suppliers.wired import missing_of, wrong_addresses
from guerdon.values.clock import utc_now

HELP = "run web, worker and, without DATABASE_URL, PostgreSQL in one go"
START_S = 60.0
WATCH_S = 0.2
# To ask a server whether it is there costs it a process, so it is asked less often.
DATABASE_WATCH_S = 2.0
# What stands for every address of this machine, and where we meet ourselves then.
OWN_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  asked for by the setting


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--workers", type=whole_number(1, 64), default=1, metavar="N", help="worker processes (default 1)"
    )


def run(args: argparse.Namespace) -> int:
    """Run until interrupted."""
    stop_as_by_interrupt()
    try:
        # Before anything is started or written: a program with a mistake leaves no half-working installation.
        settings = read_settings()
        program = None
        if isinstance(settings, Settings):
            check_pass_keys(settings)
        if isinstance(settings, Settings) and settings.program:
            program = checked_program(settings.program)
            check_secrets(program, settings)
        with installation(migrated=False) as opened:
            bring_up_to_date(opened)
            if program:
                version = publish_if_new(opened, program, by="up")
                print(f"{program.key} version {version} is live", flush=True)
            return run_parts(opened, args.workers)
    except Refused as fault:
        return refusing("up", fault)


def stop_as_by_interrupt() -> None:
    """Let SIGTERM end what is being prepared as Ctrl-C does, in good order."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def check_secrets(program: Program, settings: Settings) -> None:
    """Refuse a program whose connections name secrets that the environment does not hold.

    Without a supplier's, all but its own orders goes on, and without a channel's all but what goes over it
    alone: they are named, and it starts.
    """
    missing = [
        f"{connection.secret}, which connection {connection.key} of {program.key} names"
        for connection in program.connections.values()
        if not settings.connection_secret(connection.secret)
    ]
    unknown = "; ".join(
        str(problem) for problem in (*wrong_addresses(settings), *channels.wrong_addresses(settings))
    )
    if unknown:
        raise Refused(f"{unknown}; nothing was published")
    if missing:
        raise Refused("settings are missing: " + "; ".join(missing) + "; nothing was published")
    waiting = missing_of(program, settings)
    if waiting:
        said = "; ".join(waiting)
        print(f"warning: settings are missing: {said}; its orders wait until they are there", file=sys.stderr)
    closed = "; ".join(channels.missing_of(program, settings))
    if closed:
        print(f"warning: settings are missing: {closed}; messages go over other channels", file=sys.stderr)


def check_pass_keys(settings: Settings) -> None:
    """Refuse files of keys that could sign no pass; the web process says of one that ends when it does."""
    found = read_pass_keys(settings)
    if isinstance(found, list):
        raise Refused("; ".join(str(problem) for problem in found) + "; nothing was started")


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


def own_url(settings: Settings) -> str:
    """The address by which this machine itself reaches its web process."""
    host = OWN_ADDRESSES.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/"


def start_parts(parts: Processes, opened: Installation, workers: int) -> None:
    """Start web and workers and wait until the web answers; raises `Refused`."""
    parts.start("web", ["-m", "guerdon", "web"])
    for n in range(workers):
        parts.start(f"worker {n + 1}", ["-m", "guerdon", "worker"])
    if opened.settings.bounces is not None:
        parts.start("bounces", ["-m", "guerdon", "bounces"])
    if not parts.wait_until_answers(own_url(opened.settings), START_S):
        ended = opened.lost() or parts.ended()
        parts.stop()
        raise Refused(f"{ended}; what it said stands above" if ended else "the web does not answer")


def run_parts(opened: Installation, workers: int) -> int:
    """Run web and workers until interrupted or one of them ends."""
    parts = Processes(environment_of(opened))
    try:
        start_parts(parts, opened, workers)
        print(f"Guerdon is up at {opened.settings.public_url}/console/ (Ctrl-C stops it)", flush=True)
        _tell_of_staff(opened)
        return wait_for_end(parts, opened)
    except KeyboardInterrupt:
        return 0
    finally:
        parts.stop()


def _tell_of_staff(opened: Installation) -> None:
    settings = opened.settings
    with opened.connect("web") as db:
        programs = list_programs(db)
    # Django reads its settings when it is imported, so it comes after them.
    from guerdon.web.accounts import prepare  # noqa: PLC0415

    prepare(settings)
    from guerdon.web.accounts.people import list_staff  # noqa: PLC0415

    known = list_staff()
    if not known and not programs:
        token = first_token(Vault(settings.secret).key(KEY_PURPOSE), utc_now())
        print(f"Begin here, once and within 24 hours: {settings.public_url}{PATH}{token}", flush=True)
    if not any(may for _, _, may in known):
        print("Nobody may sign in yet: ./guerdon staff add EMAIL --name NAME", flush=True)


def wait_for_end(parts: Processes, opened: Installation) -> int:
    """Wait until we are told to stop (0), or a part is gone (1), PostgreSQL being one of them."""
    told: list[int] = []

    def on_signal(number: int, _: FrameType | None) -> None:
        told.append(number)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, on_signal)
    asked_at = time.monotonic()
    while not told:
        ended = parts.ended()
        if ended or time.monotonic() - asked_at > DATABASE_WATCH_S:
            asked_at = time.monotonic()
            # The cause before its consequence: parts end when they cannot reach the database.
            ended = opened.lost() or ended
        if ended:
            print(f"guerdon: {ended}; stopping the others", file=sys.stderr, flush=True)
            return 1
        time.sleep(WATCH_S)
    return 0
