"""The stand-in's own time: the machine's, moved forward by who tests it."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

PERIOD = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


class Clock:
    """Milliseconds since 1970, and how they are written."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        """The time now."""
        return time.time_ns() // 1_000_000 + self.ahead_ms


def written(moment_ms: int) -> str:
    """A moment as HubSpot writes it."""
    return f"{_second(moment_ms // 1000)}.{moment_ms % 1000:03d}Z"


@lru_cache(maxsize=4096)
def _second(moment_s: int) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def read_moment(text: str) -> int:
    """A moment given as milliseconds or as ISO 8601; ValueError for anything else."""
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def read_period_ms(text: str) -> int:
    """A duration as in hs_expiration_duration (`P1W`, `PT10S`, `P1WT1H`); ValueError for anything else."""
    found = PERIOD.fullmatch(text)
    if found is None or text in ("P", "PT"):
        message = f"not a duration: {text}"
        raise ValueError(message)
    parts = {name: int(count) for name, count in found.groupdict().items() if count is not None}
    return round(timedelta(**parts).total_seconds() * 1000)
