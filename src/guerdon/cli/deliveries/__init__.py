"""`./guerdon deliveries import FILE`: takes vouchers of old from a CSV file, to show how long it took before.

All of them or none: with one wrong row nothing is taken, and every wrong row is named.
"""

import argparse

from guerdon.cli.counts import counted
from guerdon.cli.imports.whole import Kind, add_file, import_whole
from guerdon.engine.files.vouchers import take_vouchers

HELP = "take vouchers of old, to show how long it took before"
KIND = Kind("deliveries", take_vouchers, "voucher", lambda n: counted(n, "mistake"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    deeds = parser.add_subparsers(dest="deed", required=True)
    add_file(deeds.add_parser("import", help="CSV with requested_on, delivered_on, location, market, kind"))


def run(args: argparse.Namespace) -> int:
    """Import the file and say what became of it."""
    return import_whole(KIND, args)
