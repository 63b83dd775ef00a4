"""`./guerdon suppliers reconcile ACCOUNT`: their books against ours, asked for or read from a CSV file."""

import argparse
import getpass
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation
from guerdon.cli.published import live_program
from guerdon.cli.suppliers.differences import print_differences
from guerdon.engine.reconciling.statement_file import read_statement_file
from guerdon.engine.reconciling.taking import NotTaken, Taken, ask_statement, take_statement
from guerdon.program.model import Program
from guerdon.queries.reconciling.standing import Sifting
from guerdon.store.database import transaction
from guerdon.store.orders.reconciling.statements import Line, Source, Wanted
from guerdon.suppliers.amounts import digits_of
from guerdon.suppliers.wired import Suppliers
from guerdon.values.clock import utc_now

HELP = "their books against ours: asked for, or from a file"
SHOWN_MAX = 100
REASONS = {
    "lists": "{said} lists no orders: bring its statement as a file, with --file",
    "busy": "somebody reads a statement of this account just now; try again in a few minutes",
    "cut": "the supplier does not answer any more ({said}); nothing is compared",
    "shut": "the supplier lets nobody in ({said}); nothing is compared",
    "large": "the statement has too many lines: take a shorter time",
    "given_up": "reading took too long, and was given up; try again",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("account", metavar="ACCOUNT", help="key of an account of the program")
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help="their statement as CSV (docs/suppliers.md)"
    )
    parser.add_argument(
        "--from", dest="first", required=True, metavar="DAY", help="its first day, 2026-05-01"
    )
    parser.add_argument("--to", dest="last", required=True, metavar="DAY", help="its last day")


def run(args: argparse.Namespace) -> int:
    """Compare, and list what differs; 0 when a statement was compared."""
    with installation() as opened:
        program_id, program = live_program(opened, args.program)
        if args.account not in program.suppliers:
            raise Refused(f"the program has no supplier {args.account!r}; it has {_known(program)}")
        wanted = wanted_of((program_id, program), args)
        lines = _lines_of(args.file) if args.file else None
        if args.file and lines is None:
            return 1
        try:
            taken = _taken(opened, program, wanted, lines)
        except NotTaken as fault:
            raise Refused(REASONS[fault.why].format(said=fault.said)) from fault
        print(f"{counted(taken.lines, 'line')}, {taken.found} new differences, {taken.healed} gone")
        with opened.connect("web") as db, transaction(db, program_id) as tx:
            print_differences(tx, Sifting("open", args.account), SHOWN_MAX)
    return 0


def wanted_of(program: tuple[int, Program], args: argparse.Namespace) -> Wanted:
    """What is asked for: whole days of the program's own zone."""
    zone, now = ZoneInfo(program[1].time_zone), utc_now()
    try:
        first, last = (datetime.strptime(day, "%Y-%m-%d").date() for day in (args.first, args.last))  # noqa: DTZ007  days
    except ValueError as fault:
        raise Refused("write days like 2026-05-01") from fault
    since = datetime.combine(first, time.min, zone)
    until = datetime.combine(last + timedelta(days=1), time.min, zone)
    if until <= since or since > now:
        raise Refused("the last day is not before the first, and the first not in the future")
    source: Source = "file" if args.file else "asked"
    taken_at = min(until, now) if args.file else now
    return Wanted(program[0], args.account, source, since, until, getpass.getuser(), taken_at)


def _taken(opened: Installation, program: Program, wanted: Wanted, lines: list[Line] | None) -> Taken:
    with opened.connect("worker") as db:
        if lines is not None:
            return take_statement(db, wanted, lines, utc_now)
        account = Suppliers(opened.settings).open(program, wanted.supplier)
        if account is None:
            raise Refused(f"{wanted.supplier} cannot be asked: its key is not set here")
        return ask_statement(db, account, wanted, utc_now)


def _lines_of(file: Path) -> list[Line] | None:
    try:
        found = read_statement_file(file.read_bytes(), digits_of)
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}") from fault
    for problem in found.problems:
        print(f"{file}: {problem}", file=sys.stderr)
    if found.problems:
        print(f"{counted(len(found.problems), 'mistake')}; nothing was taken")
        return None
    return found.lines


def _known(program: Program) -> str:
    return ", ".join(program.suppliers) or "none"
