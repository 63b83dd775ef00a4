"""The simulator's commands. `python -m simulator COMMAND --help` says what each needs."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from .contacts import invent_contacts, is_late, write_contacts
from .friends import Circle, bring_friends
from .phone import Customers, redeem
from .record import load_expectations
from .run import Assignment, run
from .tally import resolve
from .terms import Terms, load_terms
from .wire import Address

PROGRAM = Path(__file__).resolve().parent.parent / "program.yaml"
BASE_URL, INBOX_URL = "http://127.0.0.1:8710", "http://127.0.0.1:8726"
LIVE_PAUSE_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    options = _parser().parse_args(arguments)
    commands = {"contacts": _contacts, "run": _run, "customers": _customers, "resolve": _resolve}
    return commands[options.command](options)


def _contacts(options: argparse.Namespace) -> int:
    contacts = invent_contacts(_terms(options), options.customers, options.seed)
    early = write_contacts(options.out, (contact for contact in contacts if not is_late(contact)))
    late_file = options.out.with_name(f"late_{options.out.name}")
    late = write_contacts(late_file, (contact for contact in contacts if is_late(contact)))
    print(json.dumps({"members": early, "late_members": late}))
    return 0


def _run(options: argparse.Namespace) -> int:
    secret = os.environ.get(options.secret_env, "")
    if not secret:
        print(f"{options.secret_env} is not set: the webhooks could not be signed.", file=sys.stderr)
        return 2
    terms = _terms(options)
    address = Address(
        base_url=options.base_url.rstrip("/"),
        public_url=(options.public_url or options.base_url).rstrip("/"),
        path=f"/hooks/hubspot/{options.connection}",
        secret=secret.encode(),
        portal=terms.portal,
    )
    assignment = Assignment(
        terms=terms,
        address=address,
        folder=options.out,
        customers=options.customers,
        events=options.events,
        seed=options.seed,
        rate=options.rate,
        request_events_max=options.request_events_max,
        live=options.live,
    )
    stopping = _stop_on_signals()
    others = [Thread(target=redeem, args=(_at_the_phone(options, LIVE_PAUSE_SECONDS), stopping))]
    contacts = invent_contacts(terms, options.customers, options.seed)
    circle = Circle(contacts, _at_the_phone(options), address)
    others.append(Thread(target=bring_friends, args=(circle, stopping)))
    if options.live and options.inbox_url:
        for each in others:
            each.start()
    record = run(assignment, stopping)
    for each in others:
        if each.is_alive():
            each.join()
    print(json.dumps(dict(sorted(record.counts.items()))))
    return 0


def _customers(options: argparse.Namespace) -> int:
    redeemed = redeem(_at_the_phone(options), _stop_on_signals())
    print(json.dumps({"redeemed": redeemed}))
    return 0


def _resolve(options: argparse.Namespace) -> int:
    """Read event ids as they were decided, one a line, and say what each must have earned."""
    decided_order = (line.strip() for line in sys.stdin)
    outcomes = resolve(load_expectations(options.out), decided_order, _terms(options).pools)
    for event_id, outcome in outcomes.items():
        print(json.dumps({"event_id": event_id, **asdict(outcome)}))
    return 0


def _at_the_phone(options: argparse.Namespace, pause_seconds: float = 0.0) -> Customers:
    return Customers(
        base_url=options.base_url.rstrip("/"),
        inbox_url=(options.inbox_url or "").rstrip("/"),
        folder=options.out,
        share=options.share,
        seed=options.seed,
        idle_seconds=getattr(options, "idle", None),
        pause_seconds=pause_seconds,
    )


def _terms(options: argparse.Namespace) -> Terms:
    return load_terms(options.program, options.connection)


def _stop_on_signals() -> Flag:
    stopping = Flag()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("without customers there is nothing to tell")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulator", description="The customers of an EV maker, and their CRM."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    contacts = commands.add_parser("contacts", help="write members.csv and late_members.csv")
    run_ = commands.add_parser("run", help="send signed webhooks and write down what they must earn")
    customers = commands.add_parser("customers", help="read the mails, open the links, choose rewards")
    outcomes = commands.add_parser("resolve", help="fold limits and budgets over the order on standard input")
    for command in (contacts, run_, customers, outcomes):
        command.add_argument("--program", type=Path, default=PROGRAM)
        command.add_argument("--connection", default="hubspot_eu", help="the connection in the program")
        command.add_argument("--out", type=Path, required=True)
        command.add_argument("--seed", type=int, default=1)
    for command in (contacts, run_):
        command.add_argument("--customers", type=_at_least_one, default=2_000)
    for command in (run_, customers):
        command.add_argument("--base-url", default=BASE_URL)
        command.add_argument(
            "--share", type=float, default=0.5, help="how many of the mailed customers redeem"
        )
    run_.add_argument("--public-url", help="the address as the signature has it; by default the base URL")
    run_.add_argument("--secret-env", default="HUBSPOT_CLIENT_SECRET")
    run_.add_argument("--events", type=int, default=5_000)
    run_.add_argument(
        "--rate", type=float, default=0.0, help="events a second; by default as fast as they go"
    )
    run_.add_argument("--request-events-max", type=int, default=100, help="events in a request, at most")
    run_.add_argument("--live", action="store_true", help="catch up on eight weeks, then go on until stopped")
    run_.add_argument("--inbox-url", help="with --live: redeem beside the events")
    customers.add_argument("--inbox-url", default=INBOX_URL)
    customers.add_argument("--idle", type=float, help="end when no mail has come for so many seconds")
    return parser
