"""`./guerdon import codes FILE`: takes voucher codes from a CSV file, `item,value,code[,expires_on]`.

One commit for all new codes of the file; ends that it changes come after it, some hundreds a commit. Every
row is accounted for: taken, known before (in file or pool), known with another end, or wrong and listed with
its line. Known and wrong rows keep no other out.
"""

import argparse
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.imports.whole import add_file
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.engine.codes import Bringing, bring_codes
from guerdon.engine.files.codes import FILE_BYTES_MAX, WrongRow, named_items, read_codes_file
from guerdon.engine.files.pooled import load_pooled
from guerdon.program.model import Program
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

HELP = "take voucher codes from a file"
SHOWN_MAX = 50
LINES_SHOWN_MAX = 10


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file's rows."""

    taken: int
    ends_lines: list[int]
    known_lines: list[int]
    problems: list[WrongRow]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_file(parser)


def run(args: argparse.Namespace) -> int:
    """Import the file and say what became of every row."""
    try:
        with installation() as opened:
            done = import_codes(opened, args.file, live_program(opened, args.program))
    except Refused as fault:
        return refusing("import", fault)
    for problem in done.problems[:SHOWN_MAX]:
        print(f"{args.file}: {problem}", file=sys.stderr)
    if len(done.problems) > SHOWN_MAX:
        print(f"... and {len(done.problems) - SHOWN_MAX} more", file=sys.stderr)
    if done.ends_lines:
        print(f"ends changed: {len(done.ends_lines)}, {render_lines(done.ends_lines)}")
    if done.known_lines:
        print(f"known before, left as they are: {render_lines(done.known_lines)}")
    print(
        f"{counted(done.taken, 'code')} taken, {len(done.known_lines)} known before,"
        f" {counted(len(done.problems), 'row')} wrong"
    )
    return 1 if done.problems else 0


def import_codes(opened: Installation, file: Path, program: tuple[int, Program]) -> Imported:
    """Import a file of codes into a program's pool."""
    data = _bytes_of(file)
    program_id, read_program = program
    now = utc_now()
    with opened.connect("worker") as db:
        opens = partial(transaction, db, program_id)
        with opens() as tx:
            pooled = load_pooled(tx, program_id, read_program, named_items(data))
        read = read_codes_file(data, read_program, now, pooled)
        bringing = Bringing(program_id, "import", now)
        became = bring_codes(opens, Vault(opened.settings.secret), bringing, read.codes)
    ends_lines = [line for line, what in zip(read.lines, became, strict=True) if what == "ends"]
    known = [line for line, what in zip(read.lines, became, strict=True) if what == "known"]
    return Imported(became.count("new"), ends_lines, known, read.problems)


def _bytes_of(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}") from fault
    if len(data) > FILE_BYTES_MAX:
        raise Refused(f"{file} is larger than {FILE_BYTES_MAX >> 20} MB: split it into several files")
    return data


def render_lines(lines: list[int]) -> str:
    """Write the first few of some lines of a file."""
    shown = ", ".join(str(line) for line in lines[:LINES_SHOWN_MAX])
    return f"line{'' if len(lines) == 1 else 's'} {shown}" + (", ..." if len(lines) > LINES_SHOWN_MAX else "")
