"""`./guerdon test full --part I/N`: the long tests, in parts of at most half an hour, with a report of each.

A part that had to leave a test out says so and fails, for a release may not rest on what was not run.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from guerdon.cli import REPOSITORY

PARTS = 4
EVIDENCE = REPOSITORY / "docs" / "evidence"
FULL = "GUERDON_TEST_FULL"


def run(words: Sequence[str]) -> int:
    """Run a part, or list what is in which."""
    parser = argparse.ArgumentParser(prog="guerdon test full", allow_abbrev=False)
    parser.add_argument(
        "--part", type=_part, default=(1, 1), metavar="I/N", help=f"like 1/{PARTS}; otherwise all"
    )
    parser.add_argument("--evidence", type=Path, default=EVIDENCE, metavar="FOLDER", help="where reports go")
    given, rest = parser.parse_known_args(words)
    part, parts = given.part
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        # In one word each: pytest takes a word of its own for a path before it knows these options.
        f"--full={part}/{parts}",
        f"--evidence={given.evidence}",
        *rest,
    ]
    return subprocess.run(command, cwd=REPOSITORY, env={**os.environ, FULL: "1"}, check=False).returncode


def _part(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts):
        return int(part), int(parts)
    raise argparse.ArgumentTypeError(f"{text!r} is no part; write it like 1/{PARTS}")
