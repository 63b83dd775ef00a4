"""`./guerdon suppliers`: accounts with suppliers, and their books against ours.

`list` asks each account for its balance; `reconcile` asks for a statement, or reads one from a file; then
everything that differs is listed, as `differences` lists it at any time.
"""

import argparse

from guerdon.cli.installation import Refused, refusing
from guerdon.cli.suppliers import differences, listing, reconciling

HELP = "accounts with suppliers: how they are, and their books against ours"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT")
    modules = {"list": listing, "reconcile": reconciling, "differences": differences}
    for name, module in modules.items():
        own = commands.add_parser(name, help=module.HELP)
        own.add_argument("--program", default="", help="key of the program (not needed when there is one)")
        module.add_arguments(own)
        own.set_defaults(does=module.run)
    parser.set_defaults(does=listing.run, program="")


def run(args: argparse.Namespace) -> int:
    """Do it; the exit code."""
    try:
        return int(args.does(args))
    except Refused as fault:
        return refusing(f"suppliers {args.what or 'list'}", fault)
