"""`./guerdon deliveries import FILE`: takes vouchers of old from a CSV file, to show how long it took before.

All of them or none: with one wrong row nothing is taken, and every wrong row is named.
"""

import argparse
import getpass
import sys
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.engine.files.vouchers import VouchersTaken, take_vouchers
from guerdon.program.model import Program
from guerdon.store.database import transaction
from guerdon.values.clock import utc_now

HELP = "take vouchers of old, to show how long it took before"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    deeds = parser.add_subparsers(dest="deed", required=True)
    taking = deeds.add_parser("import", help="CSV with requested_on, delivered_on, location, market, kind")
    taking.add_argument("file", type=Path, metavar="FILE")
    taking.add_argument("--program", default="", help="key of the program (not needed when there is one)")


def run(args: argparse.Namespace) -> int:
    """Import the file and say what became of it."""
    try:
        with installation() as opened:
            done = import_vouchers(opened, args.file, live_program(opened, args.program))
    except Refused as fault:
        return refusing("deliveries", fault)
    for problem in done.problems:
        print(f"{args.file}: {problem}", file=sys.stderr)
    if done.problems:
        print(f"{counted(len(done.problems), 'mistake')}; nothing was taken")
        return 1
    print(f"{counted(done.taken, 'voucher')} taken, {done.known} known before")
    return 0


def import_vouchers(opened: Installation, file: Path, program: tuple[int, Program]) -> VouchersTaken:
    """Import a file of vouchers into a program."""
    try:
        data = file.read_bytes()
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}") from fault
    with opened.connect("worker") as db, transaction(db, program[0]) as tx:
        return take_vouchers(tx, program, data, getpass.getuser(), utc_now())
