"""`./guerdon worker`: the worker alone; run as many as there are cores, they share the lanes."""

import argparse
import logging
import signal

from guerdon.cli.circles import WORKER_EVERY, seldom
from guerdon.cli.installation import Refused, installation, refusing
from guerdon.worker import Worker

HELP = "run the worker alone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--only",
        default="",
        choices=(
            *("process", "deliver", "sms", "push", "inapp", "time", "seal", "controls", "replays"),
            *("announce", "webhooks"),
        ),
        help="run one of its loops only",
    )
    parser.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))


def run(args: argparse.Namespace) -> int:
    """Work until interrupted; what is at hand is finished."""
    logging.basicConfig(level=args.log_level.upper(), format="worker %(levelname)s %(name)s: %(message)s")
    seldom(WORKER_EVERY)
    try:
        with installation() as opened:
            worker = Worker(opened.settings, args.only)
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, lambda *_: worker.stop())
            worker.run()
    except Refused as fault:
        return refusing("worker", fault)
    return 0
