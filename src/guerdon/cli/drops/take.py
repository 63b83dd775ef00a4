"""`./guerdon drop FILE --mapping NAME`: takes a file of events as the program's `drops` declares it.

What is wrong with it stands in FILE.errors.csv beside it; whatever is right is taken. With --dry-run nothing
is written, and what would come of it is told.
"""

import argparse
import getpass
import os
import sys
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.connectors.files.mapping import drop_sets
from guerdon.engine.drops.errors import SUFFIX, ErrorFile
from guerdon.engine.drops.taking import Taking, Tally, rehearse, take
from guerdon.program.declared import Drop
from guerdon.program.model import Program
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.values.problems import did_you_mean

HELP = "take a file of events as the program declares it, or rehearse it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--mapping", required=True, metavar="NAME", help="which of the program's drops it is")
    parser.add_argument("--dry-run", action="store_true", help="write nothing; say what would come of it")
    parser.add_argument("--program", default="", help="key of the program (not needed when there is one)")


def run(args: argparse.Namespace) -> int:
    """Take the file, or rehearse it, and say what became of its rows."""
    try:
        with installation() as opened, _opened(args.file) as file:
            tally = _take(opened, args, file)
    except Refused as fault:
        return refusing("drop", fault)
    _say(args, tally)
    return 1 if tally.wrong or tally.failure else 0


def find_drop(program: Program, name: str) -> Drop:
    """A drop of a program; raises `Refused`."""
    found = program.drops.get(name)
    if found is None:
        hint = (
            did_you_mean(name, program.drops) if program.drops else "the program declares none under `drops`"
        )
        raise Refused(f"there is no drop {name!r}; {hint}")
    return found


def _take(opened: Installation, args: argparse.Namespace, file: BufferedReader) -> Tally:
    program_id, program = live_program(opened, args.program)
    drop = find_drop(program, args.mapping)
    sets = drop_sets(program, drop, file)
    with opened.connect("web") as db:
        if args.dry_run:
            with transaction(db, program_id) as tx:
                tx.execute("set transaction read only")
                return rehearse(tx, program_id, sets)
        sha = file_digest(file, "sha256").digest()
        file.seek(0)
        taking = Taking(program_id, drop.key, args.file.name, sha, getpass.getuser())
        with ErrorFile(args.file.with_name(args.file.name + SUFFIX)) as errors:
            return take(db, Vault(opened.settings.secret), taking, sets, utc_now, errors.note)


def _opened(path: Path) -> BufferedReader:
    try:
        if not path.is_file():
            raise Refused(f"{path} is no file")
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb")
    except OSError as fault:
        raise Refused(f"{path} cannot be read: {fault.strerror}") from fault


def _say(args: argparse.Namespace, tally: Tally) -> None:
    for each in tally.first:
        where = f"line {each.line}" + (f", {each.column}" if each.column else "")
        print(f"{args.file}: {where}: {each.what}; {each.hint}", file=sys.stderr)
    more = sum(tally.reasons.values()) - len(tally.first)
    if more > 0:
        print(f"... and {more} more", file=sys.stderr)
    for reason, n in sorted(tally.reasons.items()):
        print(f"{reason}: {n}")
    print(
        f"{counted(tally.rows, 'row')}{' (nothing was written)' if args.dry_run else ''}: {tally.accepted}"
        f" {'would be ' if args.dry_run else ''}accepted, {tally.duplicates} known before,"
        f" {tally.quarantined} set apart (an id used twice), {tally.wrong} wrong"
    )
    if tally.failure is not None:
        print("the file was not read to its end")
    if tally.reasons and not args.dry_run:
        print(f"what is wrong with which row: {args.file}{SUFFIX}")
