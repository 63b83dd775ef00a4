"""Times that come again: each day, each week or each month, at an hour of somebody's clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Every = Literal["day", "week", "month"]
EVERY: tuple[Every, ...] = get_args(Every)
# The longest stretch between two of them, with room for clocks that are put forward.
LONGEST = timedelta(days=33)


@dataclass(frozen=True, slots=True)
class Slots:
    """Every day, every week on a day (Monday is 1), or every month on a day (1 to 28), at a full hour.

    An hour that a clock leaves out when it is put forward comes an hour later; one that it has twice comes
    once.
    """

    every: Every
    day: int | None
    hour: int
    zone: str

    def after(self, instant: datetime) -> datetime:
        """The first of them after an instant."""
        day = instant.astimezone(ZoneInfo(self.zone)).date()
        while True:
            found = self._on(day)
            if found is not None and found > instant:
                return found
            day += timedelta(days=1)

    def last(self, first: datetime, now: datetime) -> datetime:
        """The latest of them up to now, not before the first one that was due."""
        day = now.astimezone(ZoneInfo(self.zone)).date()
        for back in range(LONGEST.days):
            found = self._on(day - timedelta(days=back))
            if found is not None and found <= now:
                return max(found, first)
        return first

    def days(self, today: date) -> tuple[date, date]:
        """The days that are told of: the day before, the seven days before, or the month before, both in."""
        if self.every == "month":
            last = today.replace(day=1) - timedelta(days=1)
            return last.replace(day=1), last
        yesterday = today - timedelta(days=1)
        return (yesterday if self.every == "day" else today - timedelta(days=7)), yesterday

    def _on(self, day: date) -> datetime | None:
        if self.every == "week" and day.isoweekday() != self.day:
            return None
        if self.every == "month" and day.day != self.day:
            return None
        return datetime.combine(day, time(self.hour), ZoneInfo(self.zone)).astimezone(UTC)
