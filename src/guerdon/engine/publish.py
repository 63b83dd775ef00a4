"""Publishing a program: its text becomes the next version, and its tree of budgets is opened and funded.

One that is scheduled is kept now, and its budgets are opened when its time comes, before anything is decided
by it (`open_due`).
All of it is audited, and publishing the same text again changes nothing. A budget whose amount rose is given
the difference by what stands above it, the topmost by funding; one that fell gives back what is free, and
never more, so no reward that was promised loses its cover. What a parent lacks is not moved, and named.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from guerdon.engine.budgets.allotments import (
    Move,
    Spread,
    Wanted,
    opened_node,
    plan_publication,
    wanted_nodes,
    with_plan,
)
from guerdon.engine.catalog.own import put_own_items
from guerdon.engine.library import NoLiveVersion, read_version
from guerdon.ledger.chart import FUNDING
from guerdon.program.model import Program
from guerdon.rules.budgets import NO_PERIOD
from guerdon.store import budgets
from guerdon.store.announcements.queue import record_wanting
from guerdon.store.audit import record_audit
from guerdon.store.budgets import NodeRow, PeriodRow
from guerdon.store.catalog.feeds import lock_feed
from guerdon.store.catalog.items import PROGRAM_FEED
from guerdon.store.crm.writeback_lanes import SUBSCRIBER as CONNECTIONS
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.pools import record_pools
from guerdon.store.programs import NewVersion, list_programs, load_versions, record_program, record_version
from guerdon.store.versions.timeline import load_timeline, lock_timeline, record_opening

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: by how much each budget has more or less, and what its parent lacked for it."""

    program_id: int
    version: int
    funded_minor: dict[str, int]
    missing_minor: dict[str, int] = field(default_factory=dict)
    # From when it is live.
    live_from: datetime | None = None


def publish(
    db: Connection, program: Program, by: str, now: datetime, live_from: datetime | None = None
) -> Published:
    """Make a checked program the live version, in one commit; or the one that is live from later on."""
    with db.transaction():
        program_id = record_program(db, program.key, now)
        db.execute("select set_config('guerdon.program_id', %s, true)", (str(program_id),))
        return record_publication(db, program_id, program, by, now, live_from)


def record_publication(
    tx: Transaction,
    program_id: int,
    program: Program,
    by: str,
    now: datetime,
    live_from: datetime | None = None,
) -> Published:
    """The same within a transaction that works for this program already."""
    kept = record_version(tx, program_id, NewVersion(program.text, program.sha, by, now, live_from))
    if not kept.is_live:
        record_audit(
            tx, program_id, by, "program.scheduled", program.key, now,
            version=kept.version, live_from=kept.live_from.isoformat(),
        )  # fmt: skip
        return Published(program_id, kept.version, {}, {}, kept.live_from)
    spread = _opened(tx, program_id, (kept.version, program), by, "program.published", now)
    return Published(program_id, kept.version, spread.changes(), spread.missing, kept.live_from)


def record_first(tx: Transaction, program_id: int, program: Program, by: str, now: datetime) -> int:
    """Keep a program's very first version, live from now; its number.

    For whoever may write a text and no budgets: these are opened like those of a version that was due
    (`open_all_due`), and nothing is decided by it before.
    """
    kept = record_version(tx, program_id, NewVersion(program.text, program.sha, by, now))
    record_audit(
        tx, program_id, by, "program.scheduled", program.key, now,
        version=kept.version, live_from=kept.live_from.isoformat(),
    )  # fmt: skip
    return kept.version


def open_due(tx: Transaction, program_id: int, now: datetime) -> int | None:
    """Open the budgets of the live version, where its time came after it was signed; which it was.

    Raises `NoLiveVersion` for one that this release cannot read.
    """
    live = lock_timeline(tx, program_id).live(now)
    if live is None or live.opened:
        return None
    (stored,) = load_versions(tx, program_id, [live.version])
    program = read_version(stored)
    _opened(tx, program_id, (stored.version, program), "worker", "program.opened", now)
    return live.version


def open_all_due(db: Connection, now: datetime) -> None:
    """The same for every program; what waits for its events is opened in time, too."""
    for program_id, key in list_programs(db):
        with transaction(db, program_id) as tx:
            live = load_timeline(tx, program_id).live(now)
        if live is None or live.opened:
            continue
        try:
            with transaction(db, program_id) as tx:
                open_due(tx, program_id, now)
        except NoLiveVersion as fault:
            log.warning("version %s of %s does not open: %s", live.version, key, fault)


def put_items_of_before(db: Connection, now: datetime) -> None:
    """Put the items of versions that went live before there was a catalog into it."""
    for program_id, key in list_programs(db):
        with transaction(db, program_id) as tx:
            live = lock_timeline(tx, program_id).live(now)
            if live is None or not live.opened or lock_feed(tx, program_id, PROGRAM_FEED) is not None:
                continue
            (stored,) = load_versions(tx, program_id, [live.version])
            try:
                program = read_version(stored)
            except NoLiveVersion as fault:
                log.warning("the items of version %s of %s are not put: %s", live.version, key, fault)
                continue
            items = put_own_items(tx, program_id, program, "worker", now)
            if items:
                record_audit(tx, program_id, "worker", "catalog.applied", PROGRAM_FEED, now, items=items)


def _opened(
    tx: Transaction, program_id: int, made: tuple[int, Program], by: str, action: str, now: datetime
) -> Spread:
    version, program = made
    spread = _fund_budgets(tx, program_id, program, now)
    record_opening(tx, program_id, version, now)
    put_own_items(tx, program_id, program, by, now)
    if any(each.writes is not None for each in program.connections.values()):
        record_wanting(tx, program_id, CONNECTIONS)
    record_audit(
        tx,
        program_id,
        by,
        action,
        program.key,
        now,
        version=version,
        funded_minor=spread.changes(),
        missing_minor=spread.missing,
    )
    return spread


def _fund_budgets(tx: Transaction, program_id: int, program: Program, now: datetime) -> Spread:
    wanted = wanted_nodes(program)
    zone = ZoneInfo(program.time_zone)
    known = budgets.load_all_nodes(tx, program_id)
    keys = {(each.name, each.node.unit) for each in wanted.values()}
    keys |= {(row.name, row.unit) for row in known.values()}
    keys |= {(FUNDING, unit) for _, unit in keys}
    for unit in sorted({unit for _, unit in keys}):
        record_pools(tx, program_id, {name: unit for name, of in sorted(keys) if of == unit})
    locked = budgets.lock_accounts(tx, program_id, keys)
    # Only now: somebody may have topped one up while we waited for the locks.
    rows = budgets.load_all_nodes(tx, program_id)
    spread = plan_publication(wanted, rows, {key: balance.free for key, balance in locked.items()})
    opened = _record_tree(tx, program_id, (wanted, rows), spread, now.astimezone(zone))
    _record_spread(tx, program_id, spread.moves, now)
    began = [
        PeriodRow(node.name, node.period, 0, node.planned)
        for node in opened
        if _begins(node, rows.get(node.name))
    ]
    budgets.record_periods(tx, program_id, began, now)
    return spread


def _record_tree(
    tx: Transaction,
    program_id: int,
    trees: tuple[dict[str, Wanted], dict[str, NodeRow]],
    spread: Spread,
    now: datetime,
) -> list[NodeRow]:
    wanted, rows = trees
    opened = [
        with_plan(opened_node(each, rows.get(each.name), now.date()), spread) for each in wanted.values()
    ]
    closed = [
        with_plan(row, spread) if name not in wanted else replace(row, planned=0)
        for name, row in rows.items()
        if name not in wanted or wanted[name].node.unit != row.unit
    ]
    nodes = [*(replace(row, closed=True) for row in closed), *opened]
    changed = [node for node in nodes if _said(node) != _said(rows.get(node.name))]
    if changed:
        budgets.record_nodes(tx, program_id, changed, now)
    return opened


def _begins(node: NodeRow, row: NodeRow | None) -> bool:
    """Whether a node stands in its first period now, or in none after it had some."""
    return node.period != NO_PERIOD if row is None else node.period == NO_PERIOD != row.period


def _said(node: NodeRow | None) -> NodeRow | None:
    return replace(node, allocated=0) if node else None


def _record_spread(tx: Transaction, program_id: int, moves: Sequence[Move], now: datetime) -> None:
    ids = budgets.next_ids(tx, len(moves))
    rows = [budgets.MoveRow(number, *move) for number, move in zip(ids, moves, strict=True)]
    budgets.record_moves(tx, program_id, rows, now)
