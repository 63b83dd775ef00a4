"""One start of the simulator: tell the story, say what it must earn, pack it, and let the couriers carry it.

A bounded run tells of the last hour as fast as it may. A live run first catches up on eight weeks and
then goes on at the pace of a real dealer network until it is stopped.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from random import Random
from threading import Event as Flag

from .contacts import invent_contacts
from .couriers import LANES, Couriers
from .events import Item
from .expect import Pools, tight_budgets
from .faults import pack
from .record import Record, load_expectations, next_start, open_record
from .story import DAY_MS, MINUTE_MS, World, prepare_world, tell
from .tally import Tally, settled
from .terms import Terms
from .wire import Address, now_ms

REQUEST_SIZES = (1, 1, 2, 3, 5, 8, 20, 100)
CATCH_UP_EVENTS, CATCH_UP_DAYS, CATCH_UP_PER_SECOND = 2_000, 56, 100.0
LIVE_PER_SECOND = (2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one start is asked to do; a rate of 0 is the pace of the mode."""

    terms: Terms
    address: Address
    folder: Path
    customers: int
    events: int
    seed: int
    rate: float = 0.0
    request_events_max: int = 100
    live: bool = False


def run(assignment: Assignment, stopping: Flag) -> Record:
    """Send everything that was asked for, or until stopped, and close the record."""
    start = next_start(assignment.folder)
    contacts = invent_contacts(assignment.terms, assignment.customers, assignment.seed)
    world = prepare_world(assignment.terms, contacts, assignment.seed, start)
    tally = Tally(Pools(assignment.terms.pools.limits, {}))
    record = open_record(assignment.folder)
    for expectation in load_expectations(assignment.folder):
        tally.settle(expectation)
    couriers = Couriers(assignment.address, record, stopping)
    try:
        (_live if assignment.live else _bounded)(assignment, world, tally, couriers)
    finally:
        couriers.finish()
        record.close()
    return record


def spread(first_ms: int, last_ms: int, count: int) -> Iterator[int]:
    """Spread so many instants evenly."""
    return (first_ms + (last_ms - first_ms) * number // max(1, count) for number in range(count))


def foretell(items: Iterable[Item], tally: Tally, tight: frozenset[str]) -> Iterator[Item]:
    """Say of each item what it must earn, and which budget may yet say no."""
    for item in items:
        assert item.expectation, "a story's item is a first time"
        budget = item.expectation.pays_from if item.expectation.claims else ""
        foretold = replace(settled(item.expectation, tally), budget=budget if budget in tight else "")
        yield replace(item, expectation=foretold)


def _bounded(assignment: Assignment, world: World, tally: Tally, couriers: Couriers) -> None:
    now = now_ms()
    items = list(tell(world, spread(now - 60 * MINUTE_MS, now, assignment.events)))
    tight = tight_budgets((item.expectation for item in items if item.expectation), assignment.terms.pools)
    sizes = [size for size in REQUEST_SIZES if size <= assignment.request_events_max]
    couriers.carry(pack(world, foretell(items, tally, tight), LANES, sizes), lambda: assignment.rate)


def _live(assignment: Assignment, world: World, tally: Tally, couriers: Couriers) -> None:
    tight = frozenset(assignment.terms.pools.budgets)  # what goes on for ever exhausts any budget
    missing = max(0, CATCH_UP_EVENTS - couriers.record.counts["events_sent"])
    past = tell(world, spread(now_ms() - CATCH_UP_DAYS * DAY_MS, now_ms(), missing))
    couriers.carry(
        pack(world, foretell(past, tally, tight), LANES, REQUEST_SIZES), lambda: CATCH_UP_PER_SECOND
    )
    present = tell(world, (now_ms() for _ in repeat(None)))
    mood = Random()
    couriers.carry(
        pack(world, foretell(present, tally, tight), LANES, [1]),
        lambda: assignment.rate or mood.uniform(*LIVE_PER_SECOND),
    )
