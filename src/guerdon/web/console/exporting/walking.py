"""A list, page by page: each is a transaction of its own and begins after the last row of the one before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from guerdon.store.database import Transaction
from guerdon.text.exporting import Row
from guerdon.web.console.desk import Desk

AT_ONCE = 1_000
Found = TypeVar("Found")
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: its columns, and its rows a page at a time; for whoever may open the page of its name."""

    columns: Sequence[str]
    pages: Callable[[Desk], Iterator[Sequence[Row]]]
    # What of the address narrows it, and says nobody's name.
    narrows: Sequence[str] = ("market",)


def walked(
    desk: Desk,
    read: Callable[[Transaction, Place | None], Sequence[Found]],
    place: Callable[[Found], Place],
) -> Iterator[Sequence[Found]]:
    """Each page of a list, read after the place of the last row before it."""
    after: Place | None = None
    while True:
        with desk.transaction() as tx:
            found = read(tx, after)
        yield found
        if len(found) < AT_ONCE:
            return
        after = place(found[-1])
