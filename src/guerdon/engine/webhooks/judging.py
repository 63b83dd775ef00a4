"""What an attempt comes to: delivered, tried again and when, or given up. Pure; chance is an argument."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

# Before each attempt; after the last one it is given up.
DELAYS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=each) for each in (2, 5, 10, 14, 20, 24)),
)
# By so much of itself a delay is longer, at most.
JITTER = 0.1
# What says that it has too much to do, and for how long it is left alone if it does not say.
BUSY = frozenset({429, 502, 504})
LEFT_ALONE = timedelta(seconds=30)
LEFT_ALONE_MAX = timedelta(hours=24)
GONE = 410


@dataclass(frozen=True, slots=True)
class Replied:
    """What came back: a status with what it begins with, or the word for why there was none."""

    status: int | None
    reason: str = ""
    retry_after: str = ""
    answer: bytes = b""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery, and of its endpoint."""

    state: Literal["waiting", "delivered", "dead"]
    next_at: datetime
    reason: str
    hold_until: datetime | None = None
    gone: bool = False


def judge(replied: Replied, attempts: int, now: datetime, chance: float) -> Verdict:
    """Judge an attempt, the last of so many; chance between 0 and 1."""
    status = replied.status
    if status is not None and 200 <= status < 300:
        return Verdict("delivered", now, "")
    reason = replied.reason or _reason(status)
    asked = read_retry_after(replied.retry_after, now)
    hold_until = None
    if status in BUSY or asked is not None:
        hold_until = asked or now + LEFT_ALONE * (1 + chance * JITTER)
    if status == GONE:
        return Verdict("dead", now, reason, gone=True)
    if attempts >= len(DELAYS):
        return Verdict("dead", now, reason, hold_until)
    next_at = now + DELAYS[attempts] * (1 + chance * JITTER)
    return Verdict("waiting", max(next_at, hold_until or next_at), reason, hold_until)


def read_retry_after(text: str, now: datetime) -> datetime | None:
    """Until when somebody asks to be left alone; at most a day, and None where they say nothing of use."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return now + min(timedelta(seconds=int(text[:9])), LEFT_ALONE_MAX)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(at, now + LEFT_ALONE_MAX) if at > now else None


def _reason(status: int | None) -> str:
    assert status is not None, "neither answer nor reason"
    if status == GONE:
        return "gone"
    if status in BUSY:
        return "busy"
    return "redirect" if 300 <= status < 400 else "status"
