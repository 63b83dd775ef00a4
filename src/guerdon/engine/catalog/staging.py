"""Reading a feed into a sync: rows are checked, compared with the catalog and kept; nothing changes by it.

Each set of rows is kept in a commit of its own, and no transaction waits for the next to be read: it may come
from a supplier who takes a minute. Whoever reads says so with each set; one who is silent has died.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from guerdon.engine.catalog.applying import apply_sync
from guerdon.engine.catalog.checking import Checked, check_row, item_id, sku_of
from guerdon.engine.catalog.feeds import RawRow
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.wrong import UnfitFeed, WrongRow, kept
from guerdon.program.model import Program
from guerdon.program.places import KEY, well_formed
from guerdon.store.audit import record_audit
from guerdon.store.catalog.behind import Behind
from guerdon.store.catalog.feeds import (
    Counts,
    FeedRow,
    Settled,
    SyncKind,
    SyncRow,
    beat,
    claim_feed,
    find_open_sync,
    hold_feed,
    is_silent,
    load_sync,
    lock_feed,
    lock_sync,
    record_feed,
    record_sync,
    set_feed,
    settle_sync,
)
from guerdon.store.catalog.images import ImageRow, record_images
from guerdon.store.catalog.items import MANUAL, POOL, PROGRAM_FEED
from guerdon.store.catalog.staged import (
    Known,
    StagedRow,
    count_lessened,
    drop_staged,
    load_known,
    record_staged,
)
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.values.ids import show

SET_ROWS = 1_000
SET_BYTES = 8 * 1024 * 1024
SILENT_AFTER = timedelta(seconds=60)
# Whoever reads slowly, page by page, says so in between that they are not silent.
SET_TIME = timedelta(seconds=15)
FEED_KEY_MAX = 40
# Of a hundred: so many wrong rows, and so many items that would go, before a person has to look.
WRONG_MAX, GONE_MAX = 5, 30
# What is counted of the picture of an item.
PICTURED = {"new": "pictures", "failed": "pictures_failed", "left": "pictures_left"}

log = logging.getLogger(__name__)


class NotRead(Exception):  # noqa: N818  an answer, not a fault
    """Why a feed is not read at all: a word, and what it speaks of."""

    def __init__(self, why: str, said: str = "") -> None:
        super().__init__(f"{why}: {said}")
        self.why = why
        self.said = said


@dataclass(frozen=True, slots=True)
class Asked:
    """Which feed is read, of which supplier (None: as before), by whom; `wait`: a person will look first."""

    feed: str
    by: str
    kind: SyncKind = "full"
    supplier: str | None = None
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """A sync that is read now, and what it is compared with."""

    sync_id: int
    ground: Ground
    known: Known


Clock = Callable[[], datetime]


def take_feed(
    db: Connection, ground: Ground, asked: Asked, rows: Iterator[RawRow], clock: Clock, *, ahead: bool = True
) -> SyncRow:
    """Read a feed to its end, and apply it where nobody has to look first; what it came to.

    `ahead`: rows are read while those before them are kept; not where reading them asks this connection, too.
    Raises `NotRead` where it is not begun, for another reads it or it cannot be one.
    """
    begun = begin(db, ground, asked, clock())
    reader = _Reader(begun)
    try:
        with Behind(apart=ahead) as behind:
            _read_sets(db, reader, rows, clock, behind)
        with transaction(db, ground.program_id) as tx:
            return finish(tx, begun, reader, asked, clock())
    except UnfitFeed as fault:
        with transaction(db, ground.program_id) as tx:
            _refuse(tx, begun, fault, clock())
            return _loaded(tx, begun)
    except Exception:
        # Nothing of it is in the catalog: the feed is free for the next try at once.
        with transaction(db, ground.program_id) as tx:
            _refuse(tx, begun, UnfitFeed("fault", "broke_off"), clock())
        raise


def begin(db: Connection, ground: Ground, asked: Asked, now: datetime) -> Begun:
    """Make a sync of a feed; one that waits is dropped by it, and one that is read is not disturbed."""
    _check_asked(ground.program, asked)
    with transaction(db, ground.program_id) as tx:
        # Within a request all of it is one transaction, and others do not see its sync yet.
        if not claim_feed(tx, ground.program_id, asked.feed):
            raise NotRead("reading", asked.feed)
        feed = lock_feed(tx, ground.program_id, asked.feed)
        supplier = asked.supplier or (feed.supplier if feed is not None else _usual(ground.program, asked))
        feed = record_feed(tx, ground.program_id, asked.feed, supplier)
        _make_room(tx, ground.program_id, feed, asked.by, now)
        drop_staged(tx, ground.program_id, asked.feed)
        sync_id = record_sync(tx, ground.program_id, feed, asked.kind, asked.by, now)
        set_feed(tx, ground.program_id, asked.feed, "reading", supplier)
        known = load_known(tx, ground.program_id, asked.feed)
    whole = replace(ground, feed=asked.feed, supplier=supplier, delta=asked.kind == "delta")
    return Begun(sync_id, whole, known)


def _check_asked(program: Program, asked: Asked) -> None:
    if not well_formed(asked.feed, KEY) or len(asked.feed) > FEED_KEY_MAX or asked.feed == PROGRAM_FEED:
        raise NotRead("feed", asked.feed[:60])
    if not program.catalog.kinds:
        raise NotRead("catalog", program.key)
    if asked.supplier is not None and asked.supplier not in {POOL, MANUAL, *program.suppliers}:
        raise NotRead("supplier", asked.supplier[:60])


def _usual(program: Program, asked: Asked) -> str:
    """Who delivers a new feed: the account of its own name."""
    if asked.feed not in program.suppliers:
        raise NotRead("supplier", "")
    return asked.feed


def _make_room(tx: Transaction, program_id: int, feed: FeedRow, by: str, now: datetime) -> None:
    """Let go of an open sync of the feed, unless somebody reads it."""
    other = find_open_sync(tx, program_id, feed.key)
    if other is None:
        return
    if other.state == "reading" and not is_silent(other, now, SILENT_AFTER):
        raise NotRead("reading", show("syn", other.id))
    why = "silent" if other.state == "reading" else "newer"
    settle_sync(tx, program_id, other.id, Settled("dropped", why), now)
    record_audit(tx, program_id, by, "catalog.dropped", show("syn", other.id), now, feed=feed.key, why=why)


class _Reader:
    """Checks rows, compares them with what is known, and counts."""

    def __init__(self, begun: Begun) -> None:
        self.begun = begun
        self._counted = Counter[str]()
        self.seen: set[str] = set()
        self.images: dict[str, ImageRow] = {}
        # Many items show the same one: it is kept with the first of them.
        self.brought: set[str] = set()

    @property
    def counts(self) -> Counts:
        """What the rows are that were read by now."""
        return Counts(**self._counted)

    def read_set(self, rows: Iterator[RawRow], clock: Clock) -> list[StagedRow | None]:
        """So many rows, or so many images, as are kept at once, or as come within a while."""
        until = clock() + SET_TIME
        self.images = {}
        staged: list[StagedRow | None] = []
        weight = 0
        for raw in islice(rows, SET_ROWS):
            before = len(self.images)
            staged.append(self.read(raw))
            if len(self.images) > before:
                weight += len(next(reversed(self.images.values())).bytes)
            if weight > SET_BYTES or clock() > until:
                break
        return staged

    def read(self, raw: RawRow) -> StagedRow | None:
        """What a row would do; None where nothing changes by it."""
        if raw.elsewhere:
            self._add(elsewhere=1)
            return None
        self._add(found=1)
        if raw.picture is not None and raw.picture.came in PICTURED:
            self._add(**{PICTURED[raw.picture.came]: 1})
        try:
            sku, found = self._checked(raw)
        except WrongRow as fault:
            self._add(wrong=1)
            said = str(raw.row.get("id") or "")[:80].replace("\0", "")
            row = kept(raw.row)
            assert isinstance(row, dict)
            sku = said.encode("utf-8", "replace").decode()
            return StagedRow(raw.line, sku, "wrong", row, problem=fault.reason.code, said=fault.reason.values)
        if found.gone:
            return self._gone(raw.line, sku, found)
        staged = self._compared(raw.line, sku, found)
        image = found.image
        if staged is not None and image is not None and image.hash not in self.brought:
            self.brought.add(image.hash)
            self.images[image.hash] = ImageRow(image.hash, image.type, image.bytes)
        return staged

    def _checked(self, raw: RawRow) -> tuple[str, Checked]:
        if raw.problem is not None:
            raise WrongRow(raw.problem.code, **raw.problem.values)
        sku = self._own(sku_of(raw.row))
        return sku, check_row(raw.row, self.begun.ground, self._pictured(sku, raw))

    def _pictured(self, sku: str, raw: RawRow) -> str | None:
        """The image that a supplier's item has by its address; the one it shows, where none came now."""
        if raw.picture is None:
            return None
        return raw.picture.image if raw.picture.came in ("known", "new") else self.begun.known.images.get(sku)

    def _own(self, sku: str) -> str:
        low = sku.lower()
        if low in self.seen:
            raise WrongRow("id_twice", given=sku)
        self.seen.add(low)
        return low

    def _gone(self, line: int, sku: str, found: Checked) -> StagedRow | None:
        known = self.begun.known
        if sku not in known.hashes or sku in known.gone:
            self._add(same=1)
            return None
        # It is counted among those that are gone, and among what was found as nothing else.
        self._add(found=-1, gone=1)
        return StagedRow(line, found.sku, "gone", self.named(sku))

    def named(self, sku: str) -> dict[str, object]:
        """What is said of an item that goes: its key and its number."""
        ground = self.begun.ground
        key = f"{ground.feed}:{sku}"
        return {"key": key, "id": item_id(ground.program_id, key)}

    def _compared(self, line: int, sku: str, found: Checked) -> StagedRow | None:
        known = self.begun.known
        if known.hashes.get(sku) == found.hash and sku not in known.gone:
            self._add(same=1)
            return None
        if sku in known.hashes:
            self._add(changed=1)
            return StagedRow(line, found.sku, "changed", found.item, found.hash, text=found.text)
        self._add(new=1)
        return StagedRow(line, found.sku, "new", found.item, found.hash, text=found.text)

    def _add(self, **more: int) -> None:
        for name, n in more.items():
            self._counted[name] += n

    def missing(self) -> list[str]:
        """What the catalog has and this feed has not, counted: a wrong row is there, however wrong."""
        found = [sku for sku in self.begun.known.live() if sku not in self.seen]
        self._counted["gone"] = len(found)
        return found


@dataclass(frozen=True, slots=True)
class _Set:
    """Rows that are kept at once: what had been counted with them, and images that they brought."""

    rows: Sequence[StagedRow]
    counts: Counts
    images: Sequence[ImageRow]
    at: datetime


def _read_sets(db: Connection, reader: _Reader, rows: Iterator[RawRow], clock: Clock, behind: Behind) -> None:
    # Reading waits for no transaction, and none for what is read.
    while staged := reader.read_set(rows, clock):
        kept_rows = [row for row in staged if row is not None]
        together = _Set(kept_rows, reader.counts, list(reader.images.values()), clock())
        behind.do(partial(_keep_set, db, reader.begun, together))


def _keep_set(db: Connection, begun: Begun, together: _Set) -> None:
    program_id = begun.ground.program_id
    with transaction(db, program_id) as tx:
        if not beat(tx, program_id, begun.sync_id, together.counts, together.at):
            raise UnfitFeed("taken", "taken")
        record_staged(tx, program_id, begun.sync_id, together.rows)
        record_images(tx, program_id, together.images, together.at)


def finish(tx: Transaction, begun: Begun, reader: _Reader, asked: Asked, now: datetime) -> SyncRow:
    """What is gone is known now: apply it, or let it wait for a person."""
    program_id = begun.ground.program_id
    hold_feed(tx, program_id, asked.feed)
    sync = lock_sync(tx, program_id, begun.sync_id)
    if sync is None or sync.state != "reading":
        # Another reader has taken its place.
        return _loaded(tx, begun)
    if asked.kind == "full":
        gone = reader.missing()
        last = reader.counts.found
        record_staged(
            tx,
            program_id,
            begun.sync_id,
            [
                StagedRow(10**9 + last + number, sku, "gone", reader.named(sku))
                for number, sku in enumerate(gone)
            ],
        )
    beat(tx, program_id, begun.sync_id, reader.counts, now)
    why = (
        "preview"
        if asked.wait
        else why_to_wait(reader.counts, sum(1 for _ in begun.known.live()), asked.kind)
        or _why_less(tx, begun, reader.counts, now)
    )
    if why:
        settle_sync(tx, program_id, begun.sync_id, Settled("staged", why), now)
        set_feed(tx, program_id, asked.feed, "staged")
        _tell(tx, begun, asked.by, "catalog.staged", now, why=why)
    else:
        apply_sync(tx, program_id, begun.sync_id, asked.by, now)
    return _loaded(tx, begun)


def why_to_wait(counts: Counts, before: int, kind: SyncKind) -> str:
    """Why a person has to look first; empty: nobody has to."""
    if kind == "full" and counts.new + counts.changed + counts.same == 0:
        return "empty"
    if 100 * counts.wrong > WRONG_MAX * counts.found:
        return "wrong"
    return "gone" if 100 * counts.gone > GONE_MAX * before else ""


def _why_less(tx: Transaction, begun: Begun, counts: Counts, now: datetime) -> str:
    """The same of items that stay, but of which something is taken away: as good as gone for somebody."""
    before = sum(1 for _ in begun.known.live())
    if 100 * (counts.gone + counts.changed) <= GONE_MAX * before:
        return ""
    less = count_lessened(tx, begun.ground.program_id, begun.sync_id, now)
    return "gone" if 100 * (counts.gone + less) > GONE_MAX * before else ""


def _refuse(tx: Transaction, begun: Begun, fault: UnfitFeed, now: datetime) -> None:
    program_id = begun.ground.program_id
    hold_feed(tx, program_id, begun.ground.feed)
    sync = lock_sync(tx, program_id, begun.sync_id)
    if sync is None or sync.state != "reading":
        return
    settle_sync(tx, program_id, begun.sync_id, Settled("refused", fault.why, fault.said[:500]), now)
    set_feed(tx, program_id, begun.ground.feed, "refused")
    _tell(tx, begun, sync.by, "catalog.refused", now, why=fault.why, said=fault.said[:500])


def _tell(tx: Transaction, begun: Begun, by: str, action: str, now: datetime, **why: str) -> None:
    ground = begun.ground
    detail: dict[str, Any] = {"feed": ground.feed, **why}
    record_audit(tx, ground.program_id, by, action, show("syn", begun.sync_id), now, **detail)


def _loaded(tx: Transaction, begun: Begun) -> SyncRow:
    found = load_sync(tx, begun.ground.program_id, begun.sync_id)
    assert found is not None
    return found
