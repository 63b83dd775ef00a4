"""`./guerdon drops`: which files of events were taken last, and what became of their rows."""

import argparse

from guerdon.cli.bounds import whole_number
from guerdon.cli.installation import Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.store.database import transaction
from guerdon.store.drops.taken import DropRow, list_drops

HELP = "which files of events were taken, and what became of their rows"
LISTED_MAX = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--program", default="", help="key of the program (not needed when there is one)")
    parser.add_argument(
        "--last", type=whole_number(1, LISTED_MAX), default=20, metavar="N", help="default 20"
    )


def run(args: argparse.Namespace) -> int:
    """List them, the newest first."""
    try:
        with installation() as opened:
            program_id, program = live_program(opened, args.program)
            with opened.connect("web") as db, transaction(db, program_id) as tx:
                rows = list_drops(tx, program_id, args.last)
    except Refused as fault:
        return refusing("drops", fault)
    if not rows:
        print(f"no file was taken yet; declared are: {', '.join(program.drops) or 'none'}")
    for row in rows:
        print(_line(row))
    return 0


def _line(row: DropRow) -> str:
    end = f"\tnot read to its end: {row.failure}" if row.failure else ""
    return (
        f"{row.taken_at:%Y-%m-%d %H:%M}\t{row.drop}\t{row.file or '(posted)'}\t{row.rows} rows"
        f"\t{row.accepted} accepted\t{row.duplicates} known\t{row.quarantined} set apart\t{row.wrong} wrong"
        f"\t{row.taken_by}{end}"
    )
