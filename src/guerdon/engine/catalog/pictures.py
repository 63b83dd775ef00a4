"""Pictures of a supplier's items, fetched from the addresses that it names, while its list is read.

An address is asked once: what came of it is known from then on, and one that brought nothing is left in peace
for longer each time. So many new ones at most are asked in one reading, one after another and not faster than
so; the rest has to wait for the next. What brought nothing before is asked after all that nobody asked yet:
what is dead takes no turn from the living. What comes is an image by the check that every image stands,
whoever sends it and whatever they call it. Nothing of this ever keeps an item out of the catalog.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from guerdon.engine.catalog.feeds import Picture, RawRow
from guerdon.engine.catalog.images import FetchesPicture, image_of
from guerdon.engine.catalog.wrong import Reason, WrongRow, kept
from guerdon.store.catalog.images import ImageRow, drop_images, record_images
from guerdon.store.catalog.pictures import (
    FoundPicture,
    PictureRow,
    forget_pictures,
    look_up_pictures,
    record_pictures,
)
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import list_programs
from guerdon.values.destinations import ASKED_LENGTH_MAX, read_destination

# Where a row of a supplier says that its picture is.
ADDRESS = "x_image"
# New ones in one reading, and for how long they are asked for: other accounts wait meanwhile.
FETCHED_MAX, FETCHING_MAX = 1_200, timedelta(minutes=2)
# No faster than so; and a host of which so many in a row did not answer is not asked any more.
APART_S = 0.1
SILENT_MAX = 5
# Rows that are held back at most, until all are asked that nobody asked before.
HELD_MAX = FETCHED_MAX
# Rows that are looked up together, or as many as come within a while; images that are kept at once.
TOGETHER, TOGETHER_FOR, KEPT_BYTES = 500, timedelta(seconds=10), 8 * 1024 * 1024

NOT_COME = Picture(None, "failed")

Clock = Callable[[], datetime]


@dataclass
class Gallery:
    """The pictures of one reading of a feed."""

    db: Connection = field(repr=False)
    program_id: int
    feed: str
    fetch: FetchesPicture
    clock: Clock
    stop: Event | None = None
    fetched: int = 0
    # How many in a row did not answer, by their host.
    silent: dict[str, int] = field(default_factory=dict)
    # Rows whose address brought nothing before and is due, by what their items are called.
    held: dict[str, RawRow] = field(default_factory=dict)
    until: datetime | None = None
    due_at: float = 0.0

    def shown(self, rows: Iterable[RawRow]) -> Iterator[RawRow]:
        """The same rows, each with what is known of its picture; some come after all others."""
        self.until = self.clock() + FETCHING_MAX
        with transaction(self.db, self.program_id) as tx:
            forget_pictures(tx, self.program_id, self.clock())
        source = iter(rows)
        while part := self._together(source):
            yield from self._of_part(part)
        yield from self._of_held()

    def _together(self, source: Iterator[RawRow]) -> list[RawRow]:
        until, part = self.clock() + TOGETHER_FOR, list[RawRow]()
        for row in source:
            part.append(row)
            if len(part) >= TOGETHER or self.clock() > until:
                break
        return part

    def _of_part(self, part: Sequence[RawRow]) -> Iterator[RawRow]:
        with transaction(self.db, self.program_id) as tx:
            named = {address for row in part if (address := address_of(row))}
            known = look_up_pictures(tx, self.program_id, named, self.clock())
        came = _Came(known)
        for row in part:
            address, name = address_of(row), _name_of(row)
            if name in self.held:
                # Of two that are called the same, the first stays the first.
                yield replace(self.held.pop(name), picture=NOT_COME)
            found = came.known.get(address)
            if found is not None and found.due and len(self.held) < HELD_MAX:
                self.held[name] = row
                continue
            yield row if not address else replace(row, picture=self._picture(row, address, came))
            if came.weight > KEPT_BYTES:
                self._keep(came)
        self._keep(came)

    def _of_held(self) -> Iterator[RawRow]:
        """Rows whose address brought nothing before: it is asked once more, if there is still time."""
        came = _Came({})
        for row in self.held.values():
            picture = self._picture(row, address_of(row), came)
            # One that did not come the last time has not come.
            yield replace(row, picture=NOT_COME if picture.came == "left" else picture)
            if came.weight > KEPT_BYTES:
                self._keep(came)
        self._keep(came)

    def _picture(self, row: RawRow, address: str, came: "_Came") -> Picture:
        found = came.known.get(address)
        if found is not None:
            return Picture(found.image, "known") if found.image else NOT_COME
        if not self._may_ask(address):
            return Picture(None, "left")
        image, told = self._asked(row, address)
        came.known[address] = FoundPicture(told.image, due=False)
        came.rows.append(told)
        if image is not None:
            came.images[image.hash] = image
            came.weight += len(image.bytes)
        return Picture(told.image, "new") if told.image else NOT_COME

    def _may_ask(self, address: str) -> bool:
        assert self.until is not None
        stopped = self.stop is not None and self.stop.is_set()
        return (
            not stopped
            and self.fetched < FETCHED_MAX
            and self.silent.get(_host_of(address), 0) < SILENT_MAX
            and self.clock() < self.until
        )

    def _asked(self, row: RawRow, address: str) -> tuple[ImageRow | None, PictureRow]:
        self.fetched += 1
        time.sleep(max(0.0, self.due_at - time.monotonic()))
        self.due_at = time.monotonic() + APART_S
        raw, host = self.fetch(address), _host_of(address)
        silent = isinstance(raw, Reason) and raw.code == "picture_silent"
        self.silent[host] = self.silent.get(host, 0) + 1 if silent else 0
        told = PictureRow(address, self.feed, str(kept(str(row.row.get("id") or "")[:80])))
        if isinstance(raw, Reason):
            return None, replace(told, why=raw.code, said=raw.values)
        try:
            image = image_of(raw)
        except WrongRow as fault:
            return None, replace(told, why=fault.reason.code, said=fault.reason.values)
        return ImageRow(image.hash, image.type, image.bytes), replace(told, image=image.hash)

    def _keep(self, came: "_Came") -> None:
        if not came.rows:
            return
        with transaction(self.db, self.program_id) as tx:
            now = self.clock()
            record_images(tx, self.program_id, list(came.images.values()), now)
            record_pictures(tx, self.program_id, came.rows, now)
        came.rows, came.images, came.weight = [], {}, 0


@dataclass
class _Came:
    """What is known of the addresses of some rows, and what of it is not kept yet."""

    known: dict[str, FoundPicture]
    rows: list[PictureRow] = field(default_factory=list)
    images: dict[str, ImageRow] = field(default_factory=dict)
    weight: int = 0


def let_go_pictures(db: Connection, now: datetime) -> int:
    """Let go of addresses and images of all programs that nobody needs; how many images those were."""
    dropped = 0
    for program_id, _ in list_programs(db):
        with transaction(db, program_id) as tx:
            forget_pictures(tx, program_id, now)
            dropped += drop_images(tx, program_id, now)
    return dropped


def address_of(row: RawRow) -> str:
    """Where the picture of a row is; empty where it names none, or is not for us."""
    said = row.row.get(ADDRESS)
    return said if isinstance(said, str) and not row.elsewhere and row.problem is None else ""


def _name_of(row: RawRow) -> str:
    return str(row.row.get("id")).strip().lower()


def _host_of(address: str) -> str:
    """Who is asked; empty for what is no address: nobody is asked then, so nobody is silent."""
    there = read_destination(address, ASKED_LENGTH_MAX)
    return there.named_host if there is not None else ""
