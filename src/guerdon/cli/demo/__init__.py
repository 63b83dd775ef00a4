"""`./guerdon demo`: everything, with simulated customers of an EV maker, to look at.

`--check` measures a bounded run. The simulator is a process of its own that knows nothing but the front
door. Ctrl-C stops everything; the next start goes on from the same data.
"""

import argparse
import os
import shutil
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from guerdon.cli.bounds import whole_number
from guerdon.cli.demo.agreeing import agree_to_offers
from guerdon.cli.demo.check import check_demo, print_result
from guerdon.cli.demo.counter import visit_the_dealer
from guerdon.cli.demo.house import STAFF, DemoHouse, Order, Ports, demo_house, tell
from guerdon.cli.demo.messengers import KINDS
from guerdon.cli.demo.supplies import SUPPLIERS
from guerdon.cli.installation import Refused, refusing
from guerdon.cli.up import stop_as_by_interrupt, wait_for_end
from guerdon.config import REPOSITORY
from guerdon.queries.demo import find_ready_reward
from guerdon.store.database import UNAVAILABLE
from guerdon.store.sealing import Vault
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now

HELP = "run everything with simulated customers, to look at; --check measures it"
LATE_CONTACTS_AFTER_S = 45.0
FIRST_REWARD_WITHIN_S = 60
# In one market it may take longer than anybody waits.
SECOND_REWARD_WITHIN_S = 15
PICKED_UP_WITHIN = timedelta(seconds=12)
SMTP_ABOVE, INBOX_ABOVE, SUPPLIERS_ABOVE = 15, 16, 17
LAST_ABOVE = SUPPLIERS_ABOVE + len(SUPPLIERS) + len(KINDS) - 1
# What an ordinary machine carries; the invented contacts are all kept in memory.
CUSTOMERS_MAX, EVENTS_MAX, CATALOG_MAX = 200_000, 1_000_000, 21_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--check", action="store_true", help="a bounded run, then one JSON object; exit 0 only if all held"
    )
    parser.add_argument(
        "--customers", type=whole_number(1, CUSTOMERS_MAX), default=2_000, metavar="N", help="default 2000"
    )
    parser.add_argument(
        "--events",
        type=whole_number(1, EVENTS_MAX),
        default=5_000,
        metavar="N",
        help="with --check; default 5000",
    )
    parser.add_argument(
        "--catalog",
        type=whole_number(0, CATALOG_MAX),
        default=2_000,
        metavar="N",
        help="items of the catalog besides the program's own; default 2000, all are 21000",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all that is invented; default 1")
    parser.add_argument(
        "--port",
        type=whole_number(1, 65_535 - LAST_ABOVE),
        default=8710,
        metavar="N",
        help=f"the web's (default 8710); what it talks to takes those {SMTP_ABOVE} to {LAST_ABOVE} above it",
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo or its check."""
    stop_as_by_interrupt()
    # What is measured is the way from an event to a reward; the program's own items are enough for it.
    order = Order(demo_ports(args.port), args.customers, args.seed, 0 if args.check else args.catalog)
    try:
        return _check(order, args.events) if args.check else _show(order)
    except Refused as fault:
        return refusing("demo", fault)


def demo_ports(web: int) -> Ports:
    """All ports of a demo whose web has this one: those at most `LAST_ABOVE` above it."""
    return Ports(web, web + SMTP_ABOVE, web + INBOX_ABOVE, web + SUPPLIERS_ABOVE)


def _check(order: Order, events: int) -> int:
    home = Path(tempfile.mkdtemp(prefix="gd-demo-"))
    try:
        with demo_house(home, order) as house:
            result = check_demo(house, events)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return print_result(result)


def _show(order: Order) -> int:
    with demo_house(_home(), order) as house:
        agree_to_offers(house)
        visit_the_dealer(house)
        tell("starting the parts and the customers ...")
        house.start()
        house.parts.start(
            "customers",
            house.simulator("run", "--live", "--customers", str(order.customers), "--base-url",
                            house.base_url, "--inbox-url", house.inbox_url),
        )  # fmt: skip
        late = threading.Timer(LATE_CONTACTS_AFTER_S, _import_late_contacts, [house])
        late.daemon = True
        late.start()
        try:
            print(_welcome(house), flush=True)
            return wait_for_end(house.parts, house.opened)
        except KeyboardInterrupt:
            return 0
        finally:
            late.cancel()
            print("Stopping ...", flush=True)


def _import_late_contacts(house: DemoHouse) -> None:
    # A database that is gone is told of by who watches it.
    with suppress(*UNAVAILABLE):
        house.import_late_contacts()


def _welcome(house: DemoHouse) -> str:
    own = [market for market in house.program.markets if market in house.program.brand.markets]
    plain = [market for market in house.program.markets if market not in own]
    return "\n".join(
        [
            "",
            "Guerdon is up, and customers of an EV maker are using it.",
            "",
            f"  Console        {house.base_url}/console/{house.program.key}/",
            f"                 password {house.password}, for each of",
            *(f"                 {who.email:<26} {what}" for what, who in STAFF.items()),
            f"  A member       {claim_url(house, plain)}",
            "                 (the link from their mail; open it as on a phone)",
            f"  Another brand  {claim_url(house, own, SECOND_REWARD_WITHIN_S)}",
            "                 (of the same program, in a market that has its own)",
            f"  Messages       {house.inbox_url}/",
            "                 (e-mail, SMS, push and in-app, as they came to members)",
            f"  What they say  {house.chatter}",
            "",
            "Ctrl-C stops everything; the next start goes on from here.",
        ]
    )


def claim_url(house: DemoHouse, markets: Sequence[str] = (), within_s: int = FIRST_REWARD_WITHIN_S) -> str:
    """The claim link of a member whose reward waits to be chosen; without `markets`, of any."""
    pause = threading.Event()
    for _ in range(within_s * 2):
        try:
            with house.opened.connect("worker") as db:
                found = find_ready_reward(db, house.program_id, utc_now() - PICKED_UP_WITHIN, markets)
        except UNAVAILABLE:
            # Whether it comes back, or is gone for good, is not asked here.
            break
        if found:
            key = Vault(house.opened.settings.secret).key(KEY_PURPOSE)
            return f"{house.base_url}/r/{claim_token(key, house.program_id, *found, utc_now().date())}"
        pause.wait(0.5)
    return "(no reward yet; take a link from the mails)"


def _home() -> Path:
    """The demo's own folder, apart from an installation's; a test moves it."""
    return Path(os.environ.get("GUERDON_DEMO_HOME") or REPOSITORY / "var" / "demo").resolve()
