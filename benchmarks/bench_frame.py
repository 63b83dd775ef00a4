"""The frame of a benchmark: its options, an installation that is gone afterwards, and what it prints."""

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from guerdon.cli.installation import Installation, bring_up_to_date, installation

Measure = Callable[[Installation, argparse.Namespace], Mapping[str, object]]


def options_of(name: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(prog=f"guerdon bench {name}")
    parser.add_argument("--json", action="store_true")
    return parser


def print_measured(args: argparse.Namespace, measure: Measure) -> int:
    """Measure on an installation with nothing in it, whatever is set here, and print what came of it; 0."""
    home = Path(tempfile.mkdtemp(prefix="gb-"))
    home.chmod(0o711)
    kept = {key: each for key, each in os.environ.items() if not key.startswith(("GUERDON_", "DATABASE_URL"))}
    try:
        with installation({**kept, "GUERDON_HOME": str(home)}, migrated=False) as opened:
            bring_up_to_date(opened)
            result = {**measure(opened, args), "load_average": round(os.getloadavg()[0], 1)}
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(result) if args.json else json.dumps(result, indent=2))
    return 0
