"""Rounds: the items of each account are read once a day, and whenever somebody asks for it.

The first reading of an account waits for a person, for nobody has seen yet what it lists. One worker reads an
account at a time, by a lock that ends with its connection; until a reading is settled it is due.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event

from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.images import FetchesPicture
from guerdon.engine.catalog.pulling import STOPPED, pull_feed
from guerdon.engine.catalog.staging import Asked, NotRead
from guerdon.engine.library import Clock, Library, NoLiveVersion
from guerdon.engine.orders.desk import OpensAccount
from guerdon.engine.orders.lanes.breaker import is_resting
from guerdon.engine.orders.port import Later, Shut, Supplier
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.store.catalog.feeds import SyncRow, list_feeds
from guerdon.store.catalog.pulls import Hindrance, PullRow, alone_pulling, keep_pulls, list_pulls, record_pull
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.orders.lanes import list_lanes
from guerdon.store.programs import list_programs

TURN_S = 2.0
EVERY = timedelta(days=1)
# After so long it is tried again: twice as long each time, and at most so long.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
SAID_MAX = 500
log = logging.getLogger(__name__)
# The way to the pictures of an account; None: there is no such account.
OpensPictures = Callable[[Program, str], FetchesPicture | None]


@dataclass(frozen=True, slots=True)
class Rounds:
    """Who goes on rounds: how accounts are opened, what programs are known by, and the clock.

    `pictures`: how those of an account are fetched; without it they are not.
    """

    open_account: OpensAccount
    library: Library
    clock: Clock
    stop: Event
    pictures: OpensPictures | None = None


@dataclass(frozen=True, slots=True)
class _Stop:
    """What stood in the way of a reading: a word, what it speaks of, and how long it asks us to wait."""

    why: Hindrance
    said: str = ""
    after: timedelta = timedelta(0)


def keep_rounds(db: Connection, rounds: Rounds, turns: Turns) -> None:
    """Read what is due until told to stop."""
    for _ in turns.every(db, TURN_S):
        for program_id, _ in list_programs(db):
            read_due(db, rounds, program_id)


def read_due(db: Connection, rounds: Rounds, program_id: int) -> int:
    """Read all accounts of a program that are due; how many were asked."""
    with transaction(db, program_id) as tx:
        try:
            program = rounds.library.playbook(tx, program_id, rounds.clock()).program
        except NoLiveVersion as fault:
            log.warning("no supplier's items are read: %s", fault)
            return 0
        accounts = accounts_of(program, rounds)
        keep_pulls(tx, program_id, accounts.keys(), rounds.clock())
        due = [each.account for each in _due(tx, program_id, rounds)]
    asked = 0
    for key in due:
        if rounds.stop.is_set():
            break
        with alone_pulling(db, program_id, key) as alone:
            if alone:
                fetch = rounds.pictures(program, key) if rounds.pictures is not None else None
                asked += _read(db, rounds, Ground(program_id, program, key, key, fetch=fetch), accounts[key])
    return asked


def accounts_of(program: Program, rounds: Rounds) -> Mapping[str, Supplier | None]:
    """The accounts that list their items; None: one that cannot be opened, so nobody knows."""
    if not program.catalog.kinds:
        return {}
    opened = {key: rounds.open_account(program, key) for key in program.suppliers}
    return {key: each for key, each in opened.items() if each is None or each.abilities.lists_items}


def _due(tx: Transaction, program_id: int, rounds: Rounds) -> list[PullRow]:
    """What is read now: not of an account that has a rest, be it that an order was told to wait."""
    now, lanes = rounds.clock(), list_lanes(tx, program_id)
    pulls = [each for each in list_pulls(tx, program_id) if each.next_at <= now]
    return [each for each in pulls if each.account not in lanes or not is_resting(lanes[each.account], now)]


def _read(db: Connection, rounds: Rounds, ground: Ground, supplier: Supplier | None) -> bool:
    """Read an account that nobody else reads now, and keep what came of it; False: it was not due."""
    program_id, began = ground.program_id, rounds.clock()
    with transaction(db, program_id) as tx:
        # Another may have read it since.
        pull = next((each for each in _due(tx, program_id, rounds) if each.account == ground.feed), None)
        feed = next((each for each in list_feeds(tx, program_id) if each.key == ground.feed), None)
    if pull is None:
        return False
    by = pull.asked_by or "worker"
    # Whoever accepted one once knows what is in it.
    asked = Asked(ground.feed, by, supplier=ground.supplier, wait=feed is None or feed.generation == 0)
    try:
        stop = _asked(db, rounds, ground, supplier, asked)
    except Exception:
        _keep(db, program_id, pull, _Stop("fault"), began)
        raise
    if stop is None or stop.said != STOPPED:
        _keep(db, program_id, pull, stop, began)
    return True


def _asked(
    db: Connection, rounds: Rounds, ground: Ground, supplier: Supplier | None, asked: Asked
) -> _Stop | None:
    """Read it; what stood in the way, None: nothing did."""
    if supplier is None:
        return _Stop("key", after=LONGEST_WAIT)
    try:
        found = pull_feed(db, ground, supplier, asked, rounds.clock, rounds.stop)
    except NotRead as fault:
        return _Stop("reading" if fault.why == "reading" else "feed", fault.said)
    if isinstance(found, Later):
        return _Stop("later", found.why, timedelta(seconds=found.after_s))
    if isinstance(found, Shut):
        return _Stop("shut", found.says, LONGEST_WAIT)
    return _of_sync(found)


def _of_sync(found: SyncRow) -> _Stop | None:
    if found.state in ("staged", "applied"):
        return None
    if found.why == STOPPED:
        return _Stop("cut", STOPPED)
    if found.state != "refused":
        # Another reader has taken its place.
        return _Stop("reading")
    return _Stop("shut", found.said, LONGEST_WAIT) if found.why == "shut" else _Stop("cut", found.said)


def _keep(db: Connection, program_id: int, pull: PullRow, stop: _Stop | None, now: datetime) -> None:
    with transaction(db, program_id) as tx:
        record_pull(tx, program_id, settled(pull, stop, now), now)


def settled(pull: PullRow, stop: _Stop | None, now: datetime) -> PullRow:
    """When an account is read next: a day after it was, sooner where something stood in the way."""
    if stop is None:
        return replace(pull, next_at=now + EVERY, why="", said="", tries=0)
    longer = min(FIRST_WAIT * 2 ** min(pull.tries, 10), LONGEST_WAIT)
    after = min(max(stop.after, longer), EVERY)
    return replace(pull, next_at=now + after, why=stop.why, said=stop.said[:SAID_MAX], tries=pull.tries + 1)
