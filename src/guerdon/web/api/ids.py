"""Between the numbers inside and the ids and cursors outside."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from guerdon.program.model import Program
from guerdon.values.ids import ID_MAX, read
from guerdon.web.api.problems import Trouble, WrongField, missing, wrong

Row = TypeVar("Row")
Place = tuple[datetime, int]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_decode = msgspec.json.Decoder(tuple[int, int]).decode
# The instants that a cursor can name: those that PostgreSQL and we both know.
_MICROS_MAX = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICRO


def number_of(prefix: str, text: str) -> int:
    """The number of an id in an address; what is no id is not there."""
    number = read(prefix, text)
    if number is None:
        raise missing()
    return number


def digits_of(program: Program, unit: str) -> int | None:
    """How many digits a unit has, where the program still has it."""
    known = program.units.get(unit)
    return None if known is None else known.digits


def cursor_of(at: datetime, number: int) -> str:
    """The place of a row in its list, as text that means nothing to others."""
    said = msgspec.json.encode(((at - _EPOCH) // _MICRO, number))
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def place_of(cursor: str | None) -> Place | None:
    """The place that a cursor names; a text that we never gave is a mistake."""
    if cursor is None:
        return None
    micros, number = _read(cursor)
    return _EPOCH + timedelta(microseconds=micros), number


def number_after(cursor: str | None) -> int | None:
    """The number that a cursor names, where a list goes by numbers alone."""
    place = place_of(cursor)
    return None if place is None else place[1]


def cursor_of_number(number: int) -> str:
    """The place of a row in a list that goes by numbers alone."""
    return cursor_of(_EPOCH, number)


def page_of(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], Row | None]:
    """The rows of a page, and the last of it where more were found than belong on it."""
    return rows[:limit], rows[limit - 1] if len(rows) > limit else None


def _read(cursor: str) -> tuple[int, int]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        micros, number = _decode(raw)
    except (ValueError, msgspec.MsgspecError):
        raise _no_cursor() from None
    if not (0 <= micros <= _MICROS_MAX and 0 <= number <= ID_MAX):
        raise _no_cursor()
    return micros, number


def _no_cursor() -> Trouble:
    return wrong([WrongField(detail="this is no `next` of a page", parameter="after")])
