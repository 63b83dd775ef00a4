"""Runa's list of orders, read page by page: the one way to an order by our reference.

They say neither how it is sorted nor that it can be asked for a reference. So the times are watched: where
all that was read falls, the rest is older; where it does not, all of it has to be read. One that is still
being processed stands there without its reference and without its time: nobody can say whose it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from guerdon.suppliers.reading import (
    Record,
    Unreadable,
    inner,
    moment,
    name_in,
    needed_records,
    read_record,
    text,
)
from guerdon.suppliers.runa.orders import FAILED

PAGE = 500
# So many orders are read for one answer, and no more.
PAGES_MAX = 20
# Their clock and ours.
APART = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list; without `after` there is no more."""

    orders: Sequence[Record]
    after: str | None


def read_page(body: bytes) -> Page:
    """A page; raises `Unreadable`. Without any orders it is the end, whatever stands beside them."""
    said = read_record(body)
    orders = needed_records(said, "items")
    after = text(inner(inner(said, "pagination"), "cursors"), "after")
    if not orders:
        return Page((), None)
    if after and not (len(after) <= 2_000 and after.isprintable()):
        raise Unreadable("the next page is no name")
    return Page(orders, after or None)


@dataclass(slots=True)
class Search:
    """What was read of the list for one reference: its orders, and those that failed of this attempt.

    It was made between `since` and `until` (None: nobody knows), if it was made. All attempts for an order
    share its reference: only what was made after this one began, by any clock, is surely no earlier one's.
    """

    ref: str
    since: datetime
    until: datetime | None = None
    found: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _last: datetime | None = None
    _rose: bool = False
    _fell: bool = False
    # Nameless ones: all of them, those that may be meant, and those above which nothing is known yet.
    _all: int = 0
    _meant: int = 0
    _open: int = 0

    def take(self, page: Page) -> None:
        """Read a page."""
        for order in page.orders:
            at, failed = moment(order, "created_at"), text(order, "status") == FAILED
            if at is not None:
                self._named(order, at, failed=failed)
            elif not failed:
                # One that failed is nobody's reward, whosever it was.
                self._all += 1
                self._open += not self.past

    def _named(self, order: Record, at: datetime, *, failed: bool) -> None:
        if self._last is not None:
            self._rose = self._rose or at > self._last
            self._fell = self._fell or at < self._last
        self._last = at
        # What stands above one that is younger than ours can be is younger still.
        if self.until is None or at <= self.until + APART:
            self._meant += self._open
        self._open = 0
        if text(order, "description") == self.ref:
            if not failed:
                self.found.append(name_in(order, "id"))
            elif at > self.since + APART:
                self.failed.append(name_in(order, "id"))

    @property
    def nameless(self) -> bool:
        """Whether an order that may be this one stands there without its reference."""
        falling = self._fell and not self._rose
        return self._meant + self._open > 0 if falling else self._all > 0

    @property
    def past(self) -> bool:
        """Whether all that comes is older than what is looked for."""
        falling = self._fell and not self._rose
        return falling and self._last is not None and self._last < self.since - APART
