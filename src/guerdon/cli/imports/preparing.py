"""`./guerdon hubspot prepare CONNECTION [--look]`: make in HubSpot what has to be there to be told anything.

What is there stays as it is, be it of another type; it may be done as often as one likes.
"""

import argparse
import getpass
import sys
from collections.abc import Mapping

from guerdon.cli.installation import Installation, Refused
from guerdon.cli.published import live_program
from guerdon.connectors.hubspot.defining import prepare_connection
from guerdon.connectors.hubspot.wired import office_of
from guerdon.engine.crm.out.deeds import Looking, tell_prepared
from guerdon.engine.crm.out.needing import Finding, Kind, Prepared
from guerdon.engine.library import Library
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

_KINDS: Mapping[Kind, str] = {
    "group": "group",
    "property": "property",
    "event": "event",
    "event_property": "property of event",
}


def add_preparing(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("connection", metavar="CONNECTION", help="the connection's key in the program")
    parser.add_argument("--look", action="store_true", help="say what is missing, and make nothing")
    parser.add_argument("--program", default="", help="key of the program, where there are several")


def prepare(opened: Installation, args: argparse.Namespace) -> int:
    """Do it; 1 where not everything is there in the end."""
    program_id, program = live_program(opened, args.program)
    declared = program.connections.get(args.connection)
    if declared is None:
        raise Refused(f"{program.key} has no connection {args.connection}")
    if declared.writes is None:
        raise Refused(f"{args.connection} is told nothing; see `write` in docs/program.md")
    office = office_of(opened.settings, utc_now)
    library = Library(Vault(opened.settings.secret), MAPPERS)
    with opened.connect("worker") as db:
        found = prepare_connection(office, library, db, (program_id, declared), make=not args.look)
        if not args.look:
            looking = Looking(program_id, declared.key, getpass.getuser(), utc_now())
            with transaction(db, program_id) as tx:
                tell_prepared(tx, looking, found)
    _print(found)
    return 0 if found.complete else 1


def _print(found: Prepared) -> None:
    for each in found.findings:
        print(f"{each.state:10} {_KINDS[each.kind]:20} {each.name}{_because(each)}")
    if found.trouble:
        print(f"not all of it was looked at: {found.trouble}; run it again", file=sys.stderr)


def _because(found: Finding) -> str:
    if found.state == "differs":
        return f": it is {found.there}, and {found.needed or 'another'} is needed; it is left as it is"
    if found.scopes:
        return f": give the app the right {', '.join(found.scopes)}"
    return f": {found.why}" if found.why else ""
