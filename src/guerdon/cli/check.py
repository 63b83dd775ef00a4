"""`./guerdon check FILE`: every mistake of a program at once, each with its line, or what the program holds.

People learn the program format from these lines, so each one says where, what, and what to write instead.
"""

import argparse
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.suppliers.wired import wrong_accounts
from guerdon.values.problems import Problem

HELP = "Print all mistakes of a program file, with line, place and a hint; exit 1 if there are any."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="the program, like examples/ev_maker/program.yaml"
    )


def run(args: argparse.Namespace) -> int:
    """Check the file; the exit code."""
    found = load_checked(args.file)
    if isinstance(found, Program):
        print(render_summary(found))
        return 0
    for problem in found:
        print(render_problem(problem, args.file))
    print(f"{counted(len(found), 'mistake')} in {args.file}")
    return 1


def load_checked(file: Path) -> Program | list[Problem]:
    """A program without mistakes, or all that it has; its suppliers are ones that are here."""
    found = load_program(file)
    return (wrong_accounts(found) or found) if isinstance(found, Program) else found


def render_problem(problem: Problem, file: Path) -> str:
    """Write a problem as `FILE:LINE: place: what — hint`, which editors can jump to."""
    path = file.parent / problem.file if problem.file else file
    at = f"{path}:{problem.line}" if problem.line else f"{path}"
    said = f"{problem.where}: {problem.what}" if problem.where else problem.what
    return f"{at}: {said}" + (f" — {problem.hint}" if problem.hint else "")


def render_summary(program: Program) -> str:
    """Write what a program holds, in two lines."""
    nouns = ("rule", "event", "market", "location", "item")
    counts = (program.rules, program.events, program.markets, program.locations, program.items)
    held = ", ".join(counted(len(found), noun) for found, noun in zip(counts, nouns, strict=True))
    return f"{program.key}: no mistakes.\n{held}; version {program.sha[:12]}."
