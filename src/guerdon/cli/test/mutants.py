"""`./guerdon test mutants`: plants one defect at a time and demands that a test turns red for each.

A defect is declared in `tests/mutants` with the invariant that it breaks and the tests that must notice;
those of the schema are found in PostgreSQL's own catalog: each check, each unique key, each trigger, each
right. A mutant that survives is a promise that nothing holds.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from guerdon.cli import REPOSITORY


def run(words: Sequence[str]) -> int:
    """Run the mutants that are named, or all; 1 if one survives."""
    parser = argparse.ArgumentParser(prog="guerdon test mutants", allow_abbrev=False)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="only those whose name or invariant holds this"
    )
    parser.add_argument("--list", action="store_true", help="name them and plant none")
    parser.add_argument("--quick", action="store_true", help="only what the gate has time for")
    parser.add_argument("--write", action="store_true", help="leave the table in docs/evidence/mutants.md")
    parser.add_argument(
        "--part", default="1/1", metavar="I/N", help="every Nth of them, beginning with the Ith"
    )
    given = parser.parse_args(words)
    command = [sys.executable, "-P", "-m", "tests.mutants", "--part", given.part, *given.names]
    command += [f"--{flag}" for flag in ("list", "quick", "write") if getattr(given, flag)]
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode
