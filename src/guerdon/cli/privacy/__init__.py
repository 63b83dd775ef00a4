"""`./guerdon privacy forget|export|certificate|replay`: one person's data, erased, handed over, certified.

`forget` asks for the erasure and carries it out at once, unless an order of theirs is under way.
"""

import argparse
import getpass
import sys
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.privacy.graves import graveyard_of
from guerdon.cli.published import live_program
from guerdon.engine.privacy.certifying import certified
from guerdon.engine.privacy.erasing import WAITS_AT_MOST, Asking, ask_erasure, erase_asked
from guerdon.engine.privacy.exporting import Person, export_person
from guerdon.engine.privacy.tombstones import Damaged, read_tombstones
from guerdon.engine.proof.restored import check_erased, replay_erasures
from guerdon.ledger.erased import write_certified
from guerdon.queries.proof.trail import stand_still
from guerdon.store.database import transaction
from guerdon.store.privacy.erasures import find_erasure, list_enrolled
from guerdon.store.programs import list_programs
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show

HELP = "one person's data: erase it, export it, certify that it was erased"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    deeds = parser.add_subparsers(dest="deed", required=True)
    forget = deeds.add_parser("forget", help="erase a member; their balances and orders stay, by number")
    forget.add_argument("--reason", required=True, metavar="TEXT", help="why; the audit keeps it")
    forget.add_argument("--yes", action="store_true", help="really: nobody can take it back")
    export = deeds.add_parser("export", help="all that is kept of a member, as JSON")
    export.add_argument("--reason", required=True, metavar="TEXT", help="why; the audit keeps it")
    certificate = deeds.add_parser("certificate", help="print the certificate of an erasure, with its proof")
    for each in (forget, export, certificate):
        each.add_argument("member", metavar="MEMBER", help="like mem_0000000000001")
        each.add_argument("--program", default="", help="key of the program (not needed when there is one)")
    export.add_argument("out", type=Path, metavar="OUT", help="a file that is not there yet")
    deeds.add_parser("replay", help="erase again whom a database of your own knows after you restored it")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    does = {"forget": _forget, "export": _export, "certificate": _certificate, "replay": _replay}
    try:
        with installation() as opened:
            return does[args.deed](opened, args)
    except (Refused, Damaged) as fault:
        return refusing("privacy", Refused(str(fault)))


def _forget(opened: Installation, args: argparse.Namespace) -> int:
    program_id, member_id = _whose(opened, args)
    if not args.yes:
        raise Refused(f"{args.member} would be erased for ever; say --yes if that is meant")
    now = utc_now()
    asking = Asking(member_id, "cli", _who(), args.reason, now)
    with opened.connect("worker") as db:
        with transaction(db, program_id) as tx:
            ask_erasure(tx, program_id, asking)
        erase_asked(db, graveyard_of(opened), program_id, now)
        with transaction(db, program_id) as tx:
            stands = find_erasure(tx, program_id, member_id)
    assert stands is not None
    if stands.done_at is None:
        print(
            f"asked for: {args.member} has {counted(stands.under_way, 'order')} under way. They are erased"
            f" when all have come or failed, and after {WAITS_AT_MOST.days} days in any case"
        )
        return 0
    print(f"{args.member} is erased; ./guerdon privacy certificate {args.member} proves it when it is sealed")
    return 0


def _export(opened: Installation, args: argparse.Namespace) -> int:
    program_id, member_id = _whose(opened, args)
    person = Person(program_id, member_id, Vault(opened.settings.secret), _who(), args.reason)
    try:
        with opened.connect("worker") as db, args.out.open("xb") as file:
            for piece in export_person(db, person, utc_now()):
                file.write(piece)
    except OSError as fault:
        raise Refused(f"{args.out} cannot be written: {fault.strerror}") from fault
    args.out.chmod(0o600)
    print(f"{args.out}: all that is kept of {args.member}; hand it to nobody else")
    return 0


def _certificate(opened: Installation, args: argparse.Namespace) -> int:
    program_id, member_id = _whose(opened, args)
    with opened.connect("worker") as db, db.transaction():
        stand_still(db)
        found = certified(db, (program_id, dict(list_programs(db))[program_id]), member_id)
        asked = find_erasure(db, program_id, member_id)
    if found is None:
        stands = "is not erased yet: it was asked for, and waits" if asked else "was not erased"
        raise Refused(f"{args.member} {stands}")
    if not found.case.seals:
        print("not sealed yet: run it again in a moment, while a worker runs", file=sys.stderr)
    print(write_certified(found).decode())
    return 0


def _replay(opened: Installation, _: argparse.Namespace) -> int:
    graveyard = graveyard_of(opened)
    buried = read_tombstones(graveyard.vault, [graveyard.file])
    with opened.connect("worker") as db:
        done = replay_erasures(db, graveyard, buried, utc_now())
        left = check_erased(db, graveyard, buried)
    print(
        f"{counted(done.erased, 'member')} erased again, {done.already} were already,"
        f" {done.unknown} are not in this database"
    )
    for line in left:
        print(f"guerdon privacy: {line}", file=sys.stderr)
    return 1 if left else 0


def _whose(opened: Installation, args: argparse.Namespace) -> tuple[int, int]:
    program_id, _ = live_program(opened, args.program)
    member_id = read("mem", args.member)
    if member_id is not None:
        with opened.connect("worker") as db, transaction(db, program_id) as tx:
            if list_enrolled(tx, program_id, [member_id]):
                return program_id, member_id
    raise Refused(f"there is no member {args.member}; they look like {show('mem', 7)}")


def _who() -> str:
    return getpass.getuser()
