"""`./guerdon segments`: how large each segment is and when it was checked, who is in one, and a recount.

A recount looks at all members again, as every night; what was kept otherwise than it is, it mends and says.
"""

import argparse
import getpass
import json
import sys
from collections.abc import Iterator
from datetime import date
from typing import TypedDict

from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.engine.library import Library
from guerdon.engine.segments import Recount, Stuck, recount_segments
from guerdon.program.model import Program
from guerdon.queries.segments import list_segment_members, list_standings, load_sizes, total
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.problems import did_you_mean
from guerdon.values.texts import text_in

HELP = "List segments with their size and last check, who is in one, or count them again."
ALL = "*"
LANGUAGE = "en"
PAGE = 10_000


class Line(TypedDict):
    """A segment as it is listed; without a size it is being counted."""

    segment: str
    name: str
    members: int | None
    checked_on: str | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--members", metavar="KEY", help="the ids of who is in one, a line each")
    what.add_argument(
        "--recount",
        nargs="?",
        const=ALL,
        metavar="KEY",
        help="look at all members again, for one or all; exit 1 if something was kept otherwise",
    )
    parser.add_argument("--program", default="", metavar="KEY", help="which one, if there are several")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def run(args: argparse.Namespace) -> int:
    """Do it; the exit code."""
    try:
        with installation() as opened:
            program_id, program = live_program(opened, args.program)
            for key in (args.members, args.recount):
                _check(program, key)
            if args.members:
                return _members(opened, program_id, args)
            if args.recount:
                return _recount(opened, program_id, args)
            return _list(opened, program_id, program, args)
    except Refused as fault:
        return refusing("segments", fault)


def _check(program: Program, key: str | None) -> None:
    if key is not None and key != ALL and key not in program.segments:
        hint = did_you_mean(key, program.segments)
        raise Refused(f"{program.key} has no segment {key}{f'; {hint}' if hint else ''}")


def _list(opened: Installation, program_id: int, program: Program, args: argparse.Namespace) -> int:
    with opened.connect("worker") as db, transaction(db, program_id) as tx:
        standings, sizes = list_standings(tx), load_sizes(tx)
    lines = []
    for key, segment in program.segments.items():
        standing = standings.get(key)
        built = standing is not None and standing.built_at is not None
        lines.append(
            Line(
                segment=key,
                name=text_in(segment.name, LANGUAGE),
                members=total(sizes.get(key, {})) if built else None,
                checked_on=_day(standing.recounted_on) if standing is not None else None,
            )
        )
    if args.json:
        print(json.dumps({"program": program.key, "segments": lines}, ensure_ascii=False))
        return 0
    if not lines:
        print(f"{program.key} has no segments")
    for line in lines:
        size = "is being counted" if line["members"] is None else counted(line["members"], "member")
        checked = f"checked on {line['checked_on']}" if line["checked_on"] else "not checked yet"
        print(f"{line['segment']}\t{line['name']}\t{size}\t{checked}")
    return 0


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _members(opened: Installation, program_id: int, args: argparse.Namespace) -> int:
    found = _ids(opened, program_id, args.members)
    if args.json:
        print(json.dumps({"segment": args.members, "members": list(found)}))
        return 0
    for member in found:
        sys.stdout.write(f"{member}\n")
    return 0


def _ids(opened: Installation, program_id: int, segment: str) -> Iterator[str]:
    after: int | None = None
    with opened.connect("worker") as db:
        while True:
            with transaction(db, program_id) as tx:
                rows = list_segment_members(tx, segment, PAGE, after)
            yield from (show("mem", row.member_id) for row in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1].member_id


def _recount(opened: Installation, program_id: int, args: argparse.Namespace) -> int:
    only = () if args.recount == ALL else (args.recount,)
    # Whatever a batch brings is mapped elsewhere.
    library = Library(Vault(opened.settings.secret), {})
    with opened.connect("worker") as db:
        try:
            found = recount_segments(db, library, Recount(program_id, getpass.getuser(), only), utc_now)
        except Stuck:
            raise Refused(
                "a worker is at the segments and does not get on; look at its log, then try again"
            ) from None
    if only and not found:
        raise Refused(f"{args.recount} is not kept yet; the worker begins with it")
    if args.json:
        print(json.dumps({"recounted": found}))
    else:
        for key, n in found.items():
            print(f"{key}\t{counted(n, 'difference')}{', mended' if n else ''}")
    return 1 if any(found.values()) else 0
