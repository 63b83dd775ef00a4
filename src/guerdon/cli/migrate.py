"""`./guerdon migrate`: brings the database to the schema of this version, and makes its three roles."""

import argparse

from guerdon.cli.installation import Refused, bring_up_to_date, installation, refusing

HELP = "bring the database to the schema of this version"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no options: what and where is in the settings."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Run what is pending."""
    del args
    try:
        with installation(migrated=False) as opened:
            names = bring_up_to_date(opened)
    except Refused as fault:
        return refusing("migrate", fault)
    print("\n".join(f"ran {name}" for name in names) if names else "nothing was pending")
    return 0
