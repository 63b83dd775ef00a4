"""`./guerdon ledger`: runs the controls over the books, makes evidence of a period, and verifies evidence.

`verify` needs no installation and no network: whoever was handed the evidence can run it anywhere.
"""

import argparse
import json
from datetime import date
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.installation import Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.engine.proof.controls import Ran, check_controls
from guerdon.engine.proof.evidence import make_evidence, verify_evidence
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

HELP = "check the books, make evidence of a period, verify evidence"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    check = kinds.add_parser("check", help="derive every balance and limit again; exit 1 on a breach")
    check.add_argument("--program", default="", metavar="KEY", help="which one, if there are several")
    check.add_argument("--json", action="store_true", help="print what was found as JSON")
    evidence = kinds.add_parser(
        "evidence", help="write every reward of some days with all that led to it, signed"
    )
    evidence.add_argument("--from", dest="first", required=True, type=date.fromisoformat, metavar="DAY")
    evidence.add_argument("--to", dest="last", required=True, type=date.fromisoformat, metavar="DAY")
    evidence.add_argument("folder", metavar="FOLDER", type=Path, help="a new folder")
    evidence.add_argument("--program", default="", metavar="KEY", help="which one, if there are several")
    verify = kinds.add_parser("verify", help="check evidence, offline; exit 1 if a byte of it was changed")
    verify.add_argument("folder", metavar="FOLDER", type=Path)
    verify.add_argument("--key", default=None, metavar="KEY", help="the public key that you were told")


def run(args: argparse.Namespace) -> int:
    """Do it; the exit code."""
    kinds = {
        "check": _check,
        "evidence": _evidence,
        "verify": _verify,
    }
    try:
        return kinds[args.kind](args)
    except Refused as fault:
        return refusing("ledger", fault)


def _check(args: argparse.Namespace) -> int:
    with installation() as opened:
        program_id, program = live_program(opened, args.program)
        with opened.connect("worker") as db:
            ran = check_controls(db, program_id, utc_now(), by="command line")
    print(render_json(program.key, ran) if args.json else render_words(program.key, ran))
    return 1 if ran.report.breached else 0


def _evidence(args: argparse.Namespace) -> int:
    if args.last < args.first:
        raise Refused(f"the period ends on {args.last}, before it begins")
    if args.folder.exists():
        raise Refused(f"{args.folder} is there already; name a new folder")
    with installation() as opened:
        of = live_program(opened, args.program)
        with opened.connect("worker") as db:
            days, vault = (args.first, args.last), Vault(opened.settings.secret)
            made = make_evidence(db, vault, of, days, args.folder, utc_now())
    rewards = counted(made.rewards, "reward")
    print(f"{args.folder}: {rewards} in {made.files} files, signed with the key {made.public_key}")
    if made.breached:
        print(f"{counted(made.breached, 'control')} found a breach: see controls.json")
    return 1 if made.breached else 0


def _verify(args: argparse.Namespace) -> int:
    wrong = verify_evidence(args.folder, args.key)
    for each in wrong:
        print(each)
    if wrong:
        return 1
    asked = (
        "with the key you know"
        if args.key
        else "with the key beside it; compare it with the one you were told"
    )
    print(f"{args.folder}: every byte is as it was signed, {asked}")
    return 0


def render_words(key: str, ran: Ran) -> str:
    """What was found, a line each."""
    lines = []
    for checked in ran.report.breached:
        lines.append(f"{checked.key}: found {checked.total}")
        lines += [f"  {breach}" for breach in checked.breaches]
        if checked.total > len(checked.breaches):
            lines.append(f"  and {checked.total - len(checked.breaches)} more")
    stopped = sum(attempt.n for attempt in ran.attempts)
    breached = len(ran.report.breached)
    found = f"breaches in {breached} of" if breached else "no breaches found in"
    lines.append(
        f"{key}: {found} {counted(len(ran.report.controls), 'control')}, {ran.took_ms / 1000:.1f} s;"
        f" {counted(stopped, 'attempt')} stopped in the last day."
    )
    return "\n".join(lines)


def render_json(key: str, ran: Ran) -> str:
    """The same for programs."""
    return json.dumps(
        {
            "program": key,
            "took_ms": ran.took_ms,
            "controls": [
                {
                    "control": checked.key,
                    "breaches": checked.total,
                    "found": [str(breach) for breach in checked.breaches],
                }
                for checked in ran.report.controls
            ],
            "stopped": [
                {"kind": a.kind, "name": a.name, "unit": a.unit, "times": a.n, "value_minor": a.value}
                for a in ran.attempts
            ],
        },
        indent=1,
    )
