"""Seconds to read a catalog of 21,000 items, and milliseconds to search in it.

The items are those of `examples/catalog`, for the program of the EV maker, on an installation of their own.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from catalog_search import measure_search
from catalog_sync import measure_sync

from guerdon.cli import REPOSITORY
from guerdon.cli.installation import Installation, bring_up_to_date, installation
from guerdon.cli.publish import checked_program, publish_as


def main() -> int:
    """Run it and print what was measured."""
    parser = argparse.ArgumentParser(prog="guerdon bench catalog")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--items", type=int, default=21_000)
    parser.add_argument("--large", type=int, default=200_000, help="items to search once more in; 0: none")
    parser.add_argument("--rounds", type=int, default=20, help="how often each question is asked")
    args = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="gb-"))
    home.chmod(0o711)
    kept = {key: each for key, each in os.environ.items() if not key.startswith(("GUERDON_", "DATABASE_URL"))}
    try:
        with installation({**kept, "GUERDON_HOME": str(home)}, migrated=False) as opened:
            bring_up_to_date(opened)
            result = _measure(opened, args)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(result) if args.json else json.dumps(result, indent=2))
    return 0


def _measure(opened: Installation, args: argparse.Namespace) -> dict[str, object]:
    program = checked_program(REPOSITORY / "examples" / "ev_maker" / "program.yaml")
    program_id = publish_as(opened, program, by="benchmark").program_id
    return {
        "sync": measure_sync(opened, program_id, program, args.items),
        **{
            f"search_{items}": measure_search(opened, program_id, program, items, args.rounds)
            for items in (args.items, args.large)
            if items
        },
        "load_average": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    sys.exit(main())
