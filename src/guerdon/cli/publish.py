"""`./guerdon publish FILE`: checks a program and makes it the live version, or (`--propose`) asks for that.

With a mistake in it, nothing happens. A proposal is some person's own, so that they never sign it.
"""

import argparse
import getpass
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from guerdon.cli.check import load_checked, render_problem
from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.engine.approvals.acting import Acting, Stood
from guerdon.engine.approvals.acting import Refused as RefusedRequest
from guerdon.engine.approvals.asking import ask
from guerdon.engine.approvals.wishes import version_of
from guerdon.engine.publish import Published, publish
from guerdon.program.model import Program
from guerdon.store.access.people import find_login
from guerdon.store.approvals.signers import load_signers
from guerdon.store.audit import record_audit
from guerdon.store.database import transaction
from guerdon.store.programs import find_program_id, is_version
from guerdon.store.sealing import Vault
from guerdon.store.versions.timeline import load_timeline
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

HELP = "make a program file the live one, or propose it"
# Why a proposal was not made, in the words of the command line.
REFUSALS = {
    "role": "their role proposes no versions; a program_owner's does",
    "reason": "write why in at most 1,000 letters: --reason",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="program file")
    parser.add_argument(
        "--propose", action="store_true", help="ask for it: it becomes live when others have signed it"
    )
    parser.add_argument("--by", default="", metavar="EMAIL", help="with --propose: who asks for it")
    parser.add_argument("--reason", default="", metavar="TEXT", help="with --propose: why")
    parser.add_argument(
        "--at",
        default="",
        metavar="MOMENT",
        help="live from then on, by the program's clock: 2027-01-01 or 2027-01-01T06:00",
    )


def run(args: argparse.Namespace) -> int:
    """Check, then publish."""
    try:
        with installation() as opened:
            (_propose if args.propose else _publish)(opened, checked_program(args.file), args)
    except Refused as fault:
        return refusing("publish", fault)
    return 0


def _publish(opened: Installation, program: Program, args: argparse.Namespace) -> None:
    if args.by or args.reason:
        raise Refused("--by and --reason belong to --propose")
    live_from = moment_of(program, args.at)
    published = publish_as(opened, program, getpass.getuser(), live_from)
    if published.live_from is not None and published.live_from == live_from:
        print(f"{program.key} version {published.version} is live from {args.at}")
    else:
        print(f"{program.key} version {published.version} is live")


def _propose(opened: Installation, program: Program, args: argparse.Namespace) -> None:
    apr = show("apr", propose_as(opened, program, args.by, args.reason, moment_of(program, args.at)))
    print(f"{program.key}: {apr} waits for signatures")
    print(f"{opened.settings.public_url}/console/{program.key}/decisions/{apr}")


def checked_program(file: Path) -> Program:
    """A program without mistakes; raises `Refused` with all of them."""
    program = load_checked(file)
    if isinstance(program, Program):
        return program
    print("\n".join(render_problem(problem, file) for problem in program), file=sys.stderr)
    raise Refused(f"{counted(len(program), 'mistake')} in {file}; nothing was published")


def moment_of(program: Program, text: str) -> datetime | None:
    """A moment as it was typed, by the program's clock; raises `Refused` for one that is not to come."""
    if not text:
        return None
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("--at is a day or a moment, like 2027-01-01 or 2027-01-01T06:00") from None
    moment = typed if typed.tzinfo else typed.replace(tzinfo=ZoneInfo(program.time_zone))
    if moment <= utc_now():
        raise Refused(f"{text} is not to come: what happened is decided already; leave --at out for now")
    return moment


def publish_as(
    opened: Installation, program: Program, by: str, live_from: datetime | None = None
) -> Published:
    """Publish a checked program, from now on or from later."""
    with opened.connect("owner") as db:
        return publish(db, program, by, utc_now(), live_from)


def publish_if_new(opened: Installation, program: Program, by: str) -> int:
    """Publish a checked program whose text was never a version yet; which version is live then.

    What people published, scheduled or rolled back since the file was last a version stays as they left it.
    """
    now = utc_now()
    with opened.connect("owner") as db:
        program_id = find_program_id(db, program.key)
        if program_id is not None:
            with transaction(db, program_id) as tx:
                live = load_timeline(tx, program_id).live(now)
                if live is not None and is_version(tx, program_id, program.sha):
                    return live.version
        return publish(db, program, by, now).version


def propose_as(
    opened: Installation, program: Program, login: str, reason: str, live_from: datetime | None = None
) -> int:
    """Ask for a checked program to become the live version, in the name of a person; the request's number."""
    if not login.strip():
        raise Refused("say who asks for it: --by EMAIL")
    program_id, live = live_program(opened, program.key)
    now = utc_now()
    with opened.connect("web") as db, transaction(db, program_id) as tx:
        known = find_login(tx, login.strip().casefold())
        person = load_signers(tx, program_id, [known[0]]).get(known[0]) if known else None
        if person is None:
            raise Refused(f"nobody signs in as {login}")
        acting = Acting(program_id, live, person, Vault(opened.settings.secret), now)
        answer = ask(tx, acting, version_of(program, live_from), reason)
        if isinstance(answer, Stood):
            # The name is only what was typed here; the audit says who typed it.
            record_audit(
                tx, program_id, getpass.getuser(), "request.typed",
                show("apr", answer.request_id), now, on_behalf_of=acting.name,
                request_id=show("apr", answer.request_id),
            )  # fmt: skip
            return answer.request_id
    raise Refused(_why(answer))


def _why(answer: RefusedRequest) -> str:
    wrong = [str(problem) for problem in answer.problems]
    return "; ".join(wrong) or REFUSALS.get(answer.reason, answer.reason)
