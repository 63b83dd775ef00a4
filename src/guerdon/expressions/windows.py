"""Windows: the days over which a member's events are counted or summed, up to the day of the event decided.

All days are days of the program's zone; the first and the last day both count.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

DAYS_MAX = 3660
MONTHS_MAX = 120
_SPAN = re.compile(r"([1-9]\d{0,3})([dm])|month|year|ever", re.ASCII)
EXAMPLE = "'90d', '12m', 'month', 'year' or 'ever'"


@dataclass(frozen=True, slots=True)
class Span:
    """How far back a window reaches: `90d`, `12m`, `month`, `year` or `ever`."""

    text: str

    def first_day(self, day: date) -> date:
        """Find the first day of the window whose last day is given."""
        match self.text:
            case "ever":
                return date.min
            case "month":
                return day.replace(day=1)
            case "year":
                return day.replace(month=1, day=1)
        number = int(self.text[:-1])
        try:
            if self.text.endswith("d"):
                return day - timedelta(days=number - 1)
            return _months_before(day, number) + timedelta(days=1)
        except OverflowError:
            return date.min


@dataclass(frozen=True, slots=True)
class Window:
    """`count(booking.confirmed, '90d')`, or `sum(booking.confirmed.deposit, '12m')` with its field."""

    event: str
    field: str | None
    span: Span

    @property
    def key(self) -> str:
        """The name of the fact that holds it."""
        if self.field is None:
            return f"count({self.event}, {self.span.text})"
        return f"sum({self.event}.{self.field}, {self.span.text})"


def read_span(text: str) -> Span | None:
    """Read what an author wrote between the quotes."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    most = {"d": DAYS_MAX, "m": MONTHS_MAX}.get(found[2])
    return Span(text) if most is None or int(found[1]) <= most else None


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1:
        raise OverflowError
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
