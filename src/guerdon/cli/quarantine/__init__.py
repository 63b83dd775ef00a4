"""`./guerdon quarantine`: what was set apart. List it, look at one, try it again, put it away for a reason.

`retry` and `put-away` take an id, or all of a --reason or --connection, of what stands there when they begin.
"""

import argparse
import getpass

from guerdon.cli.bounds import whole_number
from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.engine.arrivals import Meaning, Unusable
from guerdon.engine.library import Library
from guerdon.engine.quarantine import settling
from guerdon.engine.quarantine.looking import look, masked_raw
from guerdon.engine.quarantine.settling import Reading
from guerdon.program.model import Program
from guerdon.queries.quarantine import standing
from guerdon.queries.quarantine.standing import Parked, Sifting
from guerdon.store.database import Connection, transaction
from guerdon.store.quarantine.settling import Chosen, Settled, last_set_apart
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.web.readers import MAPPERS, READERS

HELP = "what was set apart: list it, look at it, try it again, put it away"
LISTED_MAX = 1_000
Whose = tuple[int, Program, Vault]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    listed = kinds.add_parser("list", help="what stands there, the newest first")
    listed.add_argument(
        "--last", type=whole_number(1, LISTED_MAX), default=50, metavar="N", help="default 50"
    )
    one = kinds.add_parser("show", help="one as it came, masked, and what it means now")
    one.add_argument("id", metavar="ID", help="like qrt_0000000000001")
    retry = kinds.add_parser("retry", help="have it read again, by the mapping of the live version")
    away = kinds.add_parser("put-away", help="put away what nobody needs; it stays, and is tried no more")
    away.add_argument("--why", required=True, metavar="TEXT", help="why nobody needs it")
    for each in (retry, away):
        each.add_argument("id", metavar="ID", nargs="?", help="one; else all of a reason or a connection")
    for each in (listed, retry, away):
        each.add_argument("--reason", metavar="WORD", help="what was set apart for this reason")
        each.add_argument("--connection", metavar="KEY", help="what came this way")
    for each in (listed, one, retry, away):
        each.add_argument("--program", default="", help="key of the program (not needed when there is one)")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    does = {"list": _list, "show": _show, "retry": _settle, "put-away": _settle}
    try:
        with installation() as opened, opened.connect("web") as db:
            does[args.kind](db, _whose(opened, args), args)
    except Refused as fault:
        return refusing("quarantine", fault)
    return 0


def _whose(opened: Installation, args: argparse.Namespace) -> Whose:
    program_id, program = live_program(opened, args.program)
    return program_id, program, Vault(opened.settings.secret)


def _list(db: Connection, whose: Whose, args: argparse.Namespace) -> None:
    with transaction(db, whose[0]) as tx:
        counts = standing.count_parked(tx)
        rows = standing.list_parked(tx, Sifting(args.reason, args.connection), args.last)
    for each in counts:
        print(f"{each.reason}\t{each.connection}\t{each.n}\tsince {each.oldest:%Y-%m-%d %H:%M}")
    for row in rows:
        at = f"{row.recorded_at:%Y-%m-%d %H:%M}"
        print(show("qrt", row.id), at, row.reason, row.connection, row.detail, sep="\t")
    if not counts:
        print("nothing stands in quarantine")


def _show(db: Connection, whose: Whose, args: argparse.Namespace) -> None:
    program_id, program, vault = whose
    number = _number(args.id)
    with transaction(db, program_id) as tx:
        found = standing.find_parked(tx, number)
        if found is None:
            raise Refused(f"there is no {args.id}")
        body = standing.load_body(tx, number)
    mapper = Library(vault, MAPPERS).mapper(program, found.connection)
    sight = look(vault, program_id, program, mapper, found, body)
    print("\n".join(_told(found)))
    print("what came is not kept" if sight.raw is None else masked_raw(sight.raw))
    match sight.element:
        case Meaning():
            print(f"means now: {sight.element.type}")
        case Unusable():
            print(f"means now: nothing; {sight.element.reason}: {sight.element.detail}")
        case _:
            print("means now: nothing")


def _told(row: Parked) -> list[str]:
    settled = f"{row.settled_as} by {row.settled_by} {row.settled_for}".strip()
    return [
        f"{show('qrt', row.id)}: {row.reason}, from {row.connection}, at {row.recorded_at:%Y-%m-%d %H:%M}",
        row.detail,
        f"{settled if row.settled_at else 'stands there'}; tried {counted(row.tries, 'time')} before",
    ]


def _settle(db: Connection, whose: Whose, args: argparse.Namespace) -> None:
    program_id, program, vault = whose
    if bool(args.id) == bool(args.reason or args.connection):
        raise Refused("name one, or all of a --reason or a --connection")
    why = getattr(args, "why", "").strip()
    if args.kind == "put-away" and (not why or "\0" in why or len(why) > settling.REASON_MAX):
        raise Refused(f"say why, in at most {settling.REASON_MAX} letters")
    with transaction(db, program_id) as tx:
        last = last_set_apart(tx)
    number = _number(args.id) if args.id else None
    chosen = Chosen(
        program_id, settling.CHUNK, id=number, reason=args.reason, connection=args.connection, last=last
    )
    done = again = 0
    while True:
        settled = Settled(getpass.getuser(), utc_now())
        with transaction(db, program_id) as tx:
            if args.kind == "retry":
                tried = settling.retry(tx, Reading(program, vault, READERS), chosen, settled)
                ids, again = tried.ids, again + tried.again
            else:
                ids = settling.put_away(tx, chosen, settled, why)
        done += len(ids)
        if len(ids) < settling.CHUNK:
            break
    if not done:
        raise Refused("nothing of it can be settled so, or it was settled before")
    print(f"{counted(done, 'event')} {'tried again' if args.kind == 'retry' else 'put away'}")
    if again:
        print(f"{again} of them set apart again at once")


def _number(text: str) -> int:
    number = read("qrt", text)
    if number is None:
        raise Refused(f"{text!r} is no id like qrt_0000000000001")
    return number
