"""`./guerdon demo`: everything, with simulated customers of an EV maker, to look at.

`--check` measures a bounded run. The simulator is a process of its own that knows nothing but the front
door. Ctrl-C stops everything; the next start goes on from the same data.
"""

import argparse
import os
import shutil
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

from guerdon.cli.demo_check import check_demo, print_result
from guerdon.cli.demo_house import STAFF_EMAIL, DemoHouse, Ports, demo_house
from guerdon.cli.installation import Refused, refusing
from guerdon.cli.up import wait_for_end
from guerdon.config import REPOSITORY
from guerdon.queries.demo import find_ready_reward
from guerdon.store.database import UNAVAILABLE
from guerdon.store.sealing import Vault
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now

HELP = "run everything with simulated customers, to look at; --check measures it"
LATE_CONTACTS_AFTER_S = 45.0
FIRST_REWARD_WITHIN_S = 60
PICKED_UP_WITHIN = timedelta(seconds=12)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--check", action="store_true", help="a bounded run, then one JSON object; exit 0 only if all held"
    )
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=5_000, help="with --check")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--port", type=int, default=8710, help="the web's; mail takes the two ports 15 and 16 above it"
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo or its check."""
    try:
        return _check(args) if args.check else _show(args)
    except Refused as fault:
        return refusing("demo", fault)


def _check(args: argparse.Namespace) -> int:
    home = Path(tempfile.mkdtemp(prefix="gd-demo-"))
    try:
        with demo_house(home, _ports(args.port), args.customers, args.seed) as house:
            result = check_demo(house, args.events)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return print_result(result)


def _show(args: argparse.Namespace) -> int:
    with demo_house(_home(), _ports(args.port), args.customers, args.seed) as house:
        house.start()
        house.parts.start(
            "customers",
            house.simulator("run", "--live", "--customers", str(args.customers), "--base-url", house.base_url,
                            "--inbox-url", house.inbox_url),
        )  # fmt: skip
        late = threading.Timer(LATE_CONTACTS_AFTER_S, house.import_late_contacts)
        late.daemon = True
        late.start()
        try:
            print(_welcome(house), flush=True)
            return wait_for_end(house.parts)
        except KeyboardInterrupt:
            return 0
        finally:
            late.cancel()
            print("Stopping ...", flush=True)


def _welcome(house: DemoHouse) -> str:
    return "\n".join(
        [
            "",
            "Guerdon is up, and customers of an EV maker are using it.",
            "",
            f"  Console        {house.base_url}/console/{house.program.key}/",
            f"                 {STAFF_EMAIL}   password {house.password}",
            f"  A member       {_claim_url(house)}",
            "                 (the link from their mail; open it as on a phone)",
            f"  Their mails    {house.inbox_url}/",
            "",
            "Ctrl-C stops everything; the next start goes on from here.",
        ]
    )


def _claim_url(house: DemoHouse) -> str:
    """The claim link of a member whose reward waits to be chosen."""
    pause = threading.Event()
    for _ in range(FIRST_REWARD_WITHIN_S * 2):
        try:
            with house.opened.connect("worker") as db:
                found = find_ready_reward(db, house.program_id, utc_now() - PICKED_UP_WITHIN)
        except UNAVAILABLE:
            found = None
        if found:
            key = Vault(house.opened.settings.secret).key(KEY_PURPOSE)
            return f"{house.base_url}/r/{claim_token(key, house.program_id, *found)}"
        pause.wait(0.5)
    return "(no reward yet; take a link from the mails)"


def _home() -> Path:
    """The demo's own folder, apart from an installation's; a test moves it."""
    return Path(os.environ.get("GUERDON_DEMO_HOME") or REPOSITORY / "var" / "demo")


def _ports(web: int) -> Ports:
    return Ports(web, web + 15, web + 16)
