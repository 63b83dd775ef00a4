"""`./guerdon import rates FILE`: takes daily rates from a CSV file, `day,base,quote,rate,source`.

All of them or none: with one wrong row nothing is taken, and every wrong row is named.
"""

import argparse
import getpass
import sys
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.engine.files.rates import RatesTaken, take_rates
from guerdon.program.model import Program
from guerdon.store.database import transaction
from guerdon.values.clock import utc_now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--program", default="", help="key of the program (not needed when there is one)")


def run(args: argparse.Namespace) -> int:
    """Import the file and say what became of it."""
    try:
        with installation() as opened:
            done = import_rates(opened, args.file, live_program(opened, args.program))
    except Refused as fault:
        return refusing("import", fault)
    for problem in done.problems:
        print(f"{args.file}: {problem}", file=sys.stderr)
    if done.problems:
        print(f"{counted(len(done.problems), 'row')} wrong; nothing was taken")
        return 1
    print(f"{counted(done.taken, 'rate')} taken, {done.known} known before")
    return 0


def import_rates(opened: Installation, file: Path, program: tuple[int, Program]) -> RatesTaken:
    """Import a file of rates into a program."""
    try:
        data = file.read_bytes()
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}") from fault
    with opened.connect("worker") as db, transaction(db, program[0]) as tx:
        return take_rates(tx, program, data, getpass.getuser(), utc_now())
