"""Reading what a supplier lists, page by page, as the feed of its account.

A page that does not come ends the reading: what was read is no feed then, and the catalog stays as it is. A
supplier lists the whole world: what is for other countries or currencies is left out, and counted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from threading import Event

from guerdon.engine.catalog.feeds import ROWS_MAX, RawRow
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.staging import Asked, Clock, NotRead, take_feed
from guerdon.engine.catalog.wrong import UnfitFeed
from guerdon.engine.orders.lanes.turnstile import yielding
from guerdon.engine.orders.port import ItemPage, Later, Listed, Shut, Supplier
from guerdon.store.catalog.feeds import SyncRow
from guerdon.store.database import Connection

# Why a reading came to nothing where the worker was told to stop in the middle of it.
STOPPED = "stopped"
# So many pages, so many in a row without an item, and so long: who lists more, or takes longer, never ends.
PAGES_MAX = 50_000
EMPTY_MAX = 3
PULL_MAX = timedelta(hours=2)

InTurn = Callable[[], AbstractContextManager[None]]


def pull_feed(
    db: Connection, ground: Ground, supplier: Supplier, asked: Asked, clock: Clock, stop: Event | None = None
) -> SyncRow | Later | Shut:
    """Read all that an account lists into its feed; what that came to.

    Where the first page does not come, nothing is begun: what waits for somebody goes on waiting.
    """
    if not supplier.abilities.lists_items:
        raise NotRead("lists", supplier.account.key)
    turn = partial(yielding, db, ground.program_id, supplier, clock)
    with turn():
        first = supplier.list_items(None)
    if not isinstance(first, ItemPage):
        return first
    listed = pages(supplier, first, turn, clock, stop)
    return take_feed(db, ground, asked, rows_of(listed, ground), clock)


def pages(
    supplier: Supplier, first: ItemPage, turn: InTurn, clock: Clock, stop: Event | None = None
) -> Iterator[Listed]:
    """What an account lists, page by page, each in its turn; raises `UnfitFeed` where one does not come."""
    page: ItemPage | Later | Shut = first
    passed: set[str] = set()
    empty, until = 0, clock() + PULL_MAX
    while True:
        if isinstance(page, Later):
            raise UnfitFeed("cut", f"the supplier does not answer: {page.why}")
        if isinstance(page, Shut):
            raise UnfitFeed("shut", page.says)
        yield from page.items
        if page.after is None:
            return
        if page.after in passed:
            raise UnfitFeed("cut", "the supplier's pages lead back to one that was read")
        if stop is not None and stop.is_set():
            raise UnfitFeed(STOPPED, "the worker was told to stop")
        passed.add(page.after)
        empty = 0 if page.items else empty + 1
        if empty > EMPTY_MAX or len(passed) > PAGES_MAX:
            raise UnfitFeed("cut", "the supplier's pages come without items, or without end")
        if clock() > until:
            raise UnfitFeed("cut", "the supplier takes too long to list its items")
        with turn():
            page = supplier.list_items(page.after)


def rows_of(listed: Iterable[Listed], ground: Ground) -> Iterator[RawRow]:
    """What a supplier lists, as rows of a feed of this program."""
    for number, each in enumerate(listed, 1):
        if number > ROWS_MAX:
            raise UnfitFeed("large", f"the supplier lists more than {ROWS_MAX:,} items")
        yield _ours(number, each.row, ground)


def _ours(line: int, row: Mapping[str, object], ground: Ground) -> RawRow:
    """A row with the markets that the program has; one with none of them, or other money, is not for it."""
    currency, listed = row.get("currency"), row.get("markets")
    if isinstance(currency, str) and currency and currency not in ground.money:
        return RawRow(line, row, elsewhere=True)
    if not isinstance(listed, list) or not listed:
        # It is wrong, and its check says why.
        return RawRow(line, row)
    markets = [each for each in listed if each in ground.program.markets]
    return RawRow(line, {**row, "markets": markets}, elsewhere=not markets)
