"""Seconds to read a catalog of 21,000 items, and milliseconds to search in it.

The items are those of `examples/catalog`, for the program of the EV maker, on an installation of their own.
Wanted: the first reading of 21,000 within 20 s; 95 of 100 searches within 25 ms among 21,000 items, and
within 100 ms among 200,000.
"""

import argparse
import sys

from bench_frame import options_of, print_measured
from bench_program import published
from catalog_search import measure_search
from catalog_sync import measure_sync

from guerdon.cli.installation import Installation


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("catalog")
    parser.add_argument("--items", type=int, default=21_000)
    parser.add_argument("--large", type=int, default=200_000, help="items to search once more in; 0: none")
    parser.add_argument("--rounds", type=int, default=20, help="how often each question is asked")
    return print_measured(parser.parse_args(), _measure)


def _measure(opened: Installation, args: argparse.Namespace) -> dict[str, object]:
    program_id, program = published(opened)
    return {
        "sync": measure_sync(opened, program_id, program, args.items),
        **{
            f"search_{items}": measure_search(opened, program_id, program, items, args.rounds)
            for items in (args.items, args.large)
            if items
        },
    }


if __name__ == "__main__":
    sys.exit(main())
