"""Where a page of a long list begins: after a moment and an id, as they stand in the address."""

from datetime import UTC, datetime, timedelta

DIGITS_MAX = 40
ID_MAX = 2**63 - 1
# Where a row stands among those that came before and after it: its id, or when it came, and its id.
Mark = tuple[int, ...]
_EPOCH = datetime.fromtimestamp(0, UTC)


def timed_mark(at: datetime, *numbers: int) -> Mark:
    """The mark of a row that stands by its time."""
    return ((at - _EPOCH) // timedelta(microseconds=1), *numbers)


def written_mark(mark: Mark) -> str:
    """Write a mark for an address; that of an empty list is below all others."""
    return "-".join(str(number) for number in mark or (0,))


def read_mark(text: str) -> Mark | None:
    """Read a mark from an address; None for what is none."""
    parts = text[: 2 * DIGITS_MAX].split("-")
    if not all(part.isascii() and part.isdecimal() and len(part) <= DIGITS_MAX for part in parts):
        return None
    return tuple(int(part) for part in parts)


def written_place(at: datetime, number: int) -> str:
    """Write a place for an address."""
    return written_mark(timed_mark(at, number))


def read_place(text: str) -> tuple[datetime, int] | None:
    """Read a place from an address; what is none is the beginning."""
    at, _, number = text.partition("-")
    if len(text) > DIGITS_MAX or not all(part.isascii() and part.isdecimal() for part in (at, number)):
        return None
    try:
        found = _EPOCH + timedelta(microseconds=int(at))
    except OverflowError:
        return None
    return (found, int(number)) if int(number) <= ID_MAX else None
