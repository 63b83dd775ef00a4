"""The stand-ins' own time: the machine's moved forward, or stopped at a moment until it is told another."""

import time
from datetime import UTC, datetime


class Clock:
    """Milliseconds since 1970."""

    def __init__(self) -> None:
        self.ahead_ms = 0
        self.stopped_ms: int | None = None

    def now_ms(self) -> int:
        """The time now."""
        if self.stopped_ms is not None:
            return self.stopped_ms
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def advance(self, seconds: float) -> None:
        """Move forward, stopped or not."""
        if self.stopped_ms is None:
            self.ahead_ms += round(seconds * 1000)
        else:
            self.stopped_ms += round(seconds * 1000)

    def stop_at(self, moment: str | None) -> None:
        """Stop at a moment written in ISO 8601; none lets the machine's time run again."""
        self.stopped_ms = None if moment is None else read_moment(moment)


def read_moment(text: str) -> int:
    """A moment as milliseconds; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def written(moment_ms: int) -> str:
    """A moment with milliseconds and a Z."""
    moment = datetime.fromtimestamp(moment_ms / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment_ms % 1000:03d}Z"
