"""A file that is taken whole: all of its rows or none; with one wrong row, every wrong row is named."""

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.installation import Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.engine.files.taken import FileTaken
from guerdon.program.model import Program
from guerdon.store.database import Transaction, transaction
from guerdon.values.clock import utc_now

# In a transaction: the program by its number and text, the file, who does it, and the time.
Takes = Callable[[Transaction, tuple[int, Program], bytes, str, datetime], FileTaken]


@dataclass(frozen=True, slots=True)
class Kind:
    """Files of one kind: the command, who takes them, what a good row is, and so many problems in words."""

    command: str
    takes: Takes
    row: str
    problems: Callable[[int], str]


def add_file(parser: argparse.ArgumentParser) -> None:
    """Declare the file, and the program that it is for."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--program", default="", help="key of the program (not needed when there is one)")


def import_whole(kind: Kind, args: argparse.Namespace) -> int:
    """Import a file, and say what became of it; 1 where nothing was taken."""
    try:
        done = _taken(args, kind.takes)
    except Refused as fault:
        return refusing(kind.command, fault)
    for problem in done.problems:
        print(f"{args.file}: {problem}", file=sys.stderr)
    if done.problems:
        print(f"{kind.problems(len(done.problems))}; nothing was taken")
        return 1
    print(f"{counted(done.taken, kind.row)} taken, {done.known} known before")
    return 0


def _taken(args: argparse.Namespace, takes: Takes) -> FileTaken:
    with installation() as opened:
        program = live_program(opened, args.program)
        try:
            data = args.file.read_bytes()
        except OSError as fault:
            raise Refused(f"{args.file} cannot be read: {fault.strerror}") from fault
        with opened.connect("worker") as db, transaction(db, program[0]) as tx:
            return takes(tx, program, data, getpass.getuser(), utc_now())
