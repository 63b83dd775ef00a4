"""Pictures of a supplier's items, fetched from the addresses that it names, while its list is read.

An address is asked once: what came of it is known from then on, and one that brought nothing is left in peace
for longer each time. So many new ones at most are asked in one reading, one after another and not faster than
so; the rest has to wait for the next. What comes is an image by the check that every image stands, whoever
sends it and whatever they call it. Nothing of this ever keeps an item out of the catalog.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from guerdon.engine.catalog.feeds import Picture, RawRow
from guerdon.engine.catalog.images import FetchesPicture, image_of
from guerdon.engine.catalog.wrong import Reason, WrongRow, kept
from guerdon.store.catalog.images import ImageRow, record_images
from guerdon.store.catalog.pictures import (
    FoundPicture,
    PictureRow,
    forget_pictures,
    look_up_pictures,
    record_pictures,
)
from guerdon.store.database import Connection, transaction

# Where a row of a supplier says that its picture is.
ADDRESS = "x_image"
# New ones in one reading, and for how long they are asked for.
FETCHED_MAX, FETCHING_MAX = 2_000, timedelta(minutes=10)
# No faster than so; and after so many in a row that did not answer, nobody is asked any more.
APART_S = 0.1
SILENT_MAX = 5
# Rows that are looked up together, or as many as come within a while; images that are kept at once.
TOGETHER, TOGETHER_FOR, KEPT_BYTES = 500, timedelta(seconds=10), 8 * 1024 * 1024

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
    silent: int = 0
    until: datetime | None = None
    due_at: float = 0.0

    def shown(self, rows: Iterable[RawRow]) -> Iterator[RawRow]:
        """The same rows, each with what is known of its picture."""
        self.until = self.clock() + FETCHING_MAX
        with transaction(self.db, self.program_id) as tx:
            forget_pictures(tx, self.program_id, self.clock())
        source = iter(rows)
        while part := self._together(source):
            yield from self._of_part(part)

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
            address = address_of(row)
            yield row if not address else replace(row, picture=self._picture(row, address, came))
            if came.weight > KEPT_BYTES:
                self._keep(came)
        self._keep(came)

    def _picture(self, row: RawRow, address: str, came: "_Came") -> Picture:
        found = came.known.get(address)
        if found is not None and not found.due:
            return Picture(found.image, "known" if found.image else "failed")
        if not self._may_ask():
            # One that did not come the last time has not come.
            return Picture(None, "left" if found is None else "failed")
        image, told = self._asked(row, address)
        came.known[address] = FoundPicture(told.image, due=False)
        came.rows.append(told)
        if image is not None:
            came.images[image.hash] = image
            came.weight += len(image.bytes)
        return Picture(told.image, "new" if told.image else "failed")

    def _may_ask(self) -> bool:
        assert self.until is not None
        stopped = self.stop is not None and self.stop.is_set()
        return (
            not stopped
            and self.fetched < FETCHED_MAX
            and self.silent < SILENT_MAX
            and self.clock() < self.until
        )

    def _asked(self, row: RawRow, address: str) -> tuple[ImageRow | None, PictureRow]:
        self.fetched += 1
        time.sleep(max(0.0, self.due_at - time.monotonic()))
        self.due_at = time.monotonic() + APART_S
        raw = self.fetch(address)
        self.silent = self.silent + 1 if isinstance(raw, Reason) and raw.code == "picture_silent" else 0
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


def address_of(row: RawRow) -> str:
    """Where the picture of a row is; empty where it names none, or is not for us."""
    said = row.row.get(ADDRESS)
    return said if isinstance(said, str) and not row.elsewhere and row.problem is None else ""
