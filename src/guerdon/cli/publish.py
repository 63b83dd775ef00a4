"""`./guerdon publish FILE`: checks a program and makes it the live version.

With a mistake in it, nothing happens.
"""

import argparse
import getpass
import sys
from pathlib import Path

from guerdon.cli.check import render_problem
from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.engine.publish import Published, publish
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.values.clock import utc_now

HELP = "make a program file the live one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="program file")


def run(args: argparse.Namespace) -> int:
    """Check, then publish."""
    try:
        with installation() as opened:
            program = checked_program(args.file)
            published = publish_as(opened, program, by=getpass.getuser())
    except Refused as fault:
        return refusing("publish", fault)
    print(f"{program.key} version {published.version} is live")
    return 0


def checked_program(file: Path) -> Program:
    """A program without mistakes; raises `Refused` with all of them."""
    program = load_program(file)
    if isinstance(program, Program):
        return program
    print("\n".join(render_problem(problem, file) for problem in program), file=sys.stderr)
    raise Refused(f"{counted(len(program), 'mistake')} in {file}; nothing was published")


def publish_as(opened: Installation, program: Program, by: str) -> Published:
    """Publish a checked program."""
    with opened.connect("owner") as db:
        return publish(db, program, by, utc_now())
