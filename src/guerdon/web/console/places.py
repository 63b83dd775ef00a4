"""Where a page of a long list begins: after a moment and an id, as they stand in the address."""

from datetime import UTC, datetime, timedelta

DIGITS_MAX = 40
ID_MAX = 2**63 - 1


def written_place(at: datetime, number: int) -> str:
    """Write a place for an address."""
    return f"{(at - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)}-{number}"


def read_place(text: str) -> tuple[datetime, int] | None:
    """Read a place from an address; what is none is the beginning."""
    at, _, number = text.partition("-")
    if len(text) > DIGITS_MAX or not all(part.isascii() and part.isdecimal() for part in (at, number)):
        return None
    try:
        found = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(at))
    except OverflowError:
        return None
    return (found, int(number)) if int(number) <= ID_MAX else None
