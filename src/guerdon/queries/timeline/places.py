"""Where a page of a member's timeline begins.

Events have ids in the order in which they were received, or asked for where people had to agree first, so
they are walked by id alone, and never sorted. All else is in the order of its time, its source and its id.
A place says how far both have been told.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

ID_MAX = 2**63 - 1
PARTS, DIGITS_MAX = 4, 20
NOTHING = "x"
_EPOCH = datetime.fromtimestamp(0, UTC)

# At or after nothing: all ids are larger.
NO_ID = -1


@dataclass(frozen=True, slots=True, order=True)
class Stop:
    """An entry's place among those that are no events: when, which source, which of it."""

    at: datetime
    rank: int
    id: int

    def bound(self, rank: int) -> tuple[datetime, int]:
        """Of a source, what is older than this stands below (at, id)."""
        if rank == self.rank:
            return self.at, self.id
        # Of one moment, sources of a higher rank are told before it.
        return self.at, ID_MAX if rank < self.rank else NO_ID


@dataclass(frozen=True, slots=True)
class Place:
    """How far a timeline has been told: the last event, and the last of all else; None: none yet."""

    event_id: int | None = None
    stop: Stop | None = None

    def bound(self, rank: int) -> tuple[datetime, int] | None:
        """Of a source, what comes next stands below (at, id); None: it begins with its newest."""
        return None if self.stop is None else self.stop.bound(rank)


BEGINNING = Place()


def written(place: Place) -> str:
    """Write a place for an address."""
    event = NOTHING if place.event_id is None else str(place.event_id)
    if place.stop is None:
        return f"{event}-{NOTHING}"
    micros = (place.stop.at - _EPOCH) // timedelta(microseconds=1)
    return f"{event}-{micros}-{place.stop.rank}-{place.stop.id}"


def read_place(text: str) -> Place | None:
    """Read a place from an address; what is none is the beginning."""
    event, *rest = text[: PARTS * (DIGITS_MAX + 1)].split("-")
    if event != NOTHING and not _is_number(event):
        return None
    event_id = None if event == NOTHING else int(event)
    if rest == [NOTHING]:
        return Place(event_id)
    if len(rest) != PARTS - 1 or not all(_is_number(part) for part in rest):
        return None
    micros, rank, number = (int(part) for part in rest)
    try:
        at = _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return None
    return Place(event_id, Stop(at, rank, number))


def _is_number(text: str) -> bool:
    return len(text) <= DIGITS_MAX and text.isascii() and text.isdecimal() and int(text) <= ID_MAX
