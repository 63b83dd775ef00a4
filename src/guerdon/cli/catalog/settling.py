"""`./guerdon catalog accept SYNC` and `drop SYNC`: what becomes of a feed that waits for somebody."""

import argparse
import getpass

from guerdon.cli.catalog.said import REASONS, told
from guerdon.cli.installation import Refused, installation
from guerdon.cli.published import live_program
from guerdon.engine.catalog.applying import NotSettled, accept_sync, drop_sync
from guerdon.store.database import transaction
from guerdon.values.clock import utc_now
from guerdon.values.ids import read

HELP = {"accept": "put what waits into the catalog", "drop": "let what waits come to nothing"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("sync", metavar="SYNC", help="which reading, like syn_0000000000001")


def run(args: argparse.Namespace) -> int:
    """Do it, and say what it came to."""
    settle = accept_sync if args.what == "accept" else drop_sync
    with installation() as opened:
        program_id, _ = live_program(opened, args.program)
        number = read("syn", args.sync)
        if number is None:
            raise Refused(REASONS["unknown"])
        with opened.connect("web") as db, transaction(db, program_id) as tx:
            found = settle(tx, program_id, number, getpass.getuser(), utc_now())
    if isinstance(found, NotSettled):
        raise Refused(REASONS[found.why])
    print(told(found))
    return 0
