"""Seconds to read a feed into the catalog: the first time, again unchanged, a day later, and as a delta."""

import io
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from guerdon.cli import REPOSITORY
from guerdon.cli.circles import WORKER_EVERY, seldom
from guerdon.cli.installation import Installation
from guerdon.engine.catalog.feeds import read_feed
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.staging import Asked, take_feed
from guerdon.program.model import Program
from guerdon.store.catalog.feeds import SyncKind, SyncRow
from guerdon.store.database import transaction
from guerdon.values.clock import utc_now

sys.path.append(str(REPOSITORY))

from examples.catalog import Terms, items, tomorrow
from examples.catalog.tomorrow import changes

SEED = 1
FEED = "tremendous_eu"
Rows = Callable[[int, int, Terms], Iterable[Mapping[str, Any]]]


def measure_sync(opened: Installation, program_id: int, program: Program, count: int) -> dict[str, object]:
    """Read so many items four times; each must be applied without a wrong row."""
    terms = Terms(today=utc_now().date())
    feeds: tuple[tuple[str, Rows, SyncKind], ...] = (
        ("first", items, "full"),
        ("same", items, "full"),
        ("tomorrow", tomorrow, "full"),
        ("delta", changes, "delta"),
    )
    told: dict[str, object] = {}
    # As the worker does, who reads feeds.
    seldom(WORKER_EVERY)
    for name, make, kind in feeds:
        raw = "".join(json.dumps(row) + "\n" for row in make(SEED, count, terms)).encode()
        began = time.monotonic()
        sync = _read(opened, Ground(program_id, program, FEED, FEED), raw, kind)
        told[f"{name}_s"] = round(time.monotonic() - began, 2)
        told[f"{name}_mb"] = round(len(raw) / 1e6, 1)
        assert (sync.state, sync.counts.wrong) == ("applied", 0), (name, sync)
        told[name] = {key: getattr(sync.counts, key) for key in ("new", "changed", "same", "gone", "wrong")}
    with opened.connect("worker") as db, transaction(db, program_id) as tx:
        found = tx.execute("select count(*) from catalog_items where gone_at is null").fetchone()
    assert found is not None
    return {**told, "items": found[0]}


def _read(opened: Installation, ground: Ground, raw: bytes, kind: SyncKind) -> SyncRow:
    with opened.connect("worker") as db:
        return take_feed(db, ground, Asked(FEED, "benchmark", kind), read_feed(io.BytesIO(raw)), utc_now)
