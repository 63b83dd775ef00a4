"""`./guerdon bench [NAME]`: runs a benchmark, a script of `benchmarks/`, in a process of its own.

Benchmarks are measured, not tested: what must hold is in the tests, how fast it is stands here.
"""

import argparse
import ast
import subprocess
import sys
from pathlib import Path

from guerdon.cli import REPOSITORY

HELP = "Measure speed and memory on this machine. Without a name: list what can be measured."
PASSES_ON = True
FOLDER = REPOSITORY / "benchmarks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; whatever else is given goes to the benchmark."""
    parser.add_argument("name", nargs="?", help="which one")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def run(args: argparse.Namespace) -> int:
    """Run the one that is named, or list all."""
    found = list_benchmarks(FOLDER)
    if args.name is None:
        for name, (_, title) in found.items():
            print(f"  {name:<10} {title}")
        return 0
    if args.name not in found:
        print(
            f"guerdon bench: there is no {args.name!r}; there are: {', '.join(found) or 'none'}",
            file=sys.stderr,
        )
        return 2
    options = [*(["--json"] if args.json else []), *args.rest]
    # In a process of its own, so that what it measures holds nothing of ours.
    return subprocess.run([sys.executable, str(found[args.name][0]), *options], check=False).returncode


def list_benchmarks(folder: Path) -> dict[str, tuple[Path, str]]:
    """Every script of the folder that has a `main`, with the first line of what it says of itself.

    One that would be called like a library, and stand before it, has `of_` in front.
    """
    found = {}
    for path in sorted(folder.glob("*.py"), key=lambda path: path.stem.removeprefix("of_")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body):
            title = (ast.get_docstring(tree) or "").partition("\n")[0]
            found[path.stem.removeprefix("of_")] = (path, title)
    return found
