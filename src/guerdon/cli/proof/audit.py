"""`./guerdon audit export|verify|prove`: the audit as a file, its check, and a case that others can check.

To verify a file, no database is needed and none is asked: whoever has it, and an anchor from elsewhere, can
tell by themselves. Whoever trusts the database alone, trusts whoever owns it.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.engine.proof.seals import ANCHORS, ANCHORS_FOLDER
from guerdon.ledger.cases import Case, check_case, is_anchored, read_case, write_case
from guerdon.ledger.erased import check_certified, open_certificate, read_certified
from guerdon.ledger.trail import Anchor, Checked, check_trail, read_line
from guerdon.queries.proof.cases import find_event_of_reward, find_row_of_event, load_case
from guerdon.queries.proof.trail import check_decisions, read_trail, stand_still
from guerdon.store.database import Connection
from guerdon.store.programs import list_programs
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show

HELP = "the audit: write it to a file, verify it (a file needs no database), prove one row or decision"
CASE_BEGINS = b'{"type":"case"'
ERASURE_BEGINS = b'{"type":"erasure"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    export = kinds.add_parser("export", help="write rows, seals and anchors to a file, a line each")
    export.add_argument("out", type=Path, metavar="OUT")
    verify = kinds.add_parser(
        "verify",
        help="verify an export, a case file or a certificate of an erasure; without FILE the database itself",
    )
    verify.add_argument("file", type=Path, metavar="FILE", nargs="?")
    verify.add_argument("--anchors", type=Path, metavar="FILE", help="anchors that were kept elsewhere")
    prove = kinds.add_parser(
        "prove", help="print a case file of an event (evt_), reward (rwd_) or audit row (aud_)"
    )
    prove.add_argument("id", metavar="ID")
    prove.add_argument("--program", default="", help="key of the program (not needed when there is one)")
    export.add_argument("--program", default="", help="only this one")


def run(args: argparse.Namespace) -> int:
    """Export, verify or prove."""
    try:
        if args.kind == "verify" and args.file:
            return _verify_file(args.file, read_anchors(args.anchors))
        with installation() as opened:
            if args.kind == "verify":
                return _verify_database(opened, read_anchors(args.anchors))
            return {"export": _export, "prove": _prove}[args.kind](opened, args)
    except Refused as fault:
        return refusing("audit", fault)


def _export(opened: Installation, args: argparse.Namespace) -> int:
    written = 0
    try:
        with args.out.open("wb") as file:
            for _, line in _lines(opened, args.program):
                file.write(line + b"\n")
                written += 1
    except OSError as fault:
        raise Refused(f"{args.out} cannot be written: {fault.strerror}") from fault
    print(f"{counted(written, 'line')} in {args.out}; ./guerdon audit verify {args.out} checks it anywhere")
    return 0


def _lines(opened: Installation, only: str = "") -> Iterator[tuple[str, bytes]]:
    """The lines of all programs or of one, each with its program's key, all as of one moment."""
    with opened.connect("worker") as db, db.transaction():
        stand_still(db)
        for program_id, key in _programs(db, only):
            for line in read_trail(db, program_id, key, utc_now()):
                yield key, line


def _programs(db: Connection, only: str) -> list[tuple[int, str]]:
    programs = [program for program in list_programs(db) if only in ("", program[1])]
    if not programs:
        raise Refused(f"there is no program {only}" if only else "no program is published yet")
    return programs


def _verify_file(file: Path, anchors: list[Anchor]) -> int:
    try:
        with file.open("rb") as lines:
            first = lines.readline()
            if first.startswith(ERASURE_BEGINS):
                return _verify_erasure(first, lines.read(), anchors)
            case = read_case(first) if first.startswith(CASE_BEGINS) else None
            if case is not None and not lines.read():
                wrong = check_case(case, anchors)
                return _say(wrong, "" if wrong else _said_of_case(case, anchors))
            lines.seek(0)
            done = check_trail((line.rstrip(b"\n") for line in lines), anchors)
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}") from fault
    return _say(done.wrong, _said(done, anchors))


def _verify_erasure(text: bytes, rest: bytes, anchors: list[Anchor]) -> int:
    found = read_certified(text)
    if found is None or rest:
        return _say("this is no certificate as it was written", "")
    wrong, said = check_certified(found, anchors), open_certificate(found)
    if wrong or said is None:
        return _say(wrong or "", "")
    parts = f"{said.member} of {said.program} was erased at {said.done_at}"
    return _say(None, f"{parts}; {_said_of_case(found.case, anchors)}")


def _verify_database(opened: Installation, anchors: list[Anchor]) -> int:
    kept = opened.settings.home / ANCHORS_FOLDER / ANCHORS
    anchors = anchors + (read_anchors(kept) if kept.exists() else [])
    done = check_trail((line for _, line in _lines(opened)), anchors)
    if done.wrong is None:
        with opened.connect("worker") as db:
            for program_id, key in list_programs(db):
                with db.transaction():
                    wrong = check_decisions(db, program_id)
                done.wrong = f"{key}: {wrong}" if wrong else done.wrong
    return _say(done.wrong, f"{_said(done, anchors)}; every decision is as its audit row says")


def _say(wrong: str | None, right: str) -> int:
    if wrong is None:
        print(right)
        return 0
    print(f"guerdon audit: {wrong}", file=sys.stderr)
    return 1


def _said(done: Checked, anchors: list[Anchor]) -> str:
    said = f"{counted(done.rows, 'row')} in {counted(done.seals, 'seal')} hold"
    if done.unsealed:
        said += f", {done.unsealed} of them not sealed yet"
    if not anchors:
        return f"{said}; compared with no anchor from elsewhere, so a rewrite of all of it would not show"
    return f"{said}; {counted(done.anchors, 'anchor')} agree"


def _said_of_case(case: Case, anchors: list[Anchor]) -> str:
    of = f"event {show('evt', case.decided.event)}" if case.decided else f"row {show('aud', case.row.id)}"
    said = f"{of} of {case.key} stood in seal {case.seals[0].number} over {case.seals[0].total_rows} rows"
    if is_anchored(case, anchors):
        return f"{said}, which was anchored"
    return f"{said}; compared with no anchor from elsewhere"


def read_anchors(file: Path | None) -> list[Anchor]:
    """Anchors from a file; none when there is none. Raises `Refused` for a line that is no anchor."""
    if file is None:
        return []
    try:
        read = [read_line(line) for line in file.read_bytes().splitlines() if line.strip()]
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}") from fault
    anchors = [anchor for anchor in read if isinstance(anchor, Anchor)]
    if len(anchors) != len(read):
        raise Refused(
            f"{file}: line {next(n for n, a in enumerate(read, 1) if not isinstance(a, Anchor))} is no anchor"
        )
    return anchors


def _prove(opened: Installation, args: argparse.Namespace) -> int:
    row_id, event_id, reward_id = (read(kind, args.id) for kind in ("aud", "evt", "rwd"))
    with opened.connect("worker") as db, db.transaction():
        stand_still(db)
        programs = _programs(db, args.program)
        if len(programs) > 1:
            raise Refused(f"name one of the programs with --program: {', '.join(key for _, key in programs)}")
        program_id, key = programs[0]
        if reward_id is not None:
            event_id = find_event_of_reward(db, program_id, reward_id)
        if event_id is not None:
            row_id = find_row_of_event(db, program_id, event_id)
        case = load_case(db, (program_id, key), row_id, event_id) if row_id is not None else None
    if case is None:
        raise Refused(f"there is no event, reward or audit row {args.id} in {key}")
    print(write_case(case).decode())
    return 0
