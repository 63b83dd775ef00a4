"""`./guerdon import members|codes|rates FILE`: takes members, voucher codes or daily rates from a CSV file.

Wrong rows are listed, and the rest stands; of rates it is all or nothing.
"""

import argparse
import sys
from io import StringIO
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.imports import codes, rates
from guerdon.cli.imports.whole import add_file
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.engine.enroll import Enrolled, enroll_members
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

HELP = "take members, voucher codes or rates from a file"
SHOWN_MAX = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    members = kinds.add_parser("members", help="CSV with external_source, external_id, market, ...")
    add_file(members)
    codes.add_arguments(kinds.add_parser("codes", help="CSV with item, value, code"))
    rates_help = "CSV with day, base, quote, rate, source"
    rates.add_arguments(kinds.add_parser("rates", help=rates_help))


def run(args: argparse.Namespace) -> int:
    """Import what was asked for."""
    if args.kind == "codes":
        return codes.run(args)
    if args.kind == "rates":
        return rates.run(args)
    try:
        with installation() as opened:
            done = import_members(opened, args.file, args.program)
    except Refused as fault:
        return refusing("import", fault)
    for problem in done.problems[:SHOWN_MAX]:
        print(f"{args.file}: {problem}", file=sys.stderr)
    if len(done.problems) > SHOWN_MAX:
        print(f"... and {len(done.problems) - SHOWN_MAX} more", file=sys.stderr)
    if done.repeated:
        lines = codes.render_lines(done.repeated)
        print(f"told of before in this file, so that the last row counts: {lines}")
    print(
        f"{counted(done.enrolled, 'member')} enrolled, {done.updated} brought up to date, "
        f"{counted(done.released, 'waiting event')} let go, {counted(len(done.problems), 'mistake')}"
    )
    return 1 if done.problems else 0


def import_members(opened: Installation, file: Path, program_key: str = "") -> Enrolled:
    """Import a members file into a program."""
    with opened.connect("worker") as db:
        program_id, program = live_program(opened, program_key)
        # Read whole before the first row is written: what cannot be read further down leaves no half import.
        with StringIO(_text_of(file), newline=None) as lines:
            return enroll_members(db, Vault(opened.settings.secret), (program_id, program), lines, utc_now())


def _text_of(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}") from fault
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise Refused(f"{file} is not UTF-8, line {line}; save it as UTF-8") from fault
