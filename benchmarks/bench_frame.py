"""The frame of a benchmark: its options, an installation that is gone afterwards, and what it prints."""

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from guerdon.cli.installation import Installation, bring_up_to_date, installation

Measure = Callable[[Installation, argparse.Namespace], Mapping[str, object]]


def options_of(name: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(prog=f"guerdon bench {name}")
    parser.add_argument("--json", action="store_true")
    return parser


def print_result(args: argparse.Namespace, result: Mapping[str, object]) -> int:
    """Print what was measured, in one line with `--json`; 0."""
    print(json.dumps(result) if args.json else json.dumps(result, indent=2))
    return 0


def print_measured(args: argparse.Namespace, measure: Measure) -> int:
    """Measure on an installation with nothing in it, and print what came of it; 0."""
    with fresh_installation() as opened:
        result = {**measure(opened, args), "load_average": round(os.getloadavg()[0], 1)}
    return print_result(args, result)


@contextmanager
def fresh_home() -> Iterator[dict[str, str]]:
    """The environment of an installation in a folder of its own, whatever is set here; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="gb-"))
    home.chmod(0o711)
    kept = {key: each for key, each in os.environ.items() if not key.startswith(("GUERDON_", "DATABASE_URL"))}
    try:
        yield {**kept, "GUERDON_HOME": str(home)}
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def fresh_installation() -> Iterator[Installation]:
    """An installation of its own with nothing in it, migrated, on a durable server; gone afterwards."""
    with fresh_home() as environment, installation(environment, migrated=False) as opened:
        bring_up_to_date(opened)
        yield opened
