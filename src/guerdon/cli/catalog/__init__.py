"""`./guerdon catalog import FILE --feed KEY` and `./guerdon catalog feeds`: what feeds bring, and which.

A file is read row by row (docs/catalog.md); what is wrong of it is told with its line. Where a person has to
look first, it waits, and nothing changes before somebody accepts it (`accept`) or drops it (`drop`).
"""

import argparse

from guerdon.cli.catalog import importing, listing, settling
from guerdon.cli.installation import Refused, refusing

HELP = "read a feed of items into the catalog, list feeds, accept or drop what waits"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    for name, module in (("import", importing), ("feeds", listing), ("accept", settling), ("drop", settling)):
        own = commands.add_parser(name, help=module.HELP[name])
        own.add_argument("--program", default="", help="key of the program (not needed when there is one)")
        module.add_arguments(own)
        own.set_defaults(does=module.run)


def run(args: argparse.Namespace) -> int:
    """Do it; the exit code."""
    try:
        return int(args.does(args))
    except Refused as fault:
        return refusing(f"catalog {args.what}", fault)
