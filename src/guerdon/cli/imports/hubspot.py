"""`./guerdon hubspot backfill CONNECTION`: read all contacts of a connection over, to the end.

`--since DATE` reads only those changed since. `--events-since DATE` brings what happened since, too; with
`--dry-run` it is only counted. One that is under way, was stopped or failed goes on from the page it was at,
unless one of these is given. Stopped by Ctrl-C or killed, it waits: a worker goes on with it, or the same
command does.
"""

import argparse
import getpass
import sys
import time
from datetime import UTC, date, datetime
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from guerdon.cli.counts import counted
from guerdon.cli.imports.preparing import add_preparing, prepare
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.connectors.hubspot.wired import HubSpot, office_of
from guerdon.engine.crm.accounts import Looking, why_closed
from guerdon.engine.crm.backfill import Reader, ask_backfill, resume_backfill
from guerdon.engine.library import Library
from guerdon.program.model import Program
from guerdon.store.crm.accounts import find_account
from guerdon.store.crm.backfills import Backfill, list_backfills
from guerdon.store.database import Connection, transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

HELP = "Read all contacts of a HubSpot connection over, or make in HubSpot what is missing to tell contacts."
PAUSE_S = 0.5
# As the console has it.
YEARS = range(2000, 2100)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    backfill = kinds.add_parser("backfill", help="read all contacts over", allow_abbrev=False)
    backfill.add_argument("connection", metavar="CONNECTION", help="the connection's key in the program")
    days = backfill.add_mutually_exclusive_group()
    days.add_argument("--since", metavar="DATE", help="only those changed since this day")
    days.add_argument(
        "--events-since",
        metavar="DATE",
        help="also what happened since this day; it gives rewards by the rules of its time",
    )
    backfill.add_argument(
        "--dry-run", action="store_true", help="count what it would bring, and keep nothing"
    )
    backfill.add_argument("--program", default="", help="key of the program, where there are several")
    add_preparing(
        kinds.add_parser("prepare", help="make what is missing to tell contacts anything", allow_abbrev=False)
    )


def run(args: argparse.Namespace) -> int:
    """Do it; 1 where it failed, 130 where it was stopped by hand."""
    try:
        with installation() as opened:
            if args.kind == "prepare":
                return prepare(opened, args)
            program_id, program = live_program(opened, args.program)
            _check(opened, program_id, program, args.connection)
            _begin(opened, program_id, program, args)
            try:
                return _read_over(opened, program_id, args.connection)
            except KeyboardInterrupt:
                print("\nstopped here; a worker or the same command goes on", file=sys.stderr)
                return 130
    except Refused as fault:
        return refusing("hubspot", fault)


def _check(opened: Installation, program_id: int, program: Program, connection: str) -> None:
    declared = program.connections.get(connection)
    if declared is None:
        raise Refused(f"{program.key} has no connection {connection}")
    if declared.contacts is None:
        raise Refused(f"{connection} does not declare how a contact becomes a member; see docs/hubspot.md")
    with opened.connect("worker") as db, transaction(db, program_id) as tx:
        shut = why_closed(find_account(tx, program_id, connection), declared.portal)
    if shut is not None:
        raise Refused(f"{connection} is not open ({shut.reason}); connect it in the console")


def _begin(opened: Installation, program_id: int, program: Program, args: argparse.Namespace) -> None:
    times = (_day(program, "--since", args.since), _day(program, "--events-since", args.events_since))
    anew = args.dry_run or times != (None, None)
    looking = Looking(program_id, Vault(opened.settings.secret), getpass.getuser(), utc_now())
    with opened.connect("worker") as db, transaction(db, program_id) as tx:
        if not anew and resume_backfill(tx, looking, args.connection):
            print("going on from where it was", file=sys.stderr)
        elif not ask_backfill(tx, looking, args.connection, *times, dry=args.dry_run):
            if args.dry_run or args.events_since:
                raise Refused("another one is under way: let it end, or stop it in the console")
            print("it is under way already; going on with it", file=sys.stderr)


def _day(program: Program, option: str, typed: str | None) -> datetime | None:
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise Refused(f"{option} {typed} is no day like 2026-01-31") from None
    if day.year not in YEARS:
        raise Refused(f"{option} {typed} is not between {YEARS[0]} and {YEARS[-1]}")
    return datetime.combine(day, clock_time(), ZoneInfo(program.time_zone)).astimezone(UTC)


def _read_over(opened: Installation, program_id: int, connection: str) -> int:
    library = Library(Vault(opened.settings.secret), MAPPERS)
    hubspot = HubSpot(office_of(opened.settings, utc_now), library)
    reader = Reader(library, hubspot.open, utc_now)
    with opened.connect("worker") as db:
        while (now := _standing(db, program_id, connection)).state == "waiting":
            if not reader.read(db, program_id):
                time.sleep(PAUSE_S)
            print(f"\r{counted(now.contacts, 'contact')}  {now.fault}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(_told(now))
    if now.cut:
        print("cut: HubSpot shows only so many; run it again from a later day, or for all", file=sys.stderr)
    if now.fault not in {"", "cut"}:
        print(now.fault, file=sys.stderr)
    return 0 if now.state == "done" else 1


def _standing(db: Connection, program_id: int, connection: str) -> Backfill:
    with transaction(db, program_id) as tx:
        return list_backfills(tx, program_id)[connection]


def _told(now: Backfill) -> str:
    """What came of it, in a line."""
    parts = [counted(now.contacts, "contact")]
    if not now.dry:
        parts.append(counted(now.members, "member"))
    if now.events_since is not None:
        parts += [counted(now.events, "event"), f"{now.known} here already"]
        left_out = ((now.early, "older than the program"), (now.ours, "written by us"))
        parts += [f"{n} left out, {why}" for n, why in left_out if n]
        if now.clipped:
            parts.append(f"of {now.clipped} properties HubSpot no longer has all values")
    return f"{now.state}: {', '.join(parts)}{'; nothing was kept' if now.dry else ''}"
