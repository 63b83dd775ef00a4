"""`./guerdon import rates FILE`: takes daily rates from a CSV file, `day,base,quote,rate,source`.

All of them or none: with one wrong row nothing is taken, and every wrong row is named.
"""

import argparse

from guerdon.cli.counts import counted
from guerdon.cli.imports.whole import Kind, add_file, import_whole
from guerdon.engine.files.rates import take_rates

KIND = Kind("import", take_rates, "rate", lambda n: f"{counted(n, 'row')} wrong")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_file(parser)


def run(args: argparse.Namespace) -> int:
    """Import the file and say what became of it."""
    return import_whole(KIND, args)
