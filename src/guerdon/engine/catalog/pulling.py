"""Reading what a supplier lists, page by page, as the feed of its account.

A page that does not come ends the reading: what was read is no feed then, and the catalog stays as it is. A
supplier lists the whole world: what is for other countries or currencies is left out, and counted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from threading import Event

from guerdon.engine.catalog.feeds import ROWS_MAX, RawRow
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.pictures import Gallery
from guerdon.engine.catalog.staging import Asked, Clock, NotRead, take_feed
from guerdon.engine.catalog.wrong import TurnedAway, UnfitCode, UnfitFeed
from guerdon.engine.orders.lanes.turnstile import Unhurried
from guerdon.engine.orders.port import ItemPage, Later, Listed, Shut, Supplier
from guerdon.store.catalog.feeds import SyncRow
from guerdon.store.database import Connection

# Why a reading came to nothing where the worker was told to stop in the middle of it.
STOPPED = "stopped"
# So many pages, so many in a row without an item, and so long: who lists more, or takes longer, never ends.
PAGES_MAX = 50_000
EMPTY_MAX = 3
PULL_MAX = timedelta(hours=2)

# What each reason of a page that does not come is called.
UNANSWERED: Mapping[str, UnfitCode] = {
    "limit": "unanswered_limit",
    "trouble": "unanswered_trouble",
    "turn": "unanswered_turn",
    "unreachable": "unanswered_unreachable",
}
# The page after a mark of theirs, or the first.
AsksPage = Callable[[str | None], ItemPage | Later | Shut]


def pull_feed(
    db: Connection, ground: Ground, supplier: Supplier, asked: Asked, clock: Clock, stop: Event | None = None
) -> SyncRow | Later | Shut:
    """Read all that an account lists into its feed; what that came to.

    Where the first page does not come, nothing is begun: what waits for somebody goes on waiting.
    """
    if not supplier.abilities.lists_items:
        raise NotRead("lists", supplier.account.key)
    unhurried = Unhurried(db, ground.program_id, supplier, clock)

    def page_after(mark: str | None) -> ItemPage | Later | Shut:
        return unhurried.ask(partial(supplier.list_items, mark))

    first = page_after(None)
    if not isinstance(first, ItemPage):
        return first
    rows = rows_of(pages(page_after, first, clock, stop), ground)
    if ground.fetch is not None:
        rows = Gallery(db, ground.program_id, asked.feed, ground.fetch, clock, stop).shown(rows)
    # Its pages are asked for in turns that this connection keeps.
    return take_feed(db, ground, asked, rows, clock, ahead=False)


def pages(page_after: AsksPage, first: ItemPage, clock: Clock, stop: Event | None = None) -> Iterator[Listed]:
    """What an account lists, page by page; raises `UnfitFeed` where one does not come."""
    page: ItemPage | Later | Shut = first
    passed: set[str] = set()
    empty, until = 0, clock() + PULL_MAX
    while True:
        if isinstance(page, Later):
            raise UnfitFeed("cut", UNANSWERED[page.why])
        if isinstance(page, Shut):
            raise TurnedAway(page.says)
        yield from page.items
        if page.after is None:
            return
        if page.after in passed:
            raise UnfitFeed("cut", "pages_back")
        if stop is not None and stop.is_set():
            raise UnfitFeed(STOPPED, "told_to_stop")
        passed.add(page.after)
        empty = 0 if page.items else empty + 1
        if empty > EMPTY_MAX or len(passed) > PAGES_MAX:
            raise UnfitFeed("cut", "pages_empty")
        if clock() > until:
            raise UnfitFeed("cut", "pages_slow")
        page = page_after(page.after)


def rows_of(listed: Iterable[Listed], ground: Ground) -> Iterator[RawRow]:
    """What a supplier lists, as rows of a feed of this program."""
    for number, each in enumerate(listed, 1):
        if number > ROWS_MAX:
            raise UnfitFeed("large", "items_many", most=ROWS_MAX)
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
