"""Filling the demo's house: a bounded run of its customers through the real doors, until all is at rest."""

import json
import time
from collections import Counter
from collections.abc import Collection

from guerdon.cli.counts import counted
from guerdon.cli.demo.house import DemoHouse, tell
from guerdon.cli.installation import Refused
from guerdon.queries import demo as figures
from guerdon.store.database import Connection

# Events a second: steady, so that the waits are those of a working day and not of a flood.
RATE = 200
RUN_S_MAX = 1200.0
SETTLE_S_MAX = 120.0
TELL_S = 10.0
IDLE_S = 6.0


def fill(house: DemoHouse, events: int) -> tuple[int, int]:
    """Start the house, let so many events happen and all of them be decided, told and chosen.

    Returns how many events waited for their contact, and how many were set free. Raises `Refused`.
    """
    house.start()
    tell(f"sending {counted(events, 'event')}, {RATE} a second ...")
    house.parts.start(
        "customers",
        house.simulator(
            "customers", "--base-url", house.base_url, "--inbox-url", house.inbox_url, "--idle", str(IDLE_S)
        ),
    )
    house.parts.start(
        "simulator",
        house.simulator(
            "run",
            "--base-url",
            house.base_url,
            "--customers",
            str(house.order.customers),
            "--events",
            str(events),
            "--rate",
            str(RATE),
        ),
    )
    _wait_for(house, "simulator", events)
    tell("all are sent; letting the contacts arrive that were told late ...")
    waited, released = settle(house)
    _wait_for(house, "customers", events)
    # Counters of rejected requests are written with the next commit, or within a second.
    time.sleep(1.5)
    _check_parts(house)
    return waited, released


def fill_weeks(house: DemoHouse, events: int) -> None:
    """Start the house, let it catch up on its weeks by so many events, and some of its members choose.

    Raises `Refused`.
    """
    house.start()
    tell(f"catching up on {counted(events, 'event')} ...")
    house.parts.start(
        "simulator",
        house.simulator(
            "run", "--live", "--base-url", house.base_url, "--customers", str(house.order.customers),
            "--inbox-url", house.inbox_url,
        ),
    )  # fmt: skip
    until = time.monotonic() + RUN_S_MAX
    while summary_of(house)["events_sent"] < events:
        # It goes on until it is stopped.
        _check_parts(house, expected=())
        if time.monotonic() > until:
            raise Refused(f"not all events were sent within {RUN_S_MAX:.0f} s")
        time.sleep(0.5)
    house.parts.stop("simulator")
    house.parts.start(
        "customers",
        house.simulator(
            "customers", "--base-url", house.base_url, "--inbox-url", house.inbox_url, "--idle", str(IDLE_S)
        ),
    )
    settle(house)
    _wait_for(house, "customers", events)


def settle(house: DemoHouse) -> tuple[int, int]:
    """Let the contacts arrive that were told late, and all that came be decided and told.

    Returns how many events waited for their contact, and how many were set free. Raises `Refused`.
    """
    with house.opened.connect("worker") as db:
        _wait_until_empty(db, house.program_id, "inbox")
        waited = figures.load_counts(db, house.program_id)["waiting"]
        released = house.import_late_contacts()
        _wait_until_empty(db, house.program_id, "inbox")
        tell("waiting for the last messages and the last choices ...")
        _wait_until_empty(db, house.program_id, "outbox")
    return waited, released


def summary_of(house: DemoHouse) -> Counter[str]:
    """What the simulator counted so far; what never happened stands nowhere in it, and counts 0."""
    path = house.record / "summary.json"
    return Counter(json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})


def _wait_for(house: DemoHouse, name: str, events: int) -> None:
    """Wait until a part that ends by itself did so well; nobody else may end meanwhile."""
    child = house.parts.running[name]
    until = time.monotonic() + RUN_S_MAX
    told_at = time.monotonic()
    while child.poll() is None:
        _check_parts(house)
        if time.monotonic() > until:
            raise Refused(f"the {name} did not end within {RUN_S_MAX:.0f} s")
        if name == "simulator" and time.monotonic() - told_at > TELL_S:
            told_at = time.monotonic()
            tell(f"  {summary_of(house)['events_sent']} of {events} are sent")
        time.sleep(0.5)
    if child.returncode:
        raise Refused(f"the {name} failed (exit code {child.returncode}); what was said stands above")


def _check_parts(house: DemoHouse, expected: Collection[str] = ("simulator", "customers")) -> None:
    ended = house.opened.lost() or house.parts.ended(expected)
    if ended:
        raise Refused(f"{ended}, in the middle of the run")


def _wait_until_empty(db: Connection, program_id: int, table: str) -> None:
    until = time.monotonic() + SETTLE_S_MAX
    while time.monotonic() < until:
        if figures.load_counts(db, program_id)[table] == 0:
            return
        time.sleep(0.2)
    raise Refused(f"the {table} did not empty within {SETTLE_S_MAX:.0f} s")
